"""Which runs some process works on, and an end to those that were lost with theirs."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from resources.dagster.machines.database import Database
from resources.dagster.machines.signs import RUN, holders, number
from resources.dagster.tags import LAUNCHED_TAG, LOST_TAG, PROCESS_TAG, TASK_TAG
from resources.processes import is_alive

UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
"""States of a run that is waiting or under way."""

BEGINNING = (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING)
"""States of a run whose process may not have come to its first word."""

DAEMON_SILENT_S = 300.0
"""Without a sign of life for so long, the daemon and what it launched are gone."""

BEGIN_S = 300.0
"""How long a run that was launched on any machine may take to its first word, in seconds."""

AGAIN_S = 3.0
"""After how long a silent run is looked at again, in seconds: between its first word and its sign, and
while a line that was cut is laid anew, it only seems lost."""


def unfinished_runs(instance: dg.DagsterInstance, task: str | None = None) -> list[dg.DagsterRun]:
    """Return runs that wait or are under way, of one task or of all."""
    return [record.dagster_run for record in _unfinished(instance, task)]


def end_lost_runs(
    instance: dg.DagsterInstance, task: str | None = None, *, launched: bool | None = None
) -> list[str]:
    """Mark runs as failed whose process is gone, and return their ids.

    A run whose process was killed stays "started" for ever, and all later runs of its task would
    wait for it.

    Parameters
    ----------
    instance : DagsterInstance
    task : str, optional
        Only runs of this task.
    launched : bool, optional
        Whether runs that a daemon launched are lost too: where none is alive, which is looked up
        unless it is said. In an instance that machines share, each run has its own sign of life,
        and this is not asked.
    """
    lost = _silent(instance, task, launched)
    if lost and Database.of(instance) is not None:
        time.sleep(AGAIN_S)
        again = _silent(instance, task, launched)
        lost = {run_id: run for run_id, run in again.items() if run_id in lost}
    for run in lost.values():
        instance.add_run_tags(run.run_id, {LOST_TAG: "true"})
        instance.report_run_failed(run, "The process that worked on this run was ended.")
    return list(lost)


def living_runs(instance: dg.DagsterInstance, task: str) -> list[str]:
    """Return the ids of a task's runs that some process works on now, or is about to."""
    silent = _silent(instance, task, launched=False)
    return [
        run.run_id
        for run in unfinished_runs(instance, task)
        if run.run_id not in silent and run.status is not dg.DagsterRunStatus.QUEUED
    ]


def _silent(
    instance: dg.DagsterInstance, task: str | None, launched: bool | None
) -> dict[str, dg.DagsterRun]:
    """Return runs under way that nobody gives a sign of, by id."""
    records = [
        record
        for record in _unfinished(instance, task)
        if record.dagster_run.status is not dg.DagsterRunStatus.QUEUED
    ]
    if not records:
        return {}
    database = Database.of(instance)
    if database is None:
        of_daemon = not daemon_lives(instance) if launched is None else launched
        silent = [one.dagster_run for one in records if not _lives_here(one, of_daemon)]
    else:
        signs = holders(database, RUN)
        silent = [
            record.dagster_run
            for record in records
            if number(record.dagster_run.run_id) not in signs and not _begins(record)
        ]
    return {run.run_id: run for run in silent}


def _lives_here(record: dg.RunRecord, launched_are_lost: bool) -> bool:
    tags = record.dagster_run.tags
    if LAUNCHED_TAG in tags:
        return not launched_are_lost
    if PROCESS_TAG in tags:
        return is_alive(tags[PROCESS_TAG])
    return not launched_are_lost and _begins(record)


def _begins(record: dg.RunRecord) -> bool:
    """Whether a run is so young that its process may still be on its way."""
    return record.dagster_run.status in BEGINNING and datetime.now(
        UTC
    ) - record.update_timestamp < timedelta(seconds=BEGIN_S)


def _unfinished(instance: dg.DagsterInstance, task: str | None) -> Sequence[dg.RunRecord]:
    tags = {} if task is None else {TASK_TAG: task}
    return instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED, tags=tags))


def daemon_lives(instance: dg.DagsterInstance) -> bool:
    """Whether any part of a daemon gave a sign of life within :data:`DAEMON_SILENT_S`."""
    since = time.time() - DAEMON_SILENT_S
    return any(beat.timestamp >= since for beat in instance.get_daemon_heartbeats().values())


def daemon_answers(instance: dg.DagsterInstance, since: float) -> bool:
    """Whether every part of the daemon gave a sign of life after ``since`` (seconds since 1970)."""
    beats = instance.get_daemon_heartbeats()
    return all(
        name in beats and beats[name].timestamp >= since
        for name in instance.get_required_daemon_types()
    )
