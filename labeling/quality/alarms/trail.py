"""What people did about alarms: acknowledged, muted until, reset after a fix; kept for ever.

Pure data: a list of events, in the order they were recorded. That order counts and not the
clock, so a clock that jumps back changes no state; such events are marked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from labeling.errors import QualityError
from labeling.quality.alarms.watch import Watched

MAX_MUTE = timedelta(days=92)
"""Longest mute; what should be silent for longer is not worth watching, or mended and reset."""


class Action(StrEnum):
    """What can be done about a series."""

    ACKNOWLEDGE = "acknowledge"
    MUTE = "mute"
    UNMUTE = "unmute"
    RESET = "reset"


class State(StrEnum):
    """Where an alarm stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing somebody did.

    Parameters
    ----------
    at : datetime
        When, with a time zone.
    who : str
        Who did it; never empty.
    action : Action
    series : str
        The series it is about.
    batch : str
        The batch whose alarm is meant; for a reset the last batch of the old detector.
    note : str
        Why; required for a reset, which forgets evidence.
    until : datetime, optional
        End of a mute; required for a mute, at most :data:`MAX_MUTE` away.

    Raises
    ------
    QualityError
        If something required is missing, or a time has no zone.

    Examples
    --------
    >>> from datetime import UTC
    >>> Event(datetime(2026, 1, 1, tzinfo=UTC), "ada", Action.RESET, "labels", "2026-01", "")
    Traceback (most recent call last):
    ...
    labeling.errors.QualityError: reset of labels: a note is needed that says what was mended
    """

    at: datetime
    who: str
    action: Action
    series: str
    batch: str
    note: str = ""
    until: datetime | None = None

    def __post_init__(self) -> None:
        what = f"{self.action.value} of {self.series}"
        if not self.who.strip():
            raise QualityError(f"{what}: somebody has to answer for it; who is empty")
        if self.at.tzinfo is None or (self.until is not None and self.until.tzinfo is None):
            raise QualityError(f"{what}: times need a time zone")
        if self.action is Action.RESET and not self.note.strip():
            raise QualityError(f"{what}: a note is needed that says what was mended")
        if self.action is Action.MUTE:
            if self.until is None or not self.at < self.until <= self.at + MAX_MUTE:
                raise QualityError(
                    f"{what}: a mute needs an end after its start, at most {MAX_MUTE.days} days "
                    f"away, got {self.until}"
                )
        elif self.until is not None:
            raise QualityError(f"{what}: only a mute has an end")


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm: what fired, on what evidence, and what became of it.

    ``alarm_id`` is the same at every replay: send each alert once for each.
    """

    alarm_id: str
    series: str
    fired_batch: str
    fired_after: int
    log_evidence: float
    log_limit: float
    change_batch: str | None
    state: State
    by: str | None
    note: str

    @property
    def alerts(self) -> bool:
        """Whether people should be told now."""
        return self.state is State.OPEN


def alarms(watched: Sequence[Watched], events: Sequence[Event], now: datetime) -> list[Alarm]:
    """List every alarm that ever fired, with the state people gave it.

    Parameters
    ----------
    watched : sequence of Watched
        A replay with the resets of :func:`resets`.
    events : sequence of Event
        In the order they were recorded.
    now : datetime
        With a time zone; a mute whose end has passed is over.

    Returns
    -------
    list of Alarm
        In the order of the replay. A mute is of the series: it also silences later alarms until
        its end. An acknowledgement is of one alarm: a new one is open again.
    """
    if now.tzinfo is None:
        raise QualityError("now needs a time zone")
    latest: dict[tuple[str, int], Watched] = {(w.series, w.epoch): w for w in watched}
    place = {name: at for at, name in enumerate(sorted({w.evidence.batch for w in watched}))}
    found: list[Alarm] = []
    for w in watched:
        if w.alarm_id is None:
            continue
        last = latest[w.series, w.epoch].evidence
        state, by, note = _state(w, events, now, place)
        found.append(
            Alarm(
                w.alarm_id,
                w.series,
                w.evidence.batch,
                w.evidence.fired_after or 0,
                w.evidence.log_evidence,
                w.evidence.log_limit,
                last.change_batch,
                state,
                by,
                note,
            )
        )
    return found


def _state(
    fired: Watched, events: Sequence[Event], now: datetime, place: Mapping[str, int]
) -> tuple[State, str | None, str]:
    """Return state, who gave it and why; a reset ends what fired up to its batch."""
    fired_at = place[fired.evidence.batch]
    state, by, note = State.OPEN, None, ""
    mute: Event | None = None
    for event in events:
        if event.series != fired.series:
            continue
        if event.action is Action.MUTE:
            mute = event
        elif event.action is Action.UNMUTE:
            mute = None
        elif event.action is Action.ACKNOWLEDGE and event.batch == fired.evidence.batch:
            state, by, note = State.ACKNOWLEDGED, event.who, event.note
        elif event.action is Action.RESET and place.get(event.batch, len(place)) >= fired_at:
            state, by, note = State.RESET, event.who, event.note
    if state is State.OPEN and mute is not None and mute.until is not None and now < mute.until:
        return State.MUTED, mute.who, mute.note
    return state, by, note


def resets(events: Sequence[Event]) -> dict[str, list[str]]:
    """Return after which batches each series starts anew."""
    found: dict[str, list[str]] = {}
    for event in events:
        if event.action is Action.RESET:
            found.setdefault(event.series, []).append(event.batch)
    return found


def starts_anew(events: Sequence[Event], previous: str | None, batch: str) -> set[str]:
    """Name the series that were reset after ``previous`` was taken in and before ``batch``."""
    if previous is None:
        return set()
    return {
        series
        for series, after in resets(events).items()
        if any(previous <= reset < batch for reset in after)
    }
