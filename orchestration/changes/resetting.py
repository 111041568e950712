"""Begin a task anew, or its batches from one on: what was made goes, what was said and paid stays."""

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from assets.landing.forgetting import forget, made
from assets.published.history import delete_runs
from labeling.counted import counted
from labeling.llm.ledger.rows import kept_answers
from orchestration.turn import turn
from resources.dagster.instance import instance_of
from resources.dagster.living import end_lost_runs, unfinished_runs
from resources.dagster.partitions import batches
from resources.dagster.tags import LAUNCHED_TAG
from resources.reviews.arrow_tables import count_answers
from resources.reviews.store import ReviewStore
from resources.store.place import remove, stands
from resources.store.tables import EVERY
from resources.store.warehouse import Warehouse, warehouse_of
from resources.task.errors import DamagedError, TaskError
from resources.task.task import Task
from resources.tracking.tracking_store import ready_tracking_store

PATIENCE_S = 5.0
"""How long a run of the task may still take before the reset is refused, in seconds."""

PAID = [table for table in EVERY if table.stays == "good"]
"""Tables of the warehouse that cannot be made again: rounds of the canary, and what they asked."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What a reset took out: the batches, and whether that was all of the task."""

    batches: list[str]
    whole: bool


@dataclass(frozen=True, slots=True)
class ResetPlan:
    """What a reset would take out, and how much of what stays there is.

    Parameters
    ----------
    batches : list of str
        In the order of time.
    whole : bool
        Whether that is all of the task: then published files and students go too.
    readable : bool
        Whether the database could be read; else ``items`` and ``labels`` are 0.
    items, labels, partitions : int
        That would go.
    reviews, answers : int or None
        That stay: of people, and of models; None where the file cannot be read.
    leftovers : bool
        Whether there is a database or a published file, even without a batch.
    """

    batches: list[str]
    whole: bool
    readable: bool
    items: int
    labels: int
    partitions: int
    reviews: int | None
    answers: int | None
    leftovers: bool


def plan_reset(task: Task, since: str | None = None) -> ResetPlan:
    """Say what :func:`reset_task` would take out; nothing is changed.

    Raises
    ------
    TaskError
        If there is no such batch, or the database is in use.
    """
    with instance_of(task) as instance:
        partitions = set(instance.get_dynamic_partitions(str(batches(task).name)))
    made_of, readable = _readable(task)
    known = partitions.union(made_of)
    _refuse_unknown(task, since, known)
    chosen = sorted(batch for batch in known if since is None or batch >= since)
    items = labels = 0
    if readable and stands(task):
        warehouse = warehouse_of(task)
        try:
            (counts,) = warehouse.rows("orchestration.resetting.counts", batches=chosen)
            items, labels = counts["items"], counts["labels"]
        except DamagedError:
            readable = False
        warehouse.close()
    return ResetPlan(
        chosen,
        since is None,
        readable,
        items,
        labels,
        len(partitions.intersection(chosen)),
        None if task.reviews.fault() else count_answers(task.reviews),
        None if task.ledger.fault() else kept_answers(task.ledger),
        leftovers=since is None and (stands(task) or task.published.is_dir()),
    )


def _refuse_unknown(task: Task, since: str | None, known: set[str]) -> None:
    if since is not None and since not in known:
        raise TaskError(
            f"task {task.name!r} has no batch {since!r}; it has {', '.join(sorted(known)) or 'none'}"
        )


def reset_task(task: Task, since: str | None = None) -> Cleared:
    """Take out what was made of the batches from ``since`` on, or of all.

    Reviews, alarms that were dealt with, model answers, vectors and rounds of the canary are kept.

    Raises
    ------
    TaskError
        If there is no such batch, or the task is being run.
    """
    with turn(task, lambda _: None, PATIENCE_S), instance_of(task) as instance:
        end_lost_runs(instance, task.name)
        refuse_if_run(task, instance)
        partitions = set(instance.get_dynamic_partitions(str(batches(task).name)))
        if since is None:
            known = partitions | set(_readable(task)[0])
            chosen = sorted(known)
            _all(task, chosen)
        else:
            warehouse = warehouse_of(task)
            known = partitions.union(made(warehouse))
            _refuse_unknown(task, since, known)
            chosen = sorted(batch for batch in known if batch >= since)
            _some(task, warehouse, chosen)
            warehouse.close()
        for batch in partitions.intersection(chosen):
            instance.delete_dynamic_partition(str(batches(task).name), batch)
    return Cleared(chosen, since is None)


def refuse_if_run(task: Task, instance: dg.DagsterInstance) -> None:
    """Let nothing be taken out under a run of Dagster's.

    Raises
    ------
    TaskError
        If there is one, saying how many.
    """
    busy = [run for run in unfinished_runs(instance, task.name) if LAUNCHED_TAG in run.tags]
    if busy:
        raise TaskError(
            f"Dagster works on task {task.name!r} ({counted(len(busy), 'run')}); end `touchstone up`, or wait"
        )


def _readable(task: Task) -> tuple[list[str], bool]:
    """Return the batches of which anything was made, and whether the database could be read."""
    if not stands(task):
        return [], True
    try:
        return made(warehouse_of(task)), True
    except DamagedError:
        return [], False


def _some(task: Task, warehouse: Warehouse, chosen: Sequence[str]) -> None:
    forget(task, warehouse, chosen)
    with warehouse.connect() as db, db.transaction():
        files = db.column("orchestration.resetting.files_to_read_again", batches=list(chosen))
        for table in (table for table in EVERY if table.stays == "file"):
            db.delete(table, file=files)
    task.publication.unlink(missing_ok=True)  # what is made again may say otherwise


def _all(task: Task, chosen: Sequence[str]) -> None:
    """Delete the warehouse as a file: nothing of what stood there is left in it."""
    warehouse, kept = warehouse_of(task), {}
    if stands(task):
        # one that is damaged holds nothing to be kept
        with contextlib.suppress(TaskError), warehouse.connect() as db:
            kept = {table: db.select(table) for table in PAID}
    with warehouse.lock():
        remove(task)
    if any(rows.num_rows for rows in kept.values()):
        warehouse.replace(kept)
        warehouse.close()
    for folder in (task.published, task.students, task.mlflow_artifacts):
        shutil.rmtree(folder, ignore_errors=True)
    if task.reviews.exists():
        ReviewStore(task.reviews, kind=task.kind).withdraw(chosen)
    _delete_runs(task)


def _delete_runs(task: Task) -> None:
    """Delete the task's MLflow runs, those of all batches and the one that holds them as steps."""
    if not task.mlflow_store.is_file():
        return
    from mlflow.tracking import MlflowClient

    ready_tracking_store(task.var.parent)
    client = MlflowClient(task.tracking_uri)
    found = client.get_experiment_by_name(task.name)
    if found is not None:
        delete_runs(client, found.experiment_id)
