"""Real comments by month, the gold column playing the reviewers."""

import pytest

from orchestration.running import Outcome
from resources.store.warehouse import warehouse_of
from resources.task.task import Task
from tests.whole_tasks.whole import ROOT, covered, load, run_quietly

SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="module")
def youtube(tmp_path_factory) -> tuple[Task, Outcome]:
    if not (SHARED / "raw_youtube_spam").is_dir():
        pytest.skip("../shared/data/raw_youtube_spam is not here")
    task = load("youtube_spam", tmp_path_factory.mktemp("youtube"))
    return task, run_quietly(task)


def test_all_comments_are_labelled_and_published(youtube):
    import pyarrow.parquet as pq

    task, outcome = youtube
    assert sum(row["items"] for row in outcome.rows) == 1956
    assert len(outcome.rows) == 20
    published = pq.ParquetFile(task.published / "labels.parquet").read().to_pylist()
    assert len(published) == 1956
    undecided = [row for row in published if row["label"] is None]
    assert len(undecided) <= 0.01 * 1956


def test_intervals_cover_the_true_accuracy_of_nearly_every_month(youtube):
    task, outcome = youtube
    assert covered(task, outcome) >= 19, "of 19 months and the undated batch"


def test_no_alarm_goes_off_on_comments_that_stay_as_easy_as_promised(youtube):
    _, outcome = youtube
    assert not any(row["alarm"] for row in outcome.rows)


def test_gold_plays_reviewers_for_sampled_items_only(youtube):
    task, outcome = youtube
    with warehouse_of(task).connect() as db:
        (strays,) = db.execute(
            "select count(*) from people.reviews r"
            " anti join people.audit_sample a using (item_id, batch)"
            " anti join people.queue q using (item_id, batch)"
        ).fetchone()
    assert strays == 0
    assert outcome.rows[-1]["batch"] == "undated"
