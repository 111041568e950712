"""The canary by the clock: the panel is asked at set times, whether a batch arrives or not."""

from datetime import UTC, datetime

import dagster as dg

from orchestration.sensors.run_requests import under_way
from resources.dagster.partitions import batches
from resources.dagster.tags import ROUND_TAG
from resources.store.tables import RELEASED
from resources.task.task import Task


def canary_schedules(task: Task) -> list[dg.ScheduleDefinition]:
    """Build the schedule of ``models.canary.cron``; none where task.yaml gives no time."""
    spec = task.spec.models.canary if task.spec.models else None
    if spec is None or spec.cron is None:
        return []
    job = f"{task.name}_ask_canary"

    @dg.schedule(
        name=job,
        job_name=job,
        cron_schedule=spec.cron,
        execution_timezone=task.spec.batch.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Ask the same reviewed items again: did a model change?",
    )
    def ask_the_canary(
        context: dg.ScheduleEvaluationContext,
    ) -> dg.RunRequest | dg.SkipReason:
        if under_way(context, task, job):
            # ticks that a stopped daemon missed come all at once, and are one moment of the model
            return dg.SkipReason("a round is waiting or under way")
        batch = newest_labelled(context.instance, task)
        if batch is None:
            return dg.SkipReason("no batch is labelled yet")
        name = round_at(context.scheduled_execution_time)
        return dg.RunRequest(run_key=name, partition_key=batch, tags={ROUND_TAG: name})

    return [ask_the_canary]


def newest_labelled(instance: dg.DagsterInstance, task: Task) -> str | None:
    """Return the newest batch that was labelled; ``None`` before the first."""
    known = set(instance.get_dynamic_partitions(str(batches(task).name)))
    return max(
        known & instance.get_materialized_partitions(RELEASED.asset(task.name)), default=None
    )


def round_at(moment: datetime) -> str:
    """Name the round of a moment.

    Examples
    --------
    >>> round_at(datetime(2026, 3, 2, 6, tzinfo=UTC))
    'clock 2026-03-02T06:00:00+00:00'
    """
    return f"clock {moment.astimezone(UTC).isoformat(timespec='seconds')}"
