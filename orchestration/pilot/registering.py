"""What a pilot tried, told to MLflow's registry of prompts."""

from collections.abc import Sequence
from typing import Any

from labeling.counted import counted
from orchestration.pilot.standing import Standing
from resources.task.errors import TaskError
from resources.task.task import Task
from resources.tracking.prompt_registry import Tried, register_prompts

FIGURES = (
    "items",
    "reviewed",
    "accuracy",
    "low",
    "high",
    "ahead",
    "ahead_low",
    "ahead_high",
    "silent",
    "usd_an_item",
    "p95_s",
    "remaining",
)
"""What of a candidate's row stands beside its text, where it is known."""


def register(task: Task, standing: Standing, rows: Sequence[dict[str, Any]]) -> str:
    """Tell the registry each candidate that was reviewed, with its figures, and which are promoted; return why that failed, if it did.

    ``rows`` are those of :func:`~orchestration.pilot.figures.rows_of`.

    A pilot goes on without MLflow; the next call tells what this one could not.
    """
    by_version = {row["version"]: row for row in rows}
    simulated = {} if task.spec.demo.simulated is None else {"simulated": "true"}
    tried = [
        Tried(one, _figures(by_version[one.version]) | simulated, at < standing.promoted)
        for at, one in enumerate(standing.candidates)
        if at < standing.promoted or standing.told.reviewed[at] > 0
    ]
    try:
        register_prompts(task, tried)
    except TaskError as error:
        return str(error)
    return ""


def _figures(row: dict[str, Any]) -> dict[str, str]:
    """Return the figures as tags; MLflow's page shows the first ones at once, so people's come first."""
    accuracy, low, high = (f"{row[name]:.1%}" for name in ("accuracy", "low", "high"))
    told = f"accuracy {accuracy} ({low} to {high}), {counted(row['reviewed'], 'review')}"
    return {"pilot": told} | {
        f"pilot.{name}": _told(row[name]) for name in FIGURES if row[name] is not None
    }


def _told(value: float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:.6g}"
