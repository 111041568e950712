"""The repair reports: spans from rules to the alarm, six days, a change on the fifth."""

import json

import pyarrow.parquet as pq
import pytest

from assets.people.scripted import read_truth
from orchestration.running import Outcome
from resources.store.warehouse import warehouse_of
from resources.task.task import Task
from tests.whole_tasks.whole import covered, load, run_quietly

BEFORE_THE_CHANGE = 4


@pytest.fixture(scope="module")
def yard(tmp_path_factory) -> tuple[Task, Outcome]:
    task = load("bike_repairs", tmp_path_factory.mktemp("yard"))
    return task, run_quietly(task)


def test_the_alarm_fires_with_the_change_and_never_before(yard):
    _, outcome = yard
    fired = [at for at, row in enumerate(outcome.rows, start=1) if row["fired"]]
    assert len(outcome.rows) == 6
    assert fired
    assert fired[0] == 5
    assert outcome.rows[fired[0] - 1]["change_batch"] == outcome.rows[BEFORE_THE_CHANGE]["batch"]


def test_the_advice_names_the_model_and_the_class_whose_marks_got_worse_and_no_rule(yard):
    task, _ = yard
    alarms = pq.read_table(task.published / "alarms.parquet").to_pylist()
    (labels,) = (row["next_step"] for row in alarms if row["series"] == "labels")
    assert "Check the prompt and model of simulated/mark: " in labels
    assert "Look at class Part: " in labels
    assert "Mend rule/" not in labels


def test_reports_are_mostly_right_in_every_span_until_the_change(yard):
    task, outcome = yard
    truth = read_truth(task, task.spec.demo.scripted)
    labels = warehouse_of(task).ask("select item_id, batch, label from labels.released")
    right: dict[str, list[bool]] = {row["batch"]: [] for row in outcome.rows}
    for row in labels.to_pylist():
        right[row["batch"]].append(row["label"] == truth[row["item_id"]])
    share = [sum(one) / len(one) for one in right.values()]
    assert labels.num_rows == len(truth)
    assert min(share[:BEFORE_THE_CHANGE]) > 0.88
    assert max(share[BEFORE_THE_CHANGE:]) < 0.75


def test_the_student_finds_spans_that_voters_miss(yard):
    task, outcome = yard
    truth = read_truth(task, task.spec.demo.scripted)
    found = {}
    for table in ("consensus", "released"):
        rows = warehouse_of(task).ask(
            f"select item_id, label from labels.{table} where batch = ? and label is not null",
            [outcome.rows[-1]["batch"]],
        )
        spans = {(item, *one) for item, text in _rows(rows) for one in json.loads(text)}
        true = {(item, *one) for item, _ in _rows(rows) for one in json.loads(truth[item])}
        found[table] = len(spans & true) / len(true)
    assert found["released"] > found["consensus"] + 0.02


def _rows(table) -> list[tuple[str, str]]:
    return list(zip(table["item_id"].to_pylist(), table["label"].to_pylist(), strict=True))


def test_intervals_cover_the_share_of_reports_that_are_right(yard):
    assert covered(*yard) >= 5


def test_every_published_label_is_a_list_of_spans_of_its_text(yard):
    task, _ = yard
    labels = pq.read_table(task.published / "labels.parquet")["label"].to_pylist()
    text = dict(_items(task))
    rows = warehouse_of(task).ask("select item_id, label from labels.released")
    assert "[]" in labels
    assert all(task.kind.checked(label, task.classes) == label for label in labels)
    assert all(task.kind.misfit(label, text[item]) is None for item, label in _rows(rows))


def _items(task: Task):
    for path in sorted((task.var / "inbox").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield row["item_id"], row["text"]
