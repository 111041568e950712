from datetime import UTC, datetime, timedelta

import pytest

from labeling.errors import QualityError
from labeling.quality.alarms.trail import Action, Event, State, alarms, resets
from labeling.quality.alarms.watch import Promises, watch_batch
from labeling.quality.estimates.labelled import LabelledBatch, family_of
from labeling.quality.family import LABELS, Budget

START = datetime(2026, 3, 1, tzinfo=UTC)
NAIVE = START.replace(tzinfo=None)


def replay(events=(), wrong=(True, True, False, True)):
    promises = Promises({LABELS: 0.95}, Budget())
    state, found, anew = {}, [], []
    for t, bad in enumerate(wrong):
        batch = LabelledBatch.uniform(f"{t}", [0] * 100, range(20), [int(bad)] * 20)
        state, rows = watch_batch(state, family_of(batch, ["HAM", "SPAM"], {}), promises, anew)
        found += [row for row in rows if row.series == LABELS]
        anew = [series for series, after in resets(events).items() if batch.batch in after]
    return found


def event(action, batch="0", days=0, **more):
    more.setdefault("note", "mended the rule")
    return Event(START + timedelta(days=days), "ada", action, "labels", batch, **more)


def states(events, days=1):
    return [alarm.state for alarm in alarms(replay(events), events, START + timedelta(days=days))]


def test_an_alarm_is_open_until_somebody_acts_and_keeps_its_evidence():
    (alarm,) = alarms(replay(), [], START)
    assert alarm.state is State.OPEN
    assert alarm.alerts
    assert (alarm.alarm_id, alarm.fired_batch, alarm.change_batch) == ("labels@0#0", "0", "0")
    assert alarm.log_evidence >= alarm.log_limit


def test_acknowledging_silences_this_alarm_and_a_reset_starts_anew():
    seen = [event(Action.ACKNOWLEDGE)]
    assert states(seen) == [State.ACKNOWLEDGED]
    mended = [*seen, event(Action.RESET, batch="1", days=1)]
    assert states(mended) == [State.RESET, State.OPEN]
    second = [*mended, event(Action.ACKNOWLEDGE, batch="3", days=2)]
    assert states(second) == [State.RESET, State.ACKNOWLEDGED]


def test_a_mute_ends_by_itself_or_when_lifted():
    mute = event(Action.MUTE, until=START + timedelta(days=7))
    assert states([mute], days=6) == [State.MUTED]
    assert states([mute], days=7) == [State.OPEN]
    assert states([mute, event(Action.UNMUTE, days=1)], days=2) == [State.OPEN]


def test_a_clock_that_jumps_back_changes_no_state():
    events = [event(Action.ACKNOWLEDGE, days=5), event(Action.RESET, batch="1", days=1)]
    assert states(events, days=6) == [State.RESET, State.OPEN]


def test_another_series_is_left_alone():
    other = Event(START, "ada", Action.ACKNOWLEDGE, "class/SPAM", "0", "seen")
    assert states([other]) == [State.OPEN]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"who": " "}, "who is empty"),
        ({"action": Action.RESET, "note": ""}, "what was mended"),
        ({"action": Action.MUTE}, "needs an end"),
        ({"action": Action.MUTE, "until": START}, "needs an end"),
        ({"action": Action.MUTE, "until": START + timedelta(days=400)}, "92 days"),
        ({"until": START + timedelta(days=1)}, "only a mute"),
        ({"at": NAIVE}, "time zone"),
    ],
)
def test_events_nobody_could_answer_for_are_refused(change, message):
    fields = {
        "at": START,
        "who": "ada",
        "action": Action.ACKNOWLEDGE,
        "series": "labels",
        "batch": "0",
        "note": "seen",
    }
    with pytest.raises(QualityError, match=message):
        Event(**(fields | change))


def test_now_needs_a_zone():
    with pytest.raises(QualityError, match="time zone"):
        alarms(replay(), [], NAIVE)
