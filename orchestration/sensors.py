"""What runs when something happens outside."""

import hashlib

import dagster as dg

from orchestration.planning import batches_to_label, batches_with_new_reviews
from orchestration.resources.review_store import ReviewStore
from orchestration.schedules import warehouse_of
from orchestration.task.task import Task


def sensors(task: Task) -> list[dg.SensorDefinition]:
    """Build the sensors of ``task``."""
    return [
        new_files(task),
        new_batches(task),
        new_reviews(task),
        dg.AutomationConditionSensorDefinition(
            f"{task.name}_automation",
            target=dg.AssetSelection.all(),
            default_status=dg.DefaultSensorStatus.RUNNING,
            description="Gold, quality, marts and report follow what they are made of.",
        ),
    ]


def new_files(task: Task) -> dg.SensorDefinition:
    """Build the sensor that reads files as they arrive; its cursor is a hash of the listing."""

    @dg.sensor(
        name=f"{task.name}_new_files",
        job_name=f"{task.name}_land",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Read files in the inbox as soon as one is new or changed.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if task.spec.source.files is None:
            return dg.SkipReason("the source is a query; the schedule reads it")
        pattern = task.path(task.spec.source.files)
        states = [
            f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}"
            for path in sorted(pattern.parent.glob(pattern.name))
        ]
        seen = hashlib.sha256("\n".join(states).encode()).hexdigest()[:16]
        if not states or seen == context.cursor:
            return dg.SkipReason(f"nothing new among {len(states)} files")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=seen)], cursor=seen)

    return sensor


def new_batches(task: Task) -> dg.SensorDefinition:
    """Build the sensor that labels what has landed, oldest batch first."""

    @dg.sensor(
        name=f"{task.name}_new_batches",
        job_name=f"{task.name}_label",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Label each batch that is new, or whose items, rules or settings changed.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        del context
        if not task.warehouse.is_file():
            return dg.SkipReason("nothing has landed yet")
        todo = batches_to_label(task, warehouse_of(task))
        if not todo:
            return dg.SkipReason("every batch is labelled as things stand")
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(run_key=f"{batch} {stamp}", partition_key=batch)
                for batch, stamp in todo.items()
            ]
        )

    return sensor


def new_reviews(task: Task) -> dg.SensorDefinition:
    """Build the sensor that measures anew when people answered; its cursor is the last review."""

    @dg.sensor(
        name=f"{task.name}_new_reviews",
        job_name=f"{task.name}_measure",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Read new reviews and measure the batches they touch.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if not (task.reviews.is_file() and task.warehouse.is_file()):
            return dg.SkipReason("there are no reviews yet")
        answered = ReviewStore(task.reviews).reviews(since=int(context.cursor or 0))
        if answered.num_rows == 0:
            return dg.SkipReason("no review is new")
        newest = str(max(int(str(r)) for r in answered["review_id"].to_pylist()))
        touched = batches_with_new_reviews(task, warehouse_of(task))
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(run_key=f"reviews {newest} {batch}", partition_key=batch)
                for batch in touched
            ],
            cursor=newest,
        )

    return sensor
