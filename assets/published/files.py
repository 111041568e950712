"""Results for anybody to read at any time: Parquet files that are replaced as a whole."""

import os
from pathlib import Path

import dagster as dg

from assets.landing.other_texts import BY_BATCH
from assets.landing.set_aside import BY_REASON
from assets.quality.alarms import held_since
from resources.dagster.conditions import fresh_within_two_batches, when_batches_settle
from resources.store.table import Table
from resources.store.tables import (
    AGREEMENT,
    ALARM_EVENTS,
    ALARM_ITEMS,
    ALARM_SLICES,
    CLASS_BALANCE,
    CLASS_REPORT,
    CONFUSION,
    CONSENSUS,
    CONSENSUS_CALIBRATION,
    DRIFT_SERIES,
    LABEL_MODEL,
    MISTAKES,
    NEW_WORDS,
    QUARANTINE,
    QUEUE_GAIN,
    RELIABILITY,
    REREVIEWS,
    REVIEWS,
    RULE_CHANGES,
    RULE_SUGGESTIONS,
    RULE_VOTES,
    SCORES,
    SHIFT_EXAMPLES,
    STUDENT_SWITCHES,
    STUDENT_VOTES,
    VOTER_BELIEFS,
    VOTER_CONFUSIONS,
    VOTER_PAIRS,
)
from resources.store.warehouse import Warehouse
from resources.task.task import Task

PUBLISHED = {
    "labels": ("marts", "labels"),
    "votes": ("marts", "votes"),
    "voter_scorecard": ("marts", "voter_scorecard"),
    "label_distribution": ("marts", "label_distribution"),
    "class_quality": ("marts", "class_quality"),
    "quality_by_batch": ("marts", "quality_by_batch"),
    "rule_analysis": ("quality", "rule_analysis"),
    "early_warnings": ("quality", "early_warnings"),
    "overall": ("quality", "overall"),
    "alarms": ("quality", "alarms"),
    "canary": ("quality", "canary"),
}
"""File to schema and table."""

BESIDE = (
    AGREEMENT, ALARM_EVENTS, ALARM_ITEMS, ALARM_SLICES, CLASS_REPORT, CONFUSION, DRIFT_SERIES,
    MISTAKES, NEW_WORDS, RELIABILITY, SCORES, SHIFT_EXAMPLES, LABEL_MODEL, CLASS_BALANCE, VOTER_BELIEFS,
    VOTER_CONFUSIONS, VOTER_PAIRS, CONSENSUS_CALIBRATION, STUDENT_SWITCHES, REREVIEWS,
    RULE_CHANGES, RULE_SUGGESTIONS, QUEUE_GAIN,
)  # fmt: skip
"""Published too: tables that an asset writes besides its own."""

UNPUBLISHED = ("state", "input")
"""Columns that only the detectors read."""

WRITERS = (CONSENSUS, STUDENT_VOTES, REREVIEWS, RULE_VOTES, QUEUE_GAIN)
"""Assets that write some of those, and are no marts."""


def published(task: Task) -> dg.AssetsDefinition:
    """Declare the published files of ``task``."""

    @dg.asset(
        key=[task.name, "published", "parquet"],
        group_name="published",
        kinds={"parquet"},
        owners=[f"team:{task.spec.owner}"],
        deps=[
            *(dg.AssetKey([task.name, *table]) for table in PUBLISHED.values()),
            *(table.key(task.name) for table in WRITERS),
        ],
        automation_condition=when_batches_settle(task.name),
        freshness_policy=fresh_within_two_batches(task.spec.batch.every),
    )
    def published(warehouse: Warehouse) -> dg.MaterializeResult:
        """Each mart as a Parquet file; readers see the old file or the new one, never half of it.

        Where task.yaml says so, labels since the change are held back while their alarm is open.
        """
        task.published.mkdir(parents=True, exist_ok=True)
        sizes: dict[str, int] = {}
        warehouse.ensure(*BESIDE, QUARANTINE, REVIEWS)
        files = {
            **{mart: ".".join(table) for mart, table in PUBLISHED.items()},
            **{table.name: _shown(table) for table in BESIDE},
            "set_aside": f"({BY_REASON})",
            "answers_aside": f"({BY_BATCH})",
        }
        held = held_since(task, warehouse)
        if held is not None:
            files["labels"] = f"(from marts.labels where batch < {_quoted(held)})"
        with warehouse.connect() as db:
            for mart, shown in files.items():
                path = task.published / f"{mart}.parquet"
                unfinished = path.with_suffix(f".{os.getpid()}.tmp")
                db.execute(f"copy (from {shown}) to {_quoted(unfinished)} (format parquet)")
                unfinished.replace(path)
                sizes[mart] = path.stat().st_size
        return dg.MaterializeResult(
            metadata={
                "folder": dg.MetadataValue.path(task.published),
                "labels_held_since": held or "none",
                **{f"{mart}_bytes": size for mart, size in sizes.items()},
            }
        )

    return published


def _shown(table: Table) -> str:
    columns = ", ".join(f'"{name}"' for name in table.columns if name not in UNPUBLISHED)
    return f"(select {columns} from {table.sql_name})"


def _quoted(text: Path | str) -> str:
    return "'" + str(text).replace("'", "''") + "'"
