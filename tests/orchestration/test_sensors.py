"""Sensors on a small task that was really run: what they ask for, and what they leave alone."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.test_utils import create_run_for_test

from labeling.quality.alarms.trail import Action, Event
from orchestration.definitions import definitions
from orchestration.jobs import QUIET
from orchestration.planning import batches_with_new_reviews
from orchestration.sensors import files as sensors
from resources.alerts.trail import AlarmTrail
from resources.dagster.instance import open_instance
from resources.dagster.living import end_lost_runs
from resources.dagster.tags import PARTITION_NAME_TAG, PROCESS_TAG
from resources.processes import this_process
from resources.reviews.rows import Assignment, Review
from resources.reviews.store import ReviewStore
from resources.store.tables import DRIFT
from resources.store.warehouse import warehouse_of
from resources.task.task import Task, load_task

FIRST, SECOND = "2026-03-02", "2026-03-03"


@pytest.fixture
def task(ran_task, tmp_path, monkeypatch) -> Task:
    """A copy of a task that was run, to change at will."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    project = tmp_path / "project"
    ran_task.copy_to(project)
    return load_task(project / "tasks" / "letters")


@pytest.fixture
def instance(task):
    with open_instance(task.var.parent) as instance:
        yield instance


class Asked:
    """A sensor and the cursor it left behind."""

    def __init__(self, sensor: str, task: Task, instance: dg.DagsterInstance) -> None:
        self.repository = definitions(task).get_repository_def()
        self.sensor = self.repository.get_sensor_def(f"{task.name}_{sensor}")
        self.instance = instance
        self.cursor: str | None = None

    def now(self) -> tuple[list[dg.RunRequest], str]:
        """What it asks for, and what it says if that is nothing."""
        context = dg.build_sensor_context(
            self.instance, cursor=self.cursor, repository_def=self.repository
        )
        said = self.sensor(context)
        if isinstance(said, dg.SkipReason):
            return [], str(said.skip_message)
        assert isinstance(said, dg.SensorResult)
        self.cursor = said.cursor or self.cursor
        skipped = said.skip_reason.skip_message if said.skip_reason else ""
        return list(said.run_requests or []), str(skipped)

    def batches(self) -> list[str | None]:
        return [request.partition_key for request in self.now()[0]]


def age(folder: Path, seconds: float) -> None:
    for path in folder.iterdir():
        os.utime(path, (time.time() - seconds, time.time() - seconds))


def edit_a_rule(task: Task) -> None:
    path = task.folder / "rules.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    one = f"edit_{len(told['rules'])}"
    told["rules"].append({"name": one, "label": task.classes[0], "keyword": [one]})
    path.write_text(yaml.safe_dump(told), encoding="utf-8")


def answer(task: Task, batch: str, item: str, at: datetime | None = None) -> None:
    """Let a person answer an item that nobody was asked about before."""
    store = ReviewStore(task.reviews)
    store.plan([Assignment(item_id=item, batch=batch, origin="queue", text="read me")])
    label, key = task.classes[0], f"{item} {time.time_ns()}"
    store.record_many(
        [
            Review(
                item_id=item, batch=batch, reviewer="anna", outcome="label", label=label,
                origin="queue", seconds=2.0, idempotency_key=key,
                at=at or datetime.now(UTC) - timedelta(minutes=2),
            )
        ]
    )  # fmt: skip
    store.close()


def test_files_are_read_once_and_again_when_one_changes(task, instance):
    files = task.path(str(task.spec.source.files)).parent
    age(files, seconds=60)
    asked = Asked("new_files", task, instance)
    (first,), _ = asked.now()
    assert asked.now() == ([], "nothing new among 2 files")
    path = min(files.iterdir())
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    age(files, seconds=30)
    (second,), _ = asked.now()
    assert second.run_key != first.run_key


def test_a_file_that_is_being_written_is_waited_for(task, instance):
    files = task.path(str(task.spec.source.files)).parent
    age(files, seconds=60)
    path = min(files.iterdir())
    os.utime(path)
    requests, why = Asked("new_files", task, instance).now()
    assert requests == []
    assert path.name in why


def test_a_sensor_with_nothing_to_do_does_not_open_the_warehouse(task, instance, monkeypatch):
    asked = Asked("new_batches", task, instance)
    assert asked.now() == ([], "every batch is labelled")
    monkeypatch.setattr(sensors, "batches_to_label", None)
    assert asked.now() == ([], "every batch is labelled as things stand")


def test_nothing_is_asked_for_before_anything_has_landed(task, tmp_path):
    with open_instance(tmp_path / "empty") as empty:
        assert Asked("new_batches", task, empty).now() == ([], "nothing has landed yet")


