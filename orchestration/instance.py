"""Dagster's own storage for this project: runs, events, partitions, schedules."""

import os
from pathlib import Path

import dagster as dg
import yaml

TASK_TAG = "touchstone/task"
"""Tag of every run; runs of one task wait for each other, those of different tasks do not."""

PROCESS_TAG = "touchstone/process"
"""Tag of runs that a command runs in its own process: that process's id."""

PARTITION_NAME_TAG = "dagster/partition"
"""Tag that Dagster gives to runs of one batch."""

LAUNCHED_TAG = ".dagster/grpc_info"
"""Tag that Dagster gives to runs launched by its daemon."""

ROUND_TAG = "touchstone/canary-round"
"""Tag of a run that asks the canary at this moment, not as part of a batch: the round's name."""

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

EVENT_LOG = {"module": "orchestration.event_log", "class": "EventLog"}
"""By name: importing it takes half a second, and code locations never open the log."""


def dagster_home(var: Path) -> Path:
    """Return the folder that DAGSTER_HOME points to, with its ``dagster.yaml`` written."""
    home = var / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    events = {**EVENT_LOG, "config": {"base_dir": str(home.absolute() / "history" / "runs")}}
    text = yaml.safe_dump({**CONFIG, "event_log_storage": events}, sort_keys=False)
    path = home / "dagster.yaml"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return home


def open_instance(var: Path) -> dg.DagsterInstance:
    """Open the instance under ``var``."""
    return dg.DagsterInstance.from_config(str(dagster_home(var)))


def end_lost_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs as failed whose process is gone, and return their ids.

    A run whose process was killed stays "started" for ever, and all later runs of its task would
    wait for it. Call this while no daemon runs on the instance.
    """
    under_way = [s for s in UNFINISHED if s is not dg.DagsterRunStatus.QUEUED]
    lost = [
        run
        for run in instance.get_runs(dg.RunsFilter(statuses=under_way))
        if LAUNCHED_TAG in run.tags or not _is_alive(run.tags.get(PROCESS_TAG))
    ]
    for run in lost:
        instance.report_run_failed(run, "The process that worked on this run was ended.")
    return [run.run_id for run in lost]


def under_way(var: Path, task: str) -> list[str]:
    """Return the ids of a task's runs that some process works on now."""
    if not (var / "dagster").is_dir():
        return []
    wanted = dg.RunsFilter(tags={TASK_TAG: task}, statuses=UNFINISHED)
    with open_instance(var) as instance:
        return [
            run.run_id
            for run in instance.get_runs(wanted)
            if LAUNCHED_TAG in run.tags or _is_alive(run.tags.get(PROCESS_TAG))
        ]


def daemon_answers(instance: dg.DagsterInstance, since: float) -> bool:
    """Whether every part of the daemon gave a sign of life after ``since`` (seconds since 1970)."""
    beats = instance.get_daemon_heartbeats()
    return all(
        name in beats and beats[name].timestamp >= since
        for name in instance.get_required_daemon_types()
    )


def _is_alive(process: str | None) -> bool:
    if process is None:
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
