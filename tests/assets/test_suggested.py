"""Rules that a model wrote, as batches are planned, watched and remade by them."""

from datetime import UTC, datetime

import pytest
import yaml

from assets.reading.evidence import promises
from assets.reading.stamp import stamps_of
from assets.reading.suggested import retired, retired_before
from labeling.quality.alarms.trail import Action, Event
from resources.alerts.trail import AlarmTrail
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.fakes.rule_writing import list_file

FIRST, SECOND, THIRD = "2026-03-02", "2026-03-03", "2026-03-04"
SERIES = "voter/rule/wins"


@pytest.fixture
def task(ran_task, tmp_path):
    ran_task.copy_to(tmp_path / "project")
    return load_task(tmp_path / "project" / "tasks" / "letters")


def write(task, after: str) -> None:
    mark = {"by": "m", "day": "2026-11-29", "texts": [], "at_least": 0.8, "after": after}
    rule = {"name": "wins", "label": "praise", "keyword": ["zyzzyva"], "suggested": mark}
    (task.folder / "suggested.yaml").write_text(yaml.safe_dump({"rules": [rule]}), "utf-8")


def alarm(db, *batches: str) -> None:
    """Let the rule's alarm stand after some batches; it went off in the first."""
    for batch in batches:
        db.execute(
            "insert into quality.drift_series by name (select * replace (? as series, true as alarm, "
            "? as fired) from quality.drift_series where batch = ? and series = 'labels')",
            [SERIES, batch == batches[0], batch],
        )


def test_a_batch_is_remade_only_by_rules_that_vote_on_it(task):
    with warehouse_of(task).connect() as db:
        before = stamps_of(task, db, [FIRST, SECOND])
        write(task, after=FIRST)
        task = list_file(task)
        now = stamps_of(task, db, [FIRST, SECOND])
        assert (now[FIRST] == before[FIRST], now[SECOND] == before[SECOND]) == (True, False)
        alarm(db, FIRST)
        assert stamps_of(task, db, [FIRST, SECOND]) == before, "retired, it votes on neither"


def test_a_rule_is_held_to_the_bound_that_an_audit_admitted_it_on(task):
    assert SERIES not in promises(task).accuracy
    write(task, after=FIRST)
    task = list_file(task)
    assert promises(task).accuracy[SERIES] == 0.8
    write(task, after="")
    assert SERIES not in promises(task).accuracy, "the queue speaks of doubtful items"


def test_a_rule_is_retired_while_its_alarm_stands_and_brought_back_by_a_reset(task):
    write(task, after=FIRST)
    task = list_file(task)
    with warehouse_of(task).connect() as db:
        assert retired(task, db) == {}
        alarm(db, FIRST, SECOND)
        found = retired_before(task, db, [FIRST, SECOND, THIRD])
        assert found == {FIRST: {}, SECOND: {"rule/wins": FIRST}, THIRD: {"rule/wins": FIRST}}
        assert retired(task, db) == {"rule/wins": FIRST}
        at = datetime(2026, 3, 5, tzinfo=UTC)
        AlarmTrail(task.alarm_trail, task.changes).record(
            Event(at, "ada", Action.RESET, SERIES, SECOND, "mended")
        )
        assert retired(task, db) == {}
        assert retired_before(task, db, [SECOND])[SECOND] == {"rule/wins": FIRST}, "as it was then"
