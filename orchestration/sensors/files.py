"""What runs when something happens outside: files arrive, batches wait, people answer."""

import hashlib
import time

import dagster as dg

from assets.reading.stamp import reading_hash, settings_hash
from labeling.counted import counted
from labeling.files.found import find_files, state_of
from orchestration.planning import (
    answers_to_come,
    batches_to_label,
    batches_with_new_reviews,
    is_published,
    models_at_rest,
)
from orchestration.sensors.alarms import alert_sensor, trail_sensor
from orchestration.sensors.run_requests import ask, patient, under_way
from resources.dagster.tags import TASK_TAG
from resources.reviews.store import ReviewStore
from resources.store.place import stands
from resources.store.tables import ARRIVALS
from resources.task.errors import TaskError
from resources.task.task import Task

SETTLED_S = 5.0
"""A file changed less than this many seconds ago may still be written."""

PAUSE_S = 20
"""People who answer are let finish: the batches are measured once they pause this long, ..."""

LONGEST_WAIT_S = 300
"""... or when the first of their new reviews is this old."""


def sensors(task: Task) -> list[dg.SensorDefinition]:
    """Build the sensors of ``task``."""
    return [
        new_files(task),
        new_batches(task),
        publish_landing(task),
        new_reviews(task),
        alert_sensor(task),
        trail_sensor(task),
        dg.AutomationConditionSensorDefinition(
            f"{task.name}_automation",
            target=dg.AssetSelection.all(),
            run_tags={TASK_TAG: task.name},
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
        description="Read the inbox as soon as a file is new, changed or gone, or is to be read otherwise.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if task.spec.source.files is None:
            return dg.SkipReason("the source is a query; the schedule reads it")
        paths = find_files(task.path(task.spec.source.files))
        states = {name: state_of(path) for name, path in paths.items()}
        now = time.time()
        for name, state in states.items():
            if 0 <= now - state.st_mtime < SETTLED_S:
                return dg.SkipReason(f"{name} changed just now and may not be whole yet")
        listing = "\n".join(f"{n} {s.st_size} {s.st_mtime_ns}" for n, s in states.items())
        seen = hashlib.sha256(f"{listing}\n{reading_hash(task)}".encode()).hexdigest()[:16]
        if not states or seen == context.cursor:
            return dg.SkipReason(f"nothing new among {counted(len(states), 'file')}")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=seen)], cursor=seen)

    return sensor


def new_batches(task: Task) -> dg.SensorDefinition:
    """Build the sensor that labels what has landed, oldest batch first.

    Its cursor says of which landing, settings, answers to come and models at rest it is known that
    nothing is left to do, so that an idle sensor never opens the warehouse.
    """
    job = f"{task.name}_label"

    @dg.sensor(
        name=f"{task.name}_new_batches",
        job_name=job,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Label each batch that is new, or whose items, rules or settings changed.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        landed = context.instance.get_latest_materialization_event(ARRIVALS.asset(task.name))
        if landed is None or not stands(task):
            return dg.SkipReason("nothing has landed yet")
        if under_way(context, task, f"{task.name}_land"):
            return dg.SkipReason("files are being read")
        out = " ".join([*sorted(answers_to_come(task)), *sorted(models_at_rest(task))])
        state = f"{landed.run_id} {settings_hash(task)} {out}".strip()
        if state == context.cursor:
            return dg.SkipReason("every batch is labelled as things stand")
        try:
            todo = batches_to_label(task, patient(task))
        except TaskError as error:
            return dg.SkipReason(str(error))
        if not todo:
            return dg.SensorResult(cursor=state, skip_reason="every batch is labelled")
        return ask(context, task, job, todo)

    return sensor


def publish_landing(task: Task) -> dg.SensorDefinition:
    """Build the sensor that publishes what a landing took out or set aside, where it left no batch to label.

    Its cursor is the landing that is settled: what is labelled is published by automation.
    """
    job = f"{task.name}_publish"

    @dg.sensor(
        name=f"{task.name}_publish_landing",
        job_name=job,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Publish anew when files are gone or set aside and nothing is to be labelled.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        landed = context.instance.get_latest_materialization_event(ARRIVALS.asset(task.name))
        if landed is None or not stands(task):
            return dg.SkipReason("nothing has landed yet")
        if landed.run_id == context.cursor:
            return dg.SkipReason("the last landing is settled")
        jobs = [f"{task.name}_{one}" for one in ("land", "label", "publish")]
        if any(under_way(context, task, one) for one in jobs):
            return dg.SkipReason("files are being read, labelled or published")
        try:
            warehouse = patient(task)
            settled = batches_to_label(task, warehouse) or is_published(task, warehouse)
        except TaskError as error:
            return dg.SkipReason(str(error))
        asked = [] if settled else [dg.RunRequest(run_key=landed.run_id)]
        return dg.SensorResult(cursor=landed.run_id, run_requests=asked)

    return sensor


def new_reviews(task: Task) -> dg.SensorDefinition:
    """Build the sensor that measures anew when people answered.

    Its cursor is the newest review of which it is known that all up to it have been read.
    """
    job = f"{task.name}_measure"

    @dg.sensor(
        name=f"{task.name}_new_reviews",
        job_name=job,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Read new reviews and measure the batches they touch.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if not (task.reviews.exists() and stands(task)):
            return dg.SkipReason("there are no reviews yet")
        if under_way(context, task, job):
            return dg.SkipReason("earlier reviews are being read")
        answered = ReviewStore(task.reviews, kind=task.kind).reviews(since=int(context.cursor or 0))
        if answered.num_rows == 0:
            return dg.SkipReason("no review is new")
        try:
            touched = batches_with_new_reviews(task, patient(task))
        except TaskError as error:
            return dg.SkipReason(str(error))
        newest = str(answered["review_id"].to_pylist()[-1])
        if not touched:
            return dg.SensorResult(cursor=newest, skip_reason="every new review has been read")
        now = time.time()
        first, last = (answered["at"][at].as_py().timestamp() for at in (0, -1))
        if now - last < PAUSE_S and now - first < LONGEST_WAIT_S:
            return dg.SkipReason(f"people are answering; their last is under {PAUSE_S} s old")
        # once the first is done the others are due again, whatever was tried before: they rest on it
        because = f"reviews up to {newest}, from {touched[0]} on"
        return ask(context, task, job, dict.fromkeys(touched, because))

    return sensor
