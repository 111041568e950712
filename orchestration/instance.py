"""Dagster's own storage for this project: runs, events, partitions, schedules."""

from pathlib import Path

import dagster as dg
import yaml

TASK_TAG = "touchstone/task"
"""Tag of every run; runs of one task wait for each other, those of different tasks do not."""

CONFIG = {
    "telemetry": {"enabled": False},
    "concurrency": {
        "pools": {"default_limit": 1},
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


def dagster_home(var: Path) -> Path:
    """Return the folder that DAGSTER_HOME points to, with its ``dagster.yaml`` written."""
    home = var / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(CONFIG, sort_keys=False)
    path = home / "dagster.yaml"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return home


def open_instance(var: Path) -> dg.DagsterInstance:
    """Open the instance under ``var``."""
    return dg.DagsterInstance.from_config(str(dagster_home(var)))
