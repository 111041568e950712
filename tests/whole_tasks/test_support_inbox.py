"""The support inbox on its full size: twelve days, a real change on the ninth."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from assets.people.scripted import read_truth
from labeling.quality.alarms.detector import Detector
from orchestration.running import Outcome, run_task
from resources.store.warehouse import warehouse_of
from resources.task.task import Task
from tests.assets.figures import differences, of_tables, pairs
from tests.whole_tasks import recorded as recorded_before
from tests.whole_tasks.whole import covered, load, run_quietly

BEFORE_THE_CHANGE = 8


@pytest.fixture(scope="module")
def inbox(tmp_path_factory) -> tuple[Task, Outcome]:
    task = load("support_inbox", tmp_path_factory.mktemp("inbox"))
    return task, run_quietly(task)


def everything(task: Task) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, sorted."""
    with warehouse_of(task).connect() as db:
        tables = db.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_type = 'BASE TABLE' order by 1"
        ).fetchall()
        return {name: sorted(db.execute(f"from {name}").fetchall(), key=repr) for (name,) in tables}


def test_the_alarm_fires_soon_after_the_change_and_never_before(inbox):
    _, outcome = inbox
    fired = [at for at, row in enumerate(outcome.rows, start=1) if row["fired"]]
    assert len(outcome.rows) == 12
    assert len(fired) == 1
    assert 9 <= fired[0] <= 11
    assert outcome.rows[fired[0] - 1]["change_batch"] == outcome.rows[8]["batch"]


def test_what_is_published_is_what_was_published_before(inbox):
    task, _ = inbox
    recorded = json.loads(
        (Path(__file__).parent / "support_inbox.json").read_text(encoding="utf-8")
    )
    assert recorded_before.differences(recorded, recorded_before.summary(task.published)) == []


def test_the_alarm_does_not_hang_on_the_one_sample_that_was_drawn(inbox):
    """The labels that were released, in 200 other draws of the audit sample."""
    task, _ = inbox
    truth = read_truth(task, task.spec.demo.scripted)
    query = "select batch, item_id, label from labels.released order by batch, item_id"
    wrong: dict[str, list[bool]] = {}
    for row in warehouse_of(task).ask(query).to_pylist():
        wrong.setdefault(row["batch"], []).append(row["label"] != truth[row["item_id"]])
    alarm, slips = task.spec.alarm, task.spec.demo.scripted.error_rate
    limit = 2 * alarm.horizon_batches / alarm.false_alarms  # half of the budget is the labels' own
    first = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        detector = Detector(1 - alarm.accuracy_at_least, limit)
        for batch, errors in wrong.items():
            drawn = rng.permutation(np.array(errors))[: task.spec.audit.per_batch]
            seen = drawn | (rng.random(len(drawn)) < slips)
            detector, _ = detector.update(batch, seen.astype(int), len(errors))
        first.append(detector.fired_batch or "never")
    change = list(wrong)[BEFORE_THE_CHANGE]
    assert min(first) >= change
    assert np.mean([batch <= list(wrong)[10] for batch in first]) > 0.9
    assert first.count("never") <= 10


def test_labels_are_good_fall_with_the_change_and_recover_as_people_teach(inbox):
    task, outcome = inbox
    truth = read_truth(task, task.spec.demo.scripted)
    labels = warehouse_of(task).ask("select item_id, batch, label from labels.released").to_pylist()
    assert len(labels) == len(truth)
    days = [row["batch"] for row in outcome.rows]
    right: dict[str, list[bool]] = {day: [] for day in days}
    for row in labels:
        right[row["batch"]].append(row["label"] == truth[row["item_id"]])
    share = [sum(right[day]) / len(right[day]) for day in days]
    fallen = share[BEFORE_THE_CHANGE : BEFORE_THE_CHANGE + 2]
    assert min(share[:BEFORE_THE_CHANGE]) > 0.9
    assert max(fallen) < 0.83
    assert share[-1] > np.mean(fallen) + 0.05


def test_intervals_cover_the_true_accuracy_of_the_inbox(inbox):
    task, outcome = inbox
    assert covered(task, outcome) >= 11


def test_a_second_run_changes_no_row_and_pays_for_no_call(inbox):
    task, _ = inbox
    before = everything(task)
    again = run_quietly(task)
    assert (again.labelled, again.measured, again.published) == ([], [], False)
    assert everything(task) == before


def test_labelling_a_batch_by_force_gives_the_same_labels_without_a_new_call(inbox):
    task, outcome = inbox
    batch = outcome.rows[2]["batch"]
    columns = "item_id, label, confidence, decided_by, stamp"
    query = f"select {columns} from labels.released where batch = ? order by item_id"
    calls = "select voter, calls, cost_usd from votes.model_use where batch = ?"
    before = warehouse_of(task).ask(query, [batch]), warehouse_of(task).ask(calls, [batch])
    run_task(task, lambda *_: None, only=[batch])
    after = warehouse_of(task).ask(query, [batch]), warehouse_of(task).ask(calls, [batch])
    assert after[0].equals(before[0])
    assert after[1].equals(before[1])


def test_the_report_says_that_model_and_reviewer_are_stand_ins(inbox):
    task, _ = inbox
    html = task.report.read_text(encoding="utf-8")
    assert "Simulated voters" in html
    assert "scripted reviewer" in html
    voters = warehouse_of(task).ask("select distinct voter from votes.models")["voter"].to_pylist()
    assert voters
    assert all(str(voter).startswith("simulated/") for voter in voters)


