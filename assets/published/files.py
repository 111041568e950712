"""Results for anybody to read at any time: Parquet files that are replaced as a whole."""

import os

import dagster as dg

from assets.reading.fired import held_since
from resources.dagster.conditions import fresh_within_two_batches, when_batches_settle
from resources.store.given import GivenWarehouse
from resources.store.published import marts
from resources.store.published import published as every_file
from resources.store.queries import query
from resources.store.tables import (
    ANSWERS_ASIDE,
    DRIFT,
    QUALITY_BY_BATCH,
    SET_ASIDE,
    VOTER_SCORECARD,
)
from resources.task.task import Task

QUERIES = {
    SET_ASIDE: query("landing.set_aside.by_reason").sql,
    ANSWERS_ASIDE: query("landing.other_texts.by_batch").sql,
    QUALITY_BY_BATCH: query("published.figures.quality_by_batch").sql,
    VOTER_SCORECARD: query("published.figures.voter_scorecard").sql,
}
"""What gives the rows of files that are no tables."""

RETIRED = ("class_quality",)
"""Files of an earlier version that would tell old figures."""


def published(task: Task) -> dg.AssetsDefinition:
    """Declare the published files of ``task``."""

    @dg.asset(
        key=[task.name, "published", "parquet"],
        group_name="published",
        kinds={"parquet"},
        owners=[f"team:{task.spec.owner}"],
        deps=dict.fromkeys(
            one.asset(task.name) for one in (*every_file().values(), *marts(), DRIFT)
        ),
        metadata={f"{name}.parquet": one.dagster_schema for name, one in every_file().items()},
        automation_condition=when_batches_settle(task.name),
        freshness_policy=fresh_within_two_batches(task.spec.batch.every),
    )
    def published(warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """Each published table as a Parquet file; readers see the old file or the new one, never half of it.

        Where task.yaml says so, labels since the change are held back while their alarm is open.
        """
        task.published.mkdir(parents=True, exist_ok=True)
        sizes: dict[str, int] = {}
        held = held_since(task, warehouse)
        with warehouse.connect() as db:
            for name, table in every_file().items():
                path = task.published / f"{name}.parquet"
                unfinished = path.with_suffix(f".{os.getpid()}.tmp")
                before = held if name == "labels" else None
                db.publish(table, unfinished, QUERIES.get(table), before)
                unfinished.replace(path)
                sizes[name] = path.stat().st_size
        for name in RETIRED:
            (task.published / f"{name}.parquet").unlink(missing_ok=True)
        return dg.MaterializeResult(
            metadata={
                "folder": dg.MetadataValue.path(task.published),
                "labels_held_since": held or "none",
                **{f"{name}_bytes": size for name, size in sizes.items()},
            }
        )

    return published
