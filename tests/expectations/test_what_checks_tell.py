"""What the checks of a batch say where a whole task is not needed to make them speak."""

import math
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pyarrow as pa
import pytest

from expectations.alarm import accuracy_has_not_drifted
from expectations.canary import the_models_are_the_same
from expectations.labelled import AS_BEFORE, MOST, items_are_labelled
from labeling.quality.alarms.trail import Action, Event
from resources.alerts.trail import AlarmTrail
from resources.store.table import Table
from resources.store.tables import CANARY, DRIFT_SERIES, RELEASED
from resources.store.warehouse import Warehouse
from resources.task.task import load_task
from tests.conftest import ROOT

FIRST, SECOND = "2026-03-02", "2026-03-03"
NOW = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture
def task(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    return load_task(ROOT / "tasks" / "support_inbox")


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(path=str(tmp_path / "w.duckdb"))


def put(warehouse, table: Table, rows: list[dict]):
    whole = [dict.fromkeys(table.columns) | row for row in rows]
    with warehouse.connect() as db:
        db.db.register("rows", pa.Table.from_pylist(whole))
        db.execute(f"insert into {table.sql_name} by name from rows")


def look(checks, warehouse, batch=SECOND):
    """Evaluate checks of ``batch`` as a run does; return them by name."""
    context = SimpleNamespace(partition_key=batch)
    found = checks.op.compute_fn.decorated_fn(context, warehouse)
    results = [found] if hasattr(found, "check_name") else list(found)
    return {result.check_name: result for result in results}


def day(batch: str, labelled: int, of: int) -> list[dict]:
    return [
        {
            "item_id": f"{batch}/{i:02d}",
            "batch": batch,
            "label": "billing" if i < labelled else None,
        }
        for i in range(of)
    ]


def test_a_breakdown_is_told_with_both_shares_and_the_first_items(task, warehouse):
    put(warehouse, RELEASED, [*day(FIRST, 30, 40), *day(SECOND, 4, 40)])
    found = look(items_are_labelled(task), warehouse)
    fell = found[AS_BEFORE]
    assert not fell.passed
    assert fell.description.startswith(
        "36 of 40 items (90%) are undecided, in earlier batches 25%: voters that spoke before"
    )
    assert fell.metadata["share"].value == pytest.approx(0.1)
    assert "share" not in found[MOST].metadata
    shown = fell.metadata["which"].value.splitlines()
    assert shown[0] == f"- `{SECOND}/04`"
    assert len([line for line in shown if line.startswith("- ")]) == 20
    assert shown[-1] == "and 16 more"


def test_a_batch_that_is_labelled_like_those_before_names_no_item(task, warehouse):
    put(warehouse, RELEASED, [*day(FIRST, 30, 40), *day(SECOND, 36, 40)])
    found = look(items_are_labelled(task), warehouse)
    assert all(result.passed for result in found.values())
    assert all("which" not in result.metadata for result in found.values())
    told = "4 of 40 items (10%) are undecided"
    assert found[AS_BEFORE].description == f"{told}, in earlier batches 25%."
    first = look(items_are_labelled(task), warehouse, FIRST)[AS_BEFORE]
    assert first.passed
    assert first.description.endswith("; there is no earlier batch to compare with.")


def watched(series: str, alarm: bool, batch: str = SECOND) -> dict:
    return {
        "batch": batch,
        "series": series,
        "epoch": 0,
        "promised": 0.9,
        "reviews": 40,
        "errors": 20 if alarm else 1,
        "log_evidence": 9.0 if alarm else None,
        "log_limit": 4.6,
        "fired": alarm,
        "alarm": alarm,
        "fired_after": 30 if alarm else None,
        "change_batch": FIRST if alarm else None,
    }


def test_a_class_that_fell_is_told_apart_from_the_labels_that_did_not(task, warehouse):
    put(
        warehouse,
        DRIFT_SERIES,
        [watched("labels", False), watched("class/billing", True), watched("voter/x", False)],
    )
    labels, others = look(accuracy_has_not_drifted(task), warehouse).values()
    assert labels.passed
    assert labels.metadata["log_evidence"].value == -math.inf
    assert labels.description.startswith("No proof")
    assert not others.passed
    assert others.description == f"Fallen: class/billing below 90% since about {FIRST}."
    assert [others.metadata[name].value for name in ("alarms", "watched", "series")] == [1, 2, 2]


def test_labels_that_fell_are_no_fallen_class_and_pass_once_somebody_knows(task, warehouse):
    put(warehouse, DRIFT_SERIES, [watched("labels", True), watched("voter/x", False)])
    labels, others = look(accuracy_has_not_drifted(task), warehouse).values()
    assert not labels.passed
    assert f"since {FIRST}" in labels.description
    assert others.passed
    assert others.description == "No proof that any has fallen."
    AlarmTrail(task.alarm_trail).record(Event(NOW, "ada", Action.ACKNOWLEDGE, "labels", SECOND))
    labels, _ = look(accuracy_has_not_drifted(task), warehouse).values()
    assert labels.passed
    assert labels.description.endswith("The alarm is acknowledged.")


def asked(voter: str, at: int = 0, **said) -> dict:
    plain = {"changed": False, "fingerprint_changed": False, "verdict": f"{voter} as before"}
    return {
        "round": f"r{at}", "asked_at": NOW + timedelta(hours=at), "batch": SECOND, "voter": voter
    } | plain | said  # fmt: skip


@pytest.mark.parametrize(
    ("said", "severity", "verdict"),
    [
        ({}, None, "Neither the model nor the data has changed."),
        ({"changed": True}, "ERROR", "The model changed; accuracy"),
        ({"fingerprint_changed": True}, "WARN", "Neither the model nor the data has changed."),
        ({"why": "cut short"}, "WARN", "Whether a model changed is not known."),
    ],
    ids=["same", "changed", "renamed", "cut"],
)
def test_each_oddity_of_a_canary_is_told_by_itself(task, warehouse, said, severity, verdict):
    put(warehouse, CANARY, [asked("a", **said, verdict="a is odd") if said else asked("a")])
    (result,) = look(the_models_are_the_same(task), warehouse).values()
    assert result.passed is (severity is None)
    told = "" if severity is None else "a is odd. "
    assert result.description.startswith(told + verdict)
    assert severity is None or result.severity.name == severity


def test_the_newest_round_of_a_voter_counts(task, warehouse):
    put(warehouse, CANARY, [asked("a", 0, changed=True), asked("a", 1)])
    (result,) = look(the_models_are_the_same(task), warehouse).values()
    assert result.passed
