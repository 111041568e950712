"""Dagster's own storage for this project: runs, events, partitions, schedules."""

import logging
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from filelock import FileLock

from resources.dagster.living import living_runs
from resources.dagster.machines.database import Database
from resources.dagster.machines.signs import MAKING, holding
from resources.dagster.settings import HISTORY, postgres_of, read_settings
from resources.dagster.tags import TASK_TAG
from resources.environment import var_folder
from resources.task.task import Task

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


IN_POSTGRES = {"module": "resources.dagster.machines.storage", "class": "Storage"}
NOT_KEPT = {
    "module": "dagster._core.storage.noop_compute_log_manager",
    "class": "NoOpComputeLogManager",
}
"""What steps print: kept in files, it would be written to the place that the daemon's machine has for it."""


def dagster_home(var: Path, project: Path | None = None) -> Path:
    """Return the folder that DAGSTER_HOME points to, with its ``dagster.yaml`` written.

    Parameters
    ----------
    var : Path
        Where everything that is made lives.
    project : Path, optional
        Whose ``dagster.yaml`` is asked for more; nothing is without it.
    """
    return _configured(var / "dagster", {} if project is None else read_settings(project))


def _configured(home: Path, settings: Mapping[str, Any]) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    events = {**EVENT_LOG, "config": {"base_dir": str(home.absolute() / HISTORY / "runs")}}
    postgres = postgres_of(settings)
    kept = (
        {"event_log_storage": events}
        if postgres is None
        else {"storage": {"custom": {**IN_POSTGRES, "config": postgres}}}
    )
    apart = {} if postgres is None else {"compute_logs": NOT_KEPT}
    text = yaml.safe_dump({**CONFIG, **apart, **settings, **kept}, sort_keys=False)
    path = home / "dagster.yaml"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        beside = path.with_suffix(f".{time.monotonic_ns()}.part")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    return home


def instance_of(task: Task) -> dg.DagsterInstance:
    """Open the instance that holds the runs of a task."""
    return open_instance(task.var.parent, task.project)


def ready_home(project: Path) -> Path:
    """Make the instance of a project where there is none, and return its folder."""
    var = var_folder(project)
    with open_instance(var, project):
        return var / "dagster"


def under_way(task: Task) -> list[str]:
    """Return the ids of a task's runs that some process works on now."""
    if not (task.var.parent / "dagster").is_dir() and Database.of_project(task.project) is None:
        return []
    with instance_of(task) as instance:
        return living_runs(instance, task.name)


def open_instance(var: Path, project: Path | None = None) -> dg.DagsterInstance:
    """Open the instance under ``var``, or where ``project`` says; made first if there is none.

    Raises
    ------
    TaskError
        If ``dagster.yaml`` of the project is wrong, or its database cannot be used.
    """
    home = dagster_home(var, project)
    database = None if project is None else Database.of_project(project)
    if database is not None:
        return _open_shared(home, database)
    if not (home / HISTORY).is_dir():
        with FileLock(home / "first_opening.lock"):
            if not (home / HISTORY).is_dir():
                _make(home)
    return dg.DagsterInstance.from_config(str(home))


def keep_retries_quiet() -> None:
    """Say nothing of Dagster's retries of a connection: what they come to is told, in our words.

    They go to the root logger, which has Python set up that logger for good, to tell whatever any package notes.
    """
    root = logging.getLogger()
    if not root.handlers and logging.lastResort is not None:
        root.addHandler(logging.lastResort)
    root.addFilter(_is_no_retry)


def _is_no_retry(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Retrying failed database")


def _open_shared(home: Path, database: Database) -> dg.DagsterInstance:
    keep_retries_quiet()
    if database.check():
        return dg.DagsterInstance.from_config(str(home))
    with holding(database, MAKING, "tables"), database.making():
        instance = dg.DagsterInstance.from_config(str(home))
        database.finish(instance)
    return instance


def _make(home: Path) -> None:
    """Make the files of an instance apart, and put them where they belong once they are whole.

    Dagster makes tables and stamps their version step by step: two that do so at once, or one that
    is killed between, leave files that open no more.
    """
    part = home / "part"
    shutil.rmtree(part, ignore_errors=True)
    with dg.DagsterInstance.from_config(str(_configured(part, {}))) as instance:
        instance.get_runs_count()
        instance.get_dynamic_partitions("none")
        instance.all_instigator_state()
    for folder in sorted(
        (p for p in part.iterdir() if p.is_dir()), key=lambda p: p.name == HISTORY
    ):
        shutil.rmtree(home / folder.name, ignore_errors=True)
        folder.rename(home / folder.name)
    shutil.rmtree(part)
