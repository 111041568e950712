"""What can be started by hand, by the clock or by a sensor."""

from typing import Any

import dagster as dg

from resources.dagster.instance import TASK_TAG
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
    of_batch = items | dg.AssetSelection.groups(*BATCH_GROUPS)
    reviews = dg.AssetSelection.assets(*([task.name, *table] for table in REVIEW_TABLES))
    published = dg.AssetSelection.groups("staging", "marts", "published")
    panel = dg.AssetSelection.assets([task.name, "quality", "canary"])
    return [
        dg.define_asset_job(
            f"{task.name}_land",
            selection=arrivals
            | dg.AssetSelection.checks_for_assets([task.name, "raw", "arrivals"]),
            tags={TASK_TAG: task.name},
            description="Read new and changed files.",
        ),
        dg.define_asset_job(
            f"{task.name}_label",
            selection=of_batch,
            tags={TASK_TAG: task.name},
            description="Label one batch: votes, consensus, student, samples, reviews, quality.",
        ),
        dg.define_asset_job(
            f"{task.name}_measure",
            selection=reviews,
            tags={TASK_TAG: task.name},
            description="Read new reviews of one batch and measure it anew.",
        ),
        dg.define_asset_job(
            f"{task.name}_publish",
            selection=published,
            tags={TASK_TAG: task.name},
            description="Build the marts in one dbt call, publish Parquet, report and MLflow runs.",
        ),
        dg.define_asset_job(
            f"{task.name}_ask_canary",
            selection=panel,
            tags={TASK_TAG: task.name},
            description="Ask the canary at this moment: did a model change? No new batch is needed.",
        ),
    ]