def test_a_file_that_is_gone_is_published_once_though_nothing_is_to_be_labelled(task, instance):
    asked = Asked("publish_landing", task, instance)
    assert asked.now()[0] == []
    assert asked.now() == ([], "the last landing is settled")
    max(task.path(str(task.spec.source.files)).parent.iterdir()).unlink()
    defs = definitions(task)
    assert (
        defs.resolve_job_def("letters_land")
        .execute_in_process(instance=instance, run_config=QUIET)
        .success
    )
    assert Asked("new_batches", task, instance).batches() == []
    assert len(asked.now()[0]) == 1
    assert asked.now() == ([], "the last landing is settled")


def test_an_edited_rule_has_every_batch_labelled_again_in_the_order_of_time(task, instance):
    asked = Asked("new_batches", task, instance)
    asked.now()
    edit_a_rule(task)
    requests, _ = asked.now()
    assert [request.partition_key for request in requests] == [FIRST, SECOND]
    assert len({request.run_key for request in requests}) == 2


def test_a_batch_that_waits_or_is_under_way_is_not_asked_for_again(task, instance):
    edit_a_rule(task)
    for status in (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED):
        run = create_run_for_test(
            instance, "letters_label", status=status, tags={PARTITION_NAME_TAG: FIRST}
        )
        assert Asked("new_batches", task, instance).batches() == [SECOND]
        instance.delete_run(run.run_id)


def test_nothing_is_labelled_while_files_are_being_read(task, instance):
    edit_a_rule(task)
    create_run_for_test(instance, "letters_land", status=dg.DagsterRunStatus.STARTED)
    assert Asked("new_batches", task, instance).now() == ([], "files are being read")


def test_a_failed_batch_is_tried_again_later_and_four_times_in_all(task, instance, monkeypatch):
    edit_a_rule(task)
    asked = Asked("new_batches", task, instance)
    keys = set()
    for wait_min in (5, 20, 80, None):
        first, second = asked.now()[0]
        keys.add(first.run_key)
        assert (first.partition_key, second.partition_key) == (FIRST, SECOND)
        tags = {**first.tags, PARTITION_NAME_TAG: FIRST}
        instance.report_run_failed(create_run_for_test(instance, "letters_label", tags=tags))
        assert asked.batches() == [SECOND], "the one that failed has to wait"
        later = time.time() + 60 * ((wait_min or 10_000) + 1)
        monkeypatch.setattr(sensors.time, "time", lambda later=later: later)
    assert len(keys) == 4
    assert asked.batches() == [SECOND], "after four times it is given up"


def test_a_batch_whose_process_was_ended_is_tried_again_at_once_and_the_second_time_later(
    task, instance
):
    edit_a_rule(task)
    asked = Asked("new_batches", task, instance)
    for expected in ([FIRST, SECOND], [SECOND]):
        (first, *_), _ = asked.now()
        tags = {**first.tags, PARTITION_NAME_TAG: FIRST, PROCESS_TAG: "999999999"}
        tags["touchstone/task"] = task.name
        started = dg.DagsterRunStatus.STARTED
        create_run_for_test(instance, "letters_label", tags=tags, status=started)
        assert asked.batches() == expected


def test_batches_that_were_measured_too_early_are_due_once_the_first_is_done(
    task, instance, monkeypatch
):
    asked = Asked("new_reviews", task, instance)
    asked.now()
    answer(task, FIRST, "m001")
    answer(task, SECOND, "m040")
    _, second = asked.now()[0]
    tags = {**second.tags, PARTITION_NAME_TAG: SECOND}
    run = create_run_for_test(instance, "letters_measure", tags=tags)
    done = dg.DagsterEvent(dg.DagsterEventType.RUN_SUCCESS.value, run.job_name)
    instance.report_dagster_event(done, run.run_id)
    assert asked.batches() == [FIRST], "it was done, and waits"
    monkeypatch.setattr(sensors, "batches_with_new_reviews", lambda *_: [SECOND])
    assert asked.batches() == [SECOND], "what it rests on is done by now"


def test_a_warehouse_in_use_makes_a_sensor_wait_and_not_fail(task, instance, monkeypatch):
    monkeypatch.setattr("orchestration.sensors.run_requests.PATIENCE_S", 0.1)
    edit_a_rule(task)
    with warehouse_of(task).turn():
        requests, why = Asked("new_batches", task, instance).now()
    assert requests == []
    assert "in use by another process" in why


def test_a_new_review_has_its_batch_and_those_after_it_measured(task, instance):
    asked = Asked("new_reviews", task, instance)
    assert asked.now() == ([], "every new review has been read")
    assert asked.now() == ([], "no review is new")
    answer(task, FIRST, "m001")
    assert asked.batches() == [FIRST, SECOND]
    answer(task, SECOND, "m040")
    assert asked.batches() == [FIRST, SECOND]


