"""``touchstone alarm``: list, acknowledge, mute, reset; kept, and a reset restarts the detector."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import dagster as dg
import pyarrow.parquet as pq
import pytest

from assets.published.files import held_since, published
from assets.quality.alarms import alarm_list
from assets.quality.drift import take_in
from assets.reading.evidence import stale_evidence
from cli.everyday.run import published_alarms
from cli.everyday.status import status_of
from orchestration.planning import is_published
from resources.alerts.trail import EVENTS, AlarmTrail
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task

FIRED = """
update quality.drift_series set fired = batch = '2026-03-02', alarm = true, log_evidence = 20.0,
    change_batch = '2026-03-02', fired_after = 3 where series = 'labels'
"""


@pytest.fixture
def project(ran_task, tmp_path, monkeypatch, state):
    """A copy of the task that was run, in which the labels' alarm fired on the first day."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    ran_task.copy_to(tmp_path / "project")
    folder = tmp_path / "project" / "tasks" / "letters"
    with (folder / "task.yaml").open("a", encoding="utf-8") as file:
        file.write(state)
    task = load_task(folder)
    with warehouse_of(task).connect() as db:
        db.execute(FIRED)
    return tmp_path / "project", task


def alarms(touchstone, folder):
    said = touchstone("alarm", "list", "--json", at=folder)
    assert said.code == 0
    return json.loads(said.out)["alarms"]


def test_an_alarm_is_acknowledged_by_somebody_and_both_are_kept(touchstone, project, state):
    folder, task = project
    assert [(a["series"], a["state"]) for a in alarms(touchstone, folder)] == [("labels", "open")]
    said = touchstone("alarm", "acknowledge", "labels", "--who", "ada", "--note", "seen", at=folder)
    assert said.code == 0
    (one,) = alarms(touchstone, folder)
    assert (one["state"], one["by"], one["note"]) == ("acknowledged", "ada", "seen")
    assert not is_published(task, warehouse_of(task))
    table = EVENTS if state else "events"
    with closing(task.alarm_trail.open()) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(f"delete from {table}")


def test_status_knows_at_once_what_people_did_about_an_alarm(touchstone, project):
    folder, task = project
    for made in (alarm_list, published):
        made(task)(warehouse=warehouse_of(task))
    assert [row["state"] for row in published_alarms(task)] == ["open"]
    assert status_of(task)["alarm"] == "2026-03-02"
    said = touchstone("alarm", "acknowledge", "labels", "--who", "ada", "--note", "seen", at=folder)
    assert said.code == 0
    (listed,) = alarms(touchstone, folder)
    (told,) = published_alarms(task)
    assert [told[name] for name in ("state", "by", "note")] == ["acknowledged", "ada", "seen"]
    assert {name: str(told[name]) for name in listed} == {n: str(v) for n, v in listed.items()}
    assert status_of(task)["alarm"] is None


def test_a_mute_has_an_end(touchstone, project):
    folder, _ = project
    assert touchstone("alarm", "mute", "labels", at=folder).code == 2
    assert touchstone("alarm", "mute", "labels", "--days", "200", at=folder).code == 2
    assert touchstone("alarm", "mute", "labels", "--days", "2", at=folder).code == 0
    (one,) = alarms(touchstone, folder)
    assert one["state"] == "muted"
    assert one["muted_until"]
    assert touchstone("alarm", "unmute", "labels", at=folder).code == 0
    assert alarms(touchstone, folder)[0]["state"] == "open"


def test_a_reset_needs_a_reason_and_starts_the_detector_anew(touchstone, project):
    folder, task = project
    assert touchstone("alarm", "reset", "labels", at=folder).code == 2
    said = touchstone(
        "alarm", "reset", "labels", "--batch", "2026-03-02", "--note", "new rule", at=folder
    )
    assert said.code == 0
    assert alarms(touchstone, folder)[0]["state"] == "reset"
    warehouse = warehouse_of(task)
    with warehouse.connect() as db:
        assert stale_evidence(task, db) == ["2026-03-03"]
    rows = {row["series"]: row for row in take_in(task, warehouse, "2026-03-03")}
    assert rows["labels"]["epoch"] == 1
    assert not rows["labels"]["alarm"]
    assert rows["class/praise"]["epoch"] == 0


def test_a_series_that_is_not_watched_is_told_with_those_that_fired(touchstone, project):
    folder, _ = project
    said = touchstone("alarm", "acknowledge", "label", at=folder)
    assert said.code == 2
    assert "labels" in said.err
    assert "Traceback" not in said.err


def test_labels_since_the_change_are_held_back_until_somebody_deals_with_the_alarm(project):
    from labeling.quality.alarms.trail import Action, Event

    _, task = project
    warehouse = warehouse_of(task)
    assert held_since(task, warehouse) is None
    holding = task.spec.model_copy(
        update={"alarm": task.spec.alarm.model_copy(update={"holds_publication": True})}
    )
    object.__setattr__(task, "spec", holding)
    assert held_since(task, warehouse) == "2026-03-02"
    assert published_batches(task) == []

    AlarmTrail(task.alarm_trail).record(
        Event(datetime.now(UTC), "ada", Action.ACKNOWLEDGE, "labels", "2026-03-02")
    )
    assert held_since(task, warehouse) is None
    assert published_batches(task) == ["2026-03-02", "2026-03-03"]


def published_batches(task) -> list[str]:
    """Publish, and return the batches whose labels are in the file."""
    with dg.DagsterInstance.ephemeral() as instance:
        made = dg.materialize(
            [published(task)], resources={"warehouse": warehouse_of(task)}, instance=instance
        )
    assert made.success
    labels = pq.ParquetFile(task.published / "labels.parquet").read()
    return sorted(set(labels["batch"].to_pylist()))


def test_what_is_published_names_every_series_and_no_state(ran_task):
    folder = ran_task.task.published
    series = pq.ParquetFile(folder / "drift_series.parquet").read()
    assert "state" not in series.column_names
    names = set(series["series"].to_pylist())
    assert {"labels", "class/praise", "class/complaint", "voter/student"} <= names
    assert published_alarms(ran_task.task) == []
    scores = pq.ParquetFile(folder / "scores.parquet").read().to_pylist()
    assert {row["span"] for row in scores} == {"batch", "window"}
    assert {"labels", "consensus", "voter/student"} <= {row["series"] for row in scores}
    by_version = [row for row in scores if row["version"] is not None]
    assert {row["series"].partition("/")[0] for row in by_version} == {"voter"}
    report = pq.ParquetFile(folder / "class_report.parquet").read().to_pylist()
    assert {row["class"] for row in report} == {"praise", "complaint", "question", "(macro)"}
    for row in report:
        if row["f1"] is not None:
            assert row["f1_low"] <= row["f1"] <= row["f1_high"]
