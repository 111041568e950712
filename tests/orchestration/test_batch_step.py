"""Everything of a batch in one step: batch after batch, sound ones only, and each told by itself."""

import warnings

import dagster as dg
import pytest

from cli.new.new import create
from orchestration.batch_step import begins, in_one_step
from orchestration.one_job import BlockedError, run_job
from orchestration.planning import in_runs
from resources.dagster.partitions import batches
from resources.task.errors import TaskError
from resources.task.task import load_task

DAYS = ["2026-03-01", "2026-03-02", "2026-03-03"]
UNSOUND = DAYS[1]


class Made:
    """Three assets in a row, and a check of the first that blocks one day."""

    def __init__(self, task):
        self.task, self.log, self.fails_on = task, [], None
        keys = [dg.AssetKey([task.name, "raw", name]) for name in ("first", "second", "third")]
        assets = [
            self._asset(key, deps)
            for key, deps in zip(keys, ([], keys[:1], keys[1:2]), strict=True)
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.PreviewWarning)  # as in expectations.suite
            spec = dg.AssetCheckSpec(
                "is_sound", asset=keys[0], blocking=True, partitions_def=batches(task)
            )

        @dg.multi_asset_check(name="sound", specs=[spec])
        def sound(context, warehouse: dg.ResourceParam[str]):
            assert warehouse
            passed = context.partition_key != UNSOUND
            return dg.AssetCheckResult(asset_key=keys[0], check_name="is_sound", passed=passed)

        self.keys = keys
        self.defs = dg.Definitions(
            assets=in_one_step(task, assets, [sound]),
            jobs=[
                dg.define_asset_job("all_of_it"),
                dg.define_asset_job("end", [keys[2]]),
                dg.define_asset_job("checks", dg.AssetSelection.checks_for_assets(keys[0])),
            ],
            resources={"warehouse": "none"},
            executor=dg.in_process_executor,
        )

    def _asset(self, key, deps):
        @dg.asset(key=key, deps=deps, partitions_def=batches(self.task))
        def made(context, warehouse: dg.ResourceParam[str]):
            assert warehouse
            if (key.path[-1], context.partition_key) == self.fails_on:
                raise ZeroDivisionError("by nothing")
            self.log.append((context.partition_key, key.path[-1]))
            return dg.MaterializeResult(metadata={"of": context.partition_key})

        return made


@pytest.fixture
def made(tmp_path):
    return Made(load_task(create(tmp_path, "letters")))


@pytest.fixture
def instance(made):
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(batches(made.task).name), DAYS)
        yield instance


def test_a_batch_is_whole_before_the_next_begins_and_an_unsound_one_holds_no_other_back(
    made, instance
):
    begun = []
    before = begins.set(begun.append)
    with pytest.raises(BlockedError, match=f"{UNSOUND}: first: is_sound"):
        run_job(made.defs, instance, "all_of_it", DAYS)
    begins.reset(before)
    assert begun == DAYS
    assert made.log == [
        *((DAYS[0], name) for name in ("first", "second", "third")),
        (UNSOUND, "first"),
        *((DAYS[2], name) for name in ("first", "second", "third")),
    ]
    assert instance.get_materialized_partitions(made.keys[0]) == set(DAYS)
    assert instance.get_materialized_partitions(made.keys[2]) == {DAYS[0], DAYS[2]}
    assert len(instance.get_runs()) == 1


def test_what_is_told_of_each_batch_is_about_that_batch(made, instance):
    run_job(made.defs, instance, "all_of_it", [DAYS[0]])
    found = instance.fetch_materializations(made.keys[1], limit=9).records
    assert [
        (one.partition_key, one.asset_materialization.metadata["of"].value) for one in found
    ] == [(DAYS[0], DAYS[0])]
    (check,) = instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(made.keys[0], "is_sound"), limit=9
    )
    about = instance.fetch_materializations(made.keys[0], limit=1).records[0].storage_id
    evaluation = check.event.dagster_event.asset_check_evaluation_data
    assert evaluation.partition == DAYS[0]
    assert evaluation.target_materialization_data.storage_id == about


def test_one_asset_is_made_by_itself(made, instance):
    run_job(made.defs, instance, "end", UNSOUND)
    assert made.log == [(UNSOUND, "third")]


def test_a_check_that_is_run_alone_needs_to_know_of_which_batches(made, instance):
    with pytest.raises(TaskError, match="choose the batches"):
        run_job(made.defs, instance, "checks", None)


def test_a_bug_ends_the_run_and_says_where_it_was(made, instance):
    made.fails_on = ("second", DAYS[2])
    with pytest.raises(RuntimeError, match=f"by nothing(.|\n)*while making .*second of {DAYS[2]}"):
        run_job(made.defs, instance, "all_of_it", DAYS)
    assert (DAYS[2], "first") in made.log


def test_batches_are_run_together_where_they_are_neighbours_and_not_too_many():
    known = [str(n) for n in range(200)]
    runs = in_runs([*known[:120], *known[130:132], "199"], known)
    assert [(run[0], run[-1], len(run)) for run in runs] == [
        ("0", "49", 50),
        ("50", "99", 50),
        ("100", "119", 20),
        ("130", "131", 2),
        ("199", "199", 1),
    ]
