"""What sensors have in common: asking for runs, one a batch, never twice and never for ever."""

import time
from collections.abc import Sequence

import dagster as dg

from labeling.counted import counted
from resources.dagster.living import UNFINISHED, end_lost_runs
from resources.dagster.partitions import batches
from resources.dagster.tags import LOST_TAG, PARTITION_NAME_TAG
from resources.store.warehouse import Warehouse, warehouse_of
from resources.task.task import Task

REASON_TAG = "touchstone/because"
"""Tag of a run that a sensor asked for: what made it necessary. Its tries are counted by it."""

AT_ONCE = 20
"""Batches asked for at a time; they wait for each other anyhow, and more would only fill a list."""

WAIT_MIN = (5, 20, 80)
"""Minutes to wait after the first, second, third try of a batch that did not get done."""

PATIENCE_S = 20.0
"""A sensor that cannot get at the warehouse within this time tries again at its next turn."""


def patient(task: Task) -> Warehouse:
    """Return the warehouse for a sensor, which does not wait for long."""
    return warehouse_of(task, PATIENCE_S)


def under_way(
    context: dg.SensorEvaluationContext | dg.ScheduleEvaluationContext, task: Task, job: str
) -> set[str]:
    """Batches of which a run of ``job`` waits or is under way; empty text for a run of no batch.

    What was lost with its process, on whatever machine, is ended first: nothing waits for it.
    """
    end_lost_runs(context.instance, task.name, launched=False)
    runs = context.instance.get_runs(dg.RunsFilter(job_name=job, statuses=UNFINISHED))
    return {run.tags.get(PARTITION_NAME_TAG, "") for run in runs}


def ask(
    context: dg.SensorEvaluationContext, task: Task, job: str, wanted: dict[str, str]
) -> dg.SensorResult | dg.SkipReason:
    """Ask for runs of ``job``, one a batch, but never for what is waiting, running or has failed.

    What failed is tried again after a while, four times in all.
    """
    busy = under_way(context, task, job)
    known = set(context.instance.get_dynamic_partitions(str(batches(task).name)))
    # said one by one, so that automation sees that this run makes what follows from what it makes
    loaded = context.repository_def
    chosen = sorted(loaded.get_job(job).asset_layer.selected_asset_keys) if loaded else None
    requests: list[dg.RunRequest] = []
    waiting: list[str] = []
    for batch, reason in wanted.items():
        if len(busy) + len(requests) >= AT_ONCE:
            break
        if batch in busy or batch not in known:
            continue
        tags = {REASON_TAG: reason, PARTITION_NAME_TAG: batch}
        tries = context.instance.get_run_records(
            dg.RunsFilter(job_name=job, tags=tags), limit=len(WAIT_MIN) + 1
        )
        if tries and not _due(tries):
            waiting.append(batch)
            continue
        requests.append(
            dg.RunRequest(
                run_key=f"{batch} {reason} {len(tries)}",
                partition_key=batch,
                asset_selection=chosen,
                tags={REASON_TAG: reason},
            )
        )
    if requests:
        return dg.SensorResult(run_requests=requests)
    if waiting:
        return dg.SkipReason(f"tried in vain, see their runs: {', '.join(waiting)}")
    return dg.SkipReason(f"{counted(len(busy), 'batch is', 'batches are')} waiting or under way")


def _due(tries: Sequence[dg.RunRecord]) -> bool:
    """Whether a batch that did not get done is to be tried again; ``tries``, the newest first.

    One whose process was ended is tried again at once: the machine may have been at fault. The second time it counts.
    """
    newest = tries[0]
    succeeded = newest.dagster_run.status is dg.DagsterRunStatus.SUCCESS
    if len(tries) > len(WAIT_MIN) and not succeeded:
        return False
    if len(tries) == 1 and LOST_TAG in newest.dagster_run.tags:
        return True
    # a run that succeeded and left something to do had spent its budget: that never gives up
    wait_min = WAIT_MIN[-1] if succeeded else WAIT_MIN[len(tries) - 1]
    return time.time() - (newest.end_time or 0.0) >= 60 * wait_min
