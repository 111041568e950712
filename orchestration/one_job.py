"""Run one job in this process, and say in plain words what went wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)
from dagster._core.utils import make_new_run_id

from expectations.alarm import ALARM_CHECKS
from expectations.canary import TOLD_ONLY
from labeling.errors import LabelingError
from orchestration.jobs import QUIET
from resources.dagster.machines.signs import run_sign
from resources.dagster.tags import PROCESS_TAG
from resources.processes import this_process
from resources.task.errors import BlockedError, TaskError

BY_CHECK = "DagsterAssetCheckFailedError"
"""What ends a step because of a check that blocks."""


def run_job(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    batch: str | Sequence[str] | None,
    tags: Mapping[str, str] | None = None,
    only: Sequence[dg.AssetKey] | None = None,
) -> list[str]:
    """Run one job in this process; return warnings, raise what went wrong in plain words.

    Several batches are the ends of a range of Dagster's; none, or ``None``, is a job of no batch.
    ``only`` are assets of the job that are made, of all without it.
    """
    of = [batch] if isinstance(batch, str) else list(batch or ())
    ends = (
        {ASSET_PARTITION_RANGE_START_TAG: of[0], ASSET_PARTITION_RANGE_END_TAG: of[-1]}
        if of[1:]
        else {}
    )
    run_id = make_new_run_id()
    try:
        with run_sign(instance, run_id):
            result = defs.resolve_job_def(job).execute_in_process(
                partition_key=of[0] if len(of) == 1 else None,
                instance=instance,
                run_config=QUIET,
                tags={PROCESS_TAG: this_process(), **ends, **(tags or {})},
                raise_on_error=False,
                asset_selection=only,
                run_id=run_id,
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
    also = [f"also: {t.splitlines()[0]}" for t in told if t not in blocking]
    raise BlockedError("a blocking check failed:\n  " + "\n  ".join([*blocking, *also]))


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