def test_people_who_answer_are_let_finish(task, instance):
    asked = Asked("new_reviews", task, instance)
    asked.now()
    answer(task, FIRST, "m001", at=datetime.now(UTC))
    requests, why = asked.now()
    assert requests == []
    assert why.startswith("people are answering")
    old = datetime.now(UTC) - timedelta(minutes=6)
    answer(task, FIRST, "m002", at=old)
    answer(task, FIRST, "m003", at=datetime.now(UTC))
    asked.cursor = str(int(asked.cursor or 0) + 1)
    assert asked.batches() == [FIRST, SECOND], "the first of them waits for over 5 minutes"


def test_reading_one_batch_does_not_hide_the_new_reviews_of_another(task):
    answer(task, FIRST, "m001")
    answer(task, SECOND, "m040")
    newest = ReviewStore(task.reviews).reviews()["review_id"].to_pylist()[-1]
    with warehouse_of(task).connect() as db:
        db.execute(
            "update people.reviews set review_id = ? where rowid ="
            " (select min(rowid) from people.reviews where batch = ?)",
            [newest, SECOND],
        )
    assert batches_with_new_reviews(task, warehouse_of(task)) == [FIRST, SECOND]


def test_answers_that_are_gone_or_others_since_they_were_read_are_measured_anew(task):
    assert batches_with_new_reviews(task, warehouse_of(task)) == []
    newest = "(select max(review_id) from people.reviews where batch = ?)"
    with warehouse_of(task).connect() as db:
        row = f"select * replace (review_id + 1000 as review_id) from people.reviews where review_id = {newest}"
        db.execute(f"insert into people.reviews {row}", [SECOND])
    assert batches_with_new_reviews(task, warehouse_of(task)) == [SECOND], "a backup was put back"
    with warehouse_of(task).connect() as db:
        db.execute("delete from people.reviews where review_id > 1000")
        db.execute(
            f'update people.reviews set "at" = "at" - interval 1 second where review_id = {newest}',
            [SECOND],
        )
    assert batches_with_new_reviews(task, warehouse_of(task)) == [SECOND], "others have its number"


def test_a_run_that_was_asked_for_settles_what_the_sensor_saw(task, instance):
    asked = Asked("new_reviews", task, instance)
    answer(task, FIRST, "m001")
    requests, _ = asked.now()
    defs = definitions(task)
    for request in requests:
        result = defs.resolve_job_def("letters_measure").execute_in_process(
            partition_key=request.partition_key, tags=request.tags, instance=instance
        )
        assert result.success
    assert asked.now() == ([], "every new review has been read")


def test_marts_follow_news_once_and_not_while_a_batch_is_under_way(task, instance):
    defs = definitions(task)
    drift, marts = DRIFT.asset("letters"), dg.AssetKey(["letters", "marts", "batch_counts"])

    def requested(cursor):
        found = dg.evaluate_automation_conditions(
            defs=defs,
            instance=instance,
            asset_selection=dg.AssetSelection.groups("staging", "marts", "published"),
            cursor=cursor,
        )
        return found.get_num_requested(marts), found

    at_first, found = requested(None)
    assert at_first == 0
    instance.report_runless_asset_event(dg.AssetMaterialization(drift, partition=FIRST))
    with_news, found = requested(found.cursor)
    assert with_news == 1
    report = dg.AssetKey(["letters", "published", "report"])
    assert found.get_num_requested(report) == 1, "all in one run"
    again, _ = requested(found.cursor)
    assert again == 0


def test_a_run_whose_process_is_gone_is_ended_and_others_are_let_be(instance):
    started = dg.DagsterRunStatus.STARTED
    lost = create_run_for_test(instance, "a", status=started, tags={PROCESS_TAG: "999999999"})
    mine = create_run_for_test(instance, "b", status=started, tags={PROCESS_TAG: this_process()})
    launched = create_run_for_test(instance, "c", status=started, tags={".dagster/grpc_info": "{}"})
    assert set(end_lost_runs(instance)) == {lost.run_id, launched.run_id}
    states = {run.run_id: run.status for run in instance.get_runs(limit=3)}
    assert states[lost.run_id] is states[launched.run_id] is dg.DagsterRunStatus.FAILURE
    assert states[mine.run_id] is started


def test_an_acknowledged_alarm_is_published_and_a_reset_measures_what_comes_after(task, instance):
    trail, now = AlarmTrail(task.alarm_trail), datetime.now(UTC)
    asked = Asked("alarm_trail", task, instance)
    assert asked.now()[0] == []
    trail.record(Event(now, "ada", Action.ACKNOWLEDGE, "labels", SECOND))
    assert asked.batches() == [SECOND]
    assert asked.batches() == []
    trail.record(Event(now, "ada", Action.RESET, "labels", FIRST, "a rule was mended"))
    (request,), _ = asked.now()
    assert (request.partition_key, asked.cursor) == (SECOND, "2")
    assert asked.batches() == []
