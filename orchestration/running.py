"""Run a task from files to report in this process: what the command line does."""

import contextlib
import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from assets.landing import other_texts
from assets.landing.arrivals import has_landed
from assets.landing.class_check import check_classes
from assets.landing.forgetting import made
from assets.landing.lost_answers import check_lost_answers
from assets.landing.lost_reviews import check_lost_reviews
from assets.landing.moved_state import check_moved_state
from assets.landing.set_aside import sentence
from labeling.counted import counted
from orchestration.batch_step import begins
from orchestration.dbt_reading import dbt_reading
from orchestration.definitions import definitions
from orchestration.one_job import run_job
from orchestration.planning import (
    answers_to_come,
    batches_to_label,
    batches_with_new_reviews,
    in_runs,
    is_published,
    models_at_rest,
)
from orchestration.simulating import simulate_inbox
from orchestration.turn import turn
from resources.dagster.instance import instance_of
from resources.dagster.living import end_lost_runs
from resources.dagster.partitions import batches
from resources.dagster.tags import COMMAND_TAG
from resources.pilots.promoted import nothing_promoted
from resources.store.warehouse import Warehouse, warehouse_of
from resources.task.errors import BlockedError, TaskError
from resources.task.task import Task

NAMED = 5
"""Batches that a sentence names."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many steps are done, and how many there are."""


@dataclass(frozen=True)
class Outcome:
    """What a run did.

    Parameters
    ----------
    labelled, measured : list of str
        Batches labelled, and batches measured anew because people answered.
    published : bool
        Whether the marts and the report were built.
    rows : list of dict
        As published in ``quality_by_batch.parquet``, in the order of time.
    warnings : list of str
        Failed checks that do not block, files set aside, and the like.
    set_aside : str, optional
        How many rows are in quarantine, and why.
    answers_aside : str, optional
        How many answers are about another text than their item has now.
    """

    labelled: list[str]
    measured: list[str]
    published: bool
    rows: list[dict[str, Any]]
    warnings: list[str] = field(default_factory=list)
    set_aside: str | None = None
    answers_aside: str | None = None


def run_task(task: Task, progress: Progress, only: list[str] | None = None) -> Outcome:
    """Label what is new or changed, batch after batch in the order of time, and publish.

    Parameters
    ----------
    task : Task
        The task.
    progress : callable
        See :data:`Progress`.
    only : list of str, optional
        Batches to label even if nothing changed; the others are left alone.

    Raises
    ------
    TaskError
        If the input cannot be used, or a blocking check failed; it says which and why. A batch that
        is blocked holds no other back: the error comes when the rest is labelled and published.
    """
    with turn(task, lambda told: progress(told, 0, 1)) as task:
        return _run_task(task, progress, only)


def _run_task(task: Task, progress: Progress, only: list[str] | None) -> Outcome:
    warehouse = warehouse_of(task)
    check_moved_state(task)
    check_lost_reviews(task, warehouse)
    check_lost_answers(task, warehouse)
    check_classes(task, warehouse)
    simulate_inbox(task)
    defs = functools.cache(lambda: definitions(task))  # dbt's part takes a second to import
    warnings: list[str] = []
    blocked: list[str] = []
    command = {COMMAND_TAG: uuid.uuid4().hex}
    with instance_of(task) as instance:
        end_lost_runs(instance, task.name)

        def run(job: str, *of: str) -> None:
            warnings.extend(run_job(defs(), instance, f"{task.name}_{job}", of, command))

        def each(job: str, doing: str, todo: list[str]) -> None:
            def report(batch: str) -> None:
                progress(f"{doing} {batch}", todo.index(batch), len(todo) + 1)

            before = begins.set(report)
            try:
                known = instance.get_dynamic_partitions(str(batches(task).name))
                for some in in_runs(todo, known):
                    try:
                        run(job, *some)
                    except BlockedError as error:
                        blocked.append(str(error))
            finally:
                begins.reset(before)

        progress("reading files", 0, 1)
        before = made(warehouse)
        if _nothing_arrived(task, warehouse, instance):
            other_texts.follow_texts(task, warehouse)
        else:
            run("land")
        if gone := sorted(set(before).difference(made(warehouse))):
            warnings.append(_gone(gone))
        if answers_to_come(task):
            progress("fetching answers of models", 0, 1)
            warnings.extend(_fetched(task))
        todo = list(batches_to_label(task, warehouse)) if only is None else _known(task, only)
        with dbt_reading(task) if todo else contextlib.nullcontext():
            each("label", "labelling", todo)
        measured = batches_with_new_reviews(task, warehouse)
        each("measure", "measuring", measured)
        publish = not is_published(task, warehouse)
        if publish:
            progress("publishing", len(todo), len(todo) + 1)
            run("publish")
    if out := answers_to_come(task):
        warnings.append(
            f"models: answers are to come from {counted(len(out), 'batch')} at providers, within a day; "
            "run again, or let `touchstone up` fetch them"
        )
    if not todo and (at_rest := models_at_rest(task)):
        told = ", ".join(f"{model} until {until}" for model, until in at_rest.items())
        warnings.append(
            f"models: not to be asked: {told}; run again then, or let `touchstone up` go on by "
            f"itself; if it takes some by now, `touchstone ledger {task.name} --ask-again`"
        )
    if unasked := nothing_promoted(task):
        warnings.append(f"models: {unasked}")
    rows = warehouse.rows("published.figures.quality_by_batch")
    aside = sentence(warehouse, task.name)
    warehouse.close()
    if blocked:
        also = [f"also: {warning.splitlines()[0]}" for warning in warnings]
        raise BlockedError(
            "\n".join([*blocked, *also, "Every other batch is labelled and published."])
        )
    return Outcome(todo, measured, publish, rows, warnings, aside, other_texts.sentence(task))


def _nothing_arrived(task: Task, warehouse: Warehouse, instance: dg.DagsterInstance) -> bool:
    """Whether landing would change nothing and tell nothing: it takes longer to start than to do."""
    keys = set(warehouse.column("reading.stamp.batches"))
    return (
        keys == set(instance.get_dynamic_partitions(str(batches(task).name)))
        and keys >= set(made(warehouse))
        and has_landed(task, warehouse)
        and not warehouse.rows("expectations.inbox.broken_files")
    )


def _gone(names: list[str]) -> str:
    named = ", ".join(names[:NAMED]) + (
        f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    )
    return (
        f"input: nothing is left of {named}: files are gone, or are read otherwise. Their labels are "
        "gone too; reviews and model answers are kept, and count again once the items are back"
    )


def _fetched(task: Task) -> list[str]:
    """Bring into the ledger what providers' batches have answered; return what went wrong."""
    from resources.models.task_models import collect_answers

    return [f"models: {note}" for note in collect_answers(task).notes]


def _known(task: Task, only: list[str]) -> list[str]:
    known = warehouse_of(task).column("reading.stamp.batches")
    strangers = [batch for batch in only if batch not in known]
    if strangers:
        raise TaskError(
            f"task {task.name!r} has no batch {strangers[0]!r}; it has {', '.join(known)}"
        )
    return [batch for batch in known if batch in only]
