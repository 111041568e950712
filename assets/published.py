"""Results for anybody to read at any time: Parquet files that are replaced as a whole."""

import os
from pathlib import Path

import dagster as dg

from orchestration.conditions import fresh_within_two_batches, when_batches_settle
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task

PUBLISHED = {
    "labels": ("marts", "labels"),
    "votes": ("marts", "votes"),
    "voter_scorecard": ("marts", "voter_scorecard"),
    "label_distribution": ("marts", "label_distribution"),
    "class_quality": ("marts", "class_quality"),
    "quality_by_batch": ("marts", "quality_by_batch"),
    "rule_analysis": ("quality", "rule_analysis"),
    "early_warnings": ("quality", "early_warnings"),
}
"""File to schema and table."""


def published(task: Task) -> dg.AssetsDefinition:
    """Declare the published files of ``task``."""

    @dg.asset(
        key=[task.name, "published", "parquet"],
        group_name="published",
        kinds={"parquet"},
        owners=[f"team:{task.spec.owner}"],
        deps=[dg.AssetKey([task.name, *table]) for table in PUBLISHED.values()],
        automation_condition=when_batches_settle(task.name),
        freshness_policy=fresh_within_two_batches(task.spec.batch.every),
    )
    def published(warehouse: Warehouse) -> dg.MaterializeResult:
        """Each mart as a Parquet file; readers see the old file or the new one, never half of it."""
        task.published.mkdir(parents=True, exist_ok=True)
        sizes: dict[str, int] = {}
        with warehouse.connect() as db:
            for mart, table in PUBLISHED.items():
                path = task.published / f"{mart}.parquet"
                unfinished = path.with_suffix(f".{os.getpid()}.tmp")
                db.execute(
                    f"copy (from {'.'.join(table)}) to {_quoted(unfinished)} (format parquet)"
                )
                unfinished.replace(path)
                sizes[mart] = path.stat().st_size
        return dg.MaterializeResult(
            metadata={
                "folder": dg.MetadataValue.path(task.published),
                **{f"{mart}_bytes": size for mart, size in sizes.items()},
            }
        )

    return published


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
