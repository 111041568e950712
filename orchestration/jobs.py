"""What can be started by hand, by the clock or by a sensor."""

from typing import Any

import dagster as dg

from resources.dagster.tags import TASK_TAG
from resources.task.task import Task

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Run configuration of runs whose progress is shown elsewhere."""

BATCH_GROUPS = ("votes", "labels", "people", "quality")
REVIEW_TABLES = (
    ("people", "audit_sample"),
    ("people", "reviews"),
    ("people", "gold"),
    ("quality", "accuracy"),
    ("quality", "drift"),
)


def jobs(task: Task) -> list[Any]:
    """Build the jobs of ``task``: land, label one batch, read its reviews, publish, ask the canary."""
    arrivals = dg.AssetSelection.assets([task.name, "raw", "arrivals"])
    items = dg.AssetSelection.assets([task.name, "raw", "items"])
    made: tuple[tuple[str, dg.AssetSelection, str], ...] = (
        (
            "land",
            arrivals | dg.AssetSelection.checks_for_assets([task.name, "raw", "arrivals"]),
            "Read new and changed files.",
        ),
        (
            "label",
            items | dg.AssetSelection.groups(*BATCH_GROUPS),
            "Label one batch: votes, consensus, student, samples, reviews, quality.",
        ),
        (
            "measure",
            dg.AssetSelection.assets(*([task.name, *table] for table in REVIEW_TABLES)),
            "Read new reviews of one batch and measure it anew.",
        ),
        (
            "publish",
            dg.AssetSelection.groups("staging", "marts", "published"),
            "Build the marts in one dbt call, publish Parquet, report and MLflow runs.",
        ),
        (
            "ask_canary",
            dg.AssetSelection.assets([task.name, "quality", "canary"]),
            "Ask the canary at this moment: did a model change? No new batch is needed.",
        ),
    )
    return [
        dg.define_asset_job(
            f"{task.name}_{name}",
            selection=selection,
            tags={TASK_TAG: task.name},
            description=description,
        )
        for name, selection, description in made
    ]