def test_mlflow_holds_one_run_a_batch_with_figures_report_and_student(inbox):
    from mlflow.tracking import MlflowClient

    task, outcome = inbox
    client = MlflowClient(task.tracking_uri)
    experiment = client.get_experiment_by_name(task.name)
    assert experiment is not None
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    history = runs.pop("history")
    assert set(runs) == {row["batch"] for row in outcome.rows}
    points = client.get_metric_history(history.info.run_id, "accuracy")
    assert [point.step for point in points] == list(range(len(outcome.rows)))
    assert [point.value for point in points] == [row["accuracy"] for row in outcome.rows]
    for row in outcome.rows:
        run = runs[row["batch"]]
        assert run.data.metrics["accuracy"] == pytest.approx(row["accuracy"])
        assert run.data.metrics["accuracy_low"] == pytest.approx(row["accuracy_low"])
        assert {"rules", "prompts", "label_model", "student"} <= set(run.data.params)
        artifacts = {item.path for item in client.list_artifacts(run.info.run_id)}
        assert {"report.html", f"{row['batch']}.joblib"} <= artifacts
    versions = client.search_model_versions(f"name='{task.name}_student'")
    assert len(versions) >= 1


def test_the_state_of_the_detector_can_be_read_back(inbox):
    from labeling.quality.alarms.detector import Detector

    task, _ = inbox
    states = warehouse_of(task).ask("select state from quality.drift order by batch")
    last = str(states["state"].to_pylist()[-1])
    assert Detector.from_json(last).to_json() == last
    assert json.loads(last)["fired_batch"] is not None


def test_the_canary_tells_the_changed_model_on_its_next_round_and_never_before(inbox):
    task, outcome = inbox
    rounds = warehouse_of(task).ask("from quality.canary order by batch").to_pylist()
    since = outcome.rows[BEFORE_THE_CHANGE]["batch"]
    assert len(rounds) >= 5
    assert {row["items"] for row in rounds} == {60}
    assert [row["changed"] for row in rounds] == [row["batch"] >= since for row in rounds]
    first = next(row["batch"] for row in rounds if row["changed"])
    (told,) = [w for w in outcome.warnings if w.startswith(f"{first}: canary")]
    assert "the model changed" in told


def test_confidences_are_calibrated_once_there_is_gold_and_marked_until_then(inbox):
    task, _ = inbox
    votes = (
        warehouse_of(task)
        .ask(
            "select batch, bool_or(calibrated) as some, bool_and(calibrated) as every,"
            " avg(confidence - stated) as moved from votes.models group by batch order by batch"
        )
        .to_pylist()
    )
    assert not votes[0]["some"]
    assert votes[0]["moved"] == 0
    assert all(row["every"] for row in votes[BEFORE_THE_CHANGE:])
    # after the change the model is as sure as ever: the reviews of the days before must tell
    assert votes[-1]["moved"] < -0.05


def test_how_likely_votes_are_right_follows_the_change_that_the_model_does_not_tell(inbox):
    task, _ = inbox
    truth = read_truth(task, task.spec.demo.scripted)
    votes = (
        warehouse_of(task)
        .ask(
            "select item_id, batch, label, stated, probability"
            " from votes.models join votes.certainty using (item_id, batch, voter)"
        )
        .to_pylist()
    )
    days = sorted({row["batch"] for row in votes})
    assert len(days) == 11  # nothing was reviewed before the first
    off = {}
    for day in days:
        right, told, stated = np.transpose(
            [
                (row["label"] == truth[row["item_id"]], row["probability"], row["stated"])
                for row in votes
                if row["batch"] == day
            ]
        ).astype(float)
        off[day] = told.mean() - right.mean(), stated.mean() - right.mean()
    told, stated = np.transpose([off[day] for day in days[BEFORE_THE_CHANGE - 1 :]])
    assert np.abs(told).max() < 0.12
    assert stated.min() > 0.25
    assert np.abs([off[day][0] for day in days[: BEFORE_THE_CHANGE - 1]]).max() < 0.06


def test_a_quantity_is_published_once_or_with_the_same_value(inbox):
    task, _ = inbox
    files = task.published.glob("*.parquet")
    tables = {path.stem: pq.ParquetFile(path).read().to_pylist() for path in files}
    figures = list(of_tables(tables))
    assert differences(figures) == []
    assert {
        ("alarms", "drift_series"), ("confusion", "scores"), ("drift_series", "scores"),
        ("early_warnings", "label_distribution"), ("early_warnings", "quality_by_batch"),
    } <= pairs(figures)  # fmt: skip
    assert {row["family"] for row in tables["voter_scorecard"]} == {"rules", "models", "student"}
    fell = {row["alarm_id"]: row for row in tables["alarms"] if row["series"].startswith("class/")}
    suspects = [row for row in tables["alarm_slices"] if row["alarm_id"] in fell]
    of_class = [row for row in suspects if row["slice"] == fell[row["alarm_id"]]["series"]]
    assert of_class
    for row in of_class:
        alarm = fell[row["alarm_id"]]
        told = (row["error"], row["error_high"], row["error_low"])
        right = (alarm["accuracy"], alarm["accuracy_low"], alarm["accuracy_high"])
        assert told == pytest.approx(tuple(1 - share for share in right))
