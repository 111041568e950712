"""Dagster's own storage for this project: runs, events, partitions, schedules."""

import shutil
import time
from pathlib import Path

import dagster as dg
import yaml
from filelock import FileLock

from resources.dagster.last_run import HISTORY
from resources.dagster.tags import LAUNCHED_TAG, PROCESS_TAG, TASK_TAG
from resources.processes import is_alive

UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
"""States of a run that is waiting or under way."""

CONFIG = {
    "telemetry": {"enabled": False},
    "concurrency": {
        "runs": {
            "max_concurrent_runs": 4,
            "tag_concurrency_limits": [
                {"key": TASK_TAG, "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
            ],
        },
    },
    "freshness": {"enabled": True},
    "nux": {"enabled": False},
}

EVENT_LOG = {"module": "resources.dagster.event_log", "class": "EventLog"}
"""By name: importing it takes half a second, and code locations never open the log."""


DAEMON_SILENT_S = 300.0
"""Without a sign of life for so long, the daemon and what it launched are gone."""


def dagster_home(var: Path) -> Path:
    """Return the folder that DAGSTER_HOME points to, with its ``dagster.yaml`` written."""
    return _configured(var / "dagster")


def _configured(home: Path) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    events = {**EVENT_LOG, "config": {"base_dir": str(home.absolute() / HISTORY / "runs")}}
    text = yaml.safe_dump({**CONFIG, "event_log_storage": events}, sort_keys=False)
    path = home / "dagster.yaml"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        beside = path.with_suffix(f".{time.monotonic_ns()}.part")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    return home


def open_instance(var: Path) -> dg.DagsterInstance:
    """Open the instance under ``var``, made first if there is none."""
    home = dagster_home(var)
    if not (home / HISTORY).is_dir():
        with FileLock(home / "first_opening.lock"):
            if not (home / HISTORY).is_dir():
                _make(home)
    return dg.DagsterInstance.from_config(str(home))


def _make(home: Path) -> None:
    """Make the files of an instance apart, and put them where they belong once they are whole.

    Dagster makes tables and stamps their version step by step: two that do so at once, or one that
    is killed between, leave files that open no more.
    """
    part = home / "part"
    shutil.rmtree(part, ignore_errors=True)
    with dg.DagsterInstance.from_config(str(_configured(part))) as instance:
        instance.get_runs_count()
        instance.get_dynamic_partitions("none")
        instance.all_instigator_state()
    for folder in sorted(
        (p for p in part.iterdir() if p.is_dir()), key=lambda p: p.name == HISTORY
    ):
        shutil.rmtree(home / folder.name, ignore_errors=True)
        folder.rename(home / folder.name)
    shutil.rmtree(part)


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
        unless it is said.
    """
    if launched is None:
        launched = not daemon_lives(instance)
    lost = [
        run
        for run in unfinished_runs(instance, task)
        if run.status is not dg.DagsterRunStatus.QUEUED
        and (launched if LAUNCHED_TAG in run.tags else not is_alive(run.tags.get(PROCESS_TAG)))
    ]
    for run in lost:
        instance.report_run_failed(run, "The process that worked on this run was ended.")
    return [run.run_id for run in lost]


def under_way(var: Path, task: str) -> list[str]:
    """Return the ids of a task's runs that some process works on now."""
    if not (var / "dagster").is_dir():
        return []
    with open_instance(var) as instance:
        return [
            run.run_id
            for run in unfinished_runs(instance, task)
            if LAUNCHED_TAG in run.tags or is_alive(run.tags.get(PROCESS_TAG))
        ]


def unfinished_runs(instance: dg.DagsterInstance, task: str | None = None) -> list[dg.DagsterRun]:
    """Return runs that wait or are under way, of one task or of all."""
    tags = {} if task is None else {TASK_TAG: task}
    return list(instance.get_runs(dg.RunsFilter(statuses=UNFINISHED, tags=tags)))


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
