"""The sensor that keeps a running Label Studio and the review store alike."""

import dagster as dg

from resources.task.task import Task


def label_studio_sensors(task: Task) -> list[dg.SensorDefinition]:
    """Build the sensor of a task whose task.yaml has a section ``label_studio``; else none.

    What it pulls is stored like any answer; the sensor of new reviews measures it.
    """
    studio = task.spec.label_studio
    if studio is None:
        return []

    @dg.sensor(
        name=f"{task.name}_label_studio",
        minimum_interval_seconds=studio.every_s,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Store what was annotated in Label Studio, and put there what waits.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        from console.label_studio.task import sync_task

        del context
        if not task.reviews.exists():
            return dg.SkipReason("nothing has been put up for review yet")
        return dg.SkipReason(str(sync_task(task)))

    return [sensor]
