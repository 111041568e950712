"""What runs by the clock."""

import dagster as dg

from orchestration.canary_schedule import canary_schedules
from resources.task.task import Task

CRON = {
    "hour": "10 * * * *",
    "day": "0 3 * * *",
    "week": "0 3 * * 1",
    "month": "0 3 1 * *",
    "file": "*/15 * * * *",
}
"""When new batches are labelled, shortly after their window has closed."""


def schedules(task: Task) -> list[dg.ScheduleDefinition]:
    """Build the schedules of ``task``: read what has arrived, and ask the canary.

    The sensors label what is new.
    """
    every = task.spec.batch.every

    @dg.schedule(
        name=f"{task.name}_every_{every}",
        job_name=f"{task.name}_land",
        cron_schedule=task.spec.batch.cron or CRON[every],
        execution_timezone=task.spec.batch.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Read what has arrived; each batch that is new or changed is then labelled.",
    )
    def label_new_batches(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat())

    return [label_new_batches, *canary_schedules(task)]
