"""The hotel reviews: sets of classes from rules to the alarm, six days, a change on the fifth."""

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
def hotel(tmp_path_factory) -> tuple[Task, Outcome]:
    task = load("hotel_reviews", tmp_path_factory.mktemp("hotel"))
    return task, run_quietly(task)


def test_the_alarm_fires_with_the_change_and_never_before(hotel):
    _, outcome = hotel
    fired = [at for at, row in enumerate(outcome.rows, start=1) if row["fired"]]
    assert len(outcome.rows) == 6
    assert len(fired) == 1
    assert 5 <= fired[0] <= 6
    assert outcome.rows[fired[0] - 1]["change_batch"] == outcome.rows[BEFORE_THE_CHANGE]["batch"]


def test_sets_are_mostly_right_fall_with_the_change_and_recover_as_people_teach(hotel):
    task, outcome = hotel
    truth = read_truth(task, task.spec.demo.scripted)
    labels = warehouse_of(task).ask(
        "select item_id, batch, label from labels.released where label is not null"
    )
    right: dict[str, list[bool]] = {row["batch"]: [] for row in outcome.rows}
    for row in labels.to_pylist():
        right[row["batch"]].append(row["label"] == truth[row["item_id"]])
    share = [sum(one) / len(one) for one in right.values()]
    assert labels.num_rows > 0.98 * len(truth)
    assert min(share[:BEFORE_THE_CHANGE]) > 0.8
    assert share[BEFORE_THE_CHANGE] < 0.7
    assert share[-1] > share[BEFORE_THE_CHANGE] + 0.15


def test_intervals_cover_the_share_of_sets_that_are_right(hotel):
    assert covered(*hotel) >= 5


def test_every_published_label_is_a_set_that_the_task_allows(hotel):
    task, _ = hotel
    labels = pq.read_table(task.published / "labels.parquet")["label"].to_pylist()
    sets = [text for text in labels if text is not None]
    assert all(task.kind.checked(text, task.classes) == text for text in sets)
    sizes = {len(json.loads(text)) for text in sets}
    assert {0, 1, 2, 3} <= sizes


def test_the_canary_tells_that_the_model_changed(hotel):
    task, outcome = hotel
    rounds = warehouse_of(task).ask("from quality.canary order by batch").to_pylist()
    since = outcome.rows[BEFORE_THE_CHANGE]["batch"]
    assert [row["changed"] for row in rounds] == [row["batch"] >= since for row in rounds]
    assert any(row["changed"] for row in rounds)
