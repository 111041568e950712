"""Run a task from files to report in this process: what the command line does."""

import contextlib
import functools
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

from assets.landing import other_texts
from assets.landing.arrivals import has_landed
from assets.landing.class_check import check_classes
from assets.landing.forgetting import made
from assets.landing.lost_answers import check_lost_answers
from assets.landing.lost_reviews import check_lost_reviews
from assets.landing.set_aside import sentence
from expectations.alarm import ALARM_CHECKS
from expectations.canary import TOLD_ONLY
from labeling.counted import counted
from labeling.errors import LabelingError
from orchestration.batch_step import begins
from orchestration.dbt_reading import dbt_reading
from orchestration.definitions import definitions
from orchestration.jobs import QUIET
from orchestration.planning import (
    answers_to_come,
    batches_to_label,
    batches_with_new_reviews,
    is_published,
    models_at_rest,
)
from orchestration.simulating import simulate_inbox
from orchestration.turn import turn
from resources.dagster.instance import end_lost_runs, open_instance
from resources.dagster.partitions import batches
from resources.dagster.tags import COMMAND_TAG, PROCESS_TAG
from resources.processes import this_process
from resources.store.warehouse import Warehouse, warehouse_of
from resources.task.errors import BlockedError, TaskError
from resources.task.task import Task

LINE = "\n"
NAMED = 5
"""Batches that a sentence names."""

MOST_BATCHES = 50
"""Batches of one run: its log names each batch for each check."""

BY_CHECK = "DagsterAssetCheckFailedError"
"""What ends a step because of a check that blocks."""

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
    with turn(task, lambda who: progress(f"waiting for {who}, which runs the task", 0, 1)):
        return _run_task(task, progress, only)


def _run_task(task: Task, progress: Progress, only: list[str] | None) -> Outcome:
    warehouse = warehouse_of(task)
    check_lost_reviews(task, warehouse)
    check_lost_answers(task, warehouse)
    check_classes(task, warehouse)
    simulate_inbox(task)
    defs = functools.cache(lambda: definitions(task))  # dbt's part takes a second to import
    warnings: list[str] = []
    blocked: list[str] = []
    command = {COMMAND_TAG: uuid.uuid4().hex}
    with open_instance(task.var.parent) as instance:
        end_lost_runs(instance, task.name)

        def run(job: str, *of: str) -> None:
            warnings.extend(run_job(defs(), instance, f"{task.name}_{job}", of, command))

        def each(job: str, doing: str, todo: list[str]) -> None:
            def told(batch: str) -> None:
                progress(f"{doing} {batch}", todo.index(batch), len(todo) + 1)

            before = begins.set(told)
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
    rows = warehouse.rows("published.figures.quality_by_batch")
    aside = sentence(warehouse, task.name)
    warehouse.close()
    if blocked:
        also = [f"also: {warning.partition(LINE)[0]}" for warning in warnings]
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


def run_job(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    batch: str | Sequence[str] | None,
    tags: Mapping[str, str] | None = None,
) -> list[str]:
    """Run one job in this process; return warnings, raise what went wrong in plain words.

    Several batches are the ends of a range of Dagster's; none, or ``None``, is a job of no batch.
    """
    of = [batch] if isinstance(batch, str) else list(batch or ())
    ends = (
        {ASSET_PARTITION_RANGE_START_TAG: of[0], ASSET_PARTITION_RANGE_END_TAG: of[-1]}
        if of[1:]
        else {}
    )
    try:
        result = defs.resolve_job_def(job).execute_in_process(
            partition_key=of[0] if len(of) == 1 else None,
            instance=instance,
            run_config=QUIET,
            tags={PROCESS_TAG: this_process(), **ends, **(tags or {})},
            raise_on_error=False,
        )
    except dg.DagsterExecutionInterruptedError:  # its own name for Ctrl-C
        raise KeyboardInterrupt from None
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    told = [
        f"{check.partition or 'input'}: {check.asset_key.path[-1]}: {check.check_name}: "
        f"{check.description or ''}{_rows(check)}"
        for check in failed
    ]
    if result.success:
        return told
    faults = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    if not faults or any(error is None or error.cls_name != BY_CHECK for error in faults):
        raise _cause(result, job, " to ".join(dict.fromkeys((*of[:1], *of[-1:]))))
    blocking = [
        t
        for t, check in zip(told, failed, strict=True)
        if check.severity.name == "ERROR" and check.check_name not in (*ALARM_CHECKS, *TOLD_ONLY)
    ]
    if not blocking:
        return told  # of alarms: labels are held back when they are published; later batches go on
    also = [f"also: {t.partition(LINE)[0]}" for t in told if t not in blocking]
    raise BlockedError("a blocking check failed:\n  " + "\n  ".join([*blocking, *also]))


def in_runs(todo: Sequence[str], known: Sequence[str]) -> list[list[str]]:
    """Part batches into those that one run takes: neighbours in Dagster's list, not too many.

    Examples
    --------
    >>> in_runs(["a", "b", "d"], ["a", "b", "c", "d"])
    [['a', 'b'], ['d']]
    """
    place = {batch: n for n, batch in enumerate(known)}
    runs: list[list[str]] = []
    for batch in todo:
        before = runs[-1] if runs else []
        follows = bool(before) and place[batch] == place[before[-1]] + 1
        if follows and len(before) < MOST_BATCHES:
            before.append(batch)
        else:
            runs.append([batch])
    return runs


def _rows(check: Any) -> str:
    which = check.metadata.get("which")
    return f"\n{which.value}" if which is not None else ""


def _cause(result: dg.ExecuteInProcessResult, job: str, batch: str) -> BaseException:
    """Return what ended the run: Ctrl-C, a user's error in its own words, or a bug with its traceback."""
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            if error is None:
                break
            chain = [
                error
            ]  # from Dagster's own to what began it; who speaks to the user first, says more
            while (cause := chain[-1].cause) is not None:
                chain.append(cause)
            if any(e.cls_name == dg.DagsterExecutionInterruptedError.__name__ for e in chain):
                return KeyboardInterrupt()
            users = _user_errors(LabelingError)
            for told in chain:
                if told.cls_name in users:
                    return TaskError(told.message.strip().partition(": ")[2])
            error = chain[-1]
            message = error.message.strip()
            return RuntimeError(f"step {event.step_key} failed: {message}\n{''.join(error.stack)}")
    return RuntimeError(f"{job} failed{f' of {batch}' if batch else ''} before any step began")


def _user_errors(kind: type[Exception]) -> set[str | None]:
    """Names of an exception class and of everything derived from it."""
    return {kind.__name__}.union(*(_user_errors(derived) for derived in kind.__subclasses__()))
