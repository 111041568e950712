"""The last run is read from Dagster's file as Dagster itself reads it."""

import dagster as dg
from dagster._core.test_utils import create_run_for_test

from resources.dagster.instance import open_instance
from resources.dagster.last_run import LastRun, last_run
from resources.dagster.tags import LAUNCHED_TAG, PARTITION_NAME_TAG, PROCESS_TAG, TASK_TAG
from resources.processes import this_process


@dg.op
def step():
    pass


@dg.op
def fails():
    raise ValueError("on purpose")


@dg.job
def mails_label():
    step()


@dg.job
def mails_publish():
    fails()


def test_nothing_has_run_before_anything_ran(tmp_path):
    assert last_run(tmp_path, "mails") is None
    with open_instance(tmp_path):
        pass
    assert last_run(tmp_path, "mails") is None


def test_the_newest_run_of_the_task_is_told_as_dagster_tells_it(tmp_path):
    with open_instance(tmp_path) as instance:
        tags = {TASK_TAG: "mails", PARTITION_NAME_TAG: "2026-03-02"}
        mails_label.execute_in_process(instance=instance, tags=tags)
        mails_label.execute_in_process(instance=instance, tags={TASK_TAG: "other"})
        (record,) = instance.get_run_records(dg.RunsFilter(tags={TASK_TAG: "mails"}), limit=1)
        assert last_run(tmp_path, "mails") == LastRun(
            "label", "2026-03-02", "success", record.end_time
        )
        mails_publish.execute_in_process(
            instance=instance, tags={TASK_TAG: "mails"}, raise_on_error=False
        )
        (record,) = instance.get_run_records(dg.RunsFilter(tags={TASK_TAG: "mails"}), limit=1)
        assert last_run(tmp_path, "mails") == LastRun("publish", None, "failure", record.end_time)


def test_a_run_that_automation_starts_has_no_name_of_dagsters_own(tmp_path):
    with open_instance(tmp_path) as instance:
        create_run_for_test(instance, "__ASSET_JOB", tags={TASK_TAG: "mails"})
    assert last_run(tmp_path, "mails") == LastRun("assets", None, "not_started", None)


def test_a_run_whose_process_is_gone_does_not_go_on(tmp_path):
    started = dg.DagsterRunStatus.STARTED
    for tags, state in (
        ({PROCESS_TAG: "1 1 elsewhere"}, "interrupted"),
        ({PROCESS_TAG: this_process()}, "started"),
        ({LAUNCHED_TAG: "{}"}, "started"),
        ({LAUNCHED_TAG: "{}", PROCESS_TAG: "1 1 elsewhere"}, "started"),
    ):
        with open_instance(tmp_path) as instance:
            create_run_for_test(
                instance, "mails_label", status=started, tags={TASK_TAG: "mails", **tags}
            )
        assert last_run(tmp_path, "mails").state == state
