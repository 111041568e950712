"""Two batches of real road, run as the task stands."""

import pytest

from assets.people.scripted import read_truth
from orchestration.running import Outcome, run_task
from resources.store.warehouse import warehouse_of
from resources.task.task import Task
from tests.whole_tasks.whole import ROOT, load

BATCHES = ["roads-001-010", "roads-011-020"]


@pytest.fixture(scope="module")
def roads(tmp_path_factory) -> tuple[Task, Outcome]:
    if not (ROOT.parent / "shared" / "data" / "img_crackforest").is_dir():
        pytest.skip("../shared/data/img_crackforest is not here")
    task = load("road_cracks", tmp_path_factory.mktemp("roads"))
    return task, run_task(task, lambda *_: None, only=BATCHES)


def right(task: Task, table: str) -> float:
    truth = read_truth(task, task.spec.demo.scripted)
    rows = warehouse_of(task).ask(f"select item_id, label from {table}").to_pylist()
    return sum(truth[row["item_id"]] == row["label"] for row in rows) / len(rows)


def test_rules_model_and_student_label_the_pictures(roads):
    task, outcome = roads
    assert [row["batch"] for row in outcome.rows] == BATCHES
    assert sum(row["items"] for row in outcome.rows) == 116
    said = warehouse_of(task).ask(
        "select count(*) filter (voter like 'simulated/%') as model, count(*) as votes from votes.models"
    )
    assert said.to_pylist() == [{"model": 116, "votes": 116}]
    assert right(task, "votes.rules") > 0.9
    assert right(task, "votes.models") > 0.75
    assert right(task, "votes.student") > 0.6
    assert right(task, "labels.released") > 0.88


def test_the_report_stands_and_shows_what_is_wrong(roads):
    task, _ = roads
    wrong = warehouse_of(task).ask("select image from quality.mistakes").num_rows
    page = task.report.read_text(encoding="utf-8")
    assert page.count('<img src="data:image/jpeg;base64,') == wrong > 0
