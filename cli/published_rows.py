"""Rows of what a task has published, for commands that tell of it; empty where nothing is."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from labeling.counted import counted
from resources.task.task import Task

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def published_quality(task: Task) -> list[dict[str, Any]]:
    """Return a row a batch, in the order of time."""
    return sorted(published(task, "quality_by_batch"), key=lambda row: row["batch"])


def newest(task: Task, name: str, columns: tuple[str, ...]) -> dict[str, Any] | None:
    """Columns of the newest batch's row in a published file; ``None`` where there is none."""
    rows = published(task, name)
    if not rows:
        return None
    row = max(rows, key=lambda one: one["batch"])
    return {column: row[column] for column in columns}


def guarantee(task: Task) -> dict[str, Any] | None:
    """What the newest batch's guarantee of a cascade stands on; ``None`` where no prompt gives one."""
    columns = (
        "batch",
        "voter",
        "target",
        "risk",
        "proven",
        "gold",
        "asked",
        "spared",
        "saved_usd",
        "told",
    )
    return newest(task, "guarantees", columns)


def guarantee_in_words(row: Mapping[str, Any]) -> str:
    """Say what :func:`guarantee` returned, and what it saved."""
    saved = f"; {row['spared']} not asked, about ${row['saved_usd']:.4f} saved"
    return f"{row['voter']}: {row['told']}{saved if row['spared'] else ''}"


def spans(task: Task) -> dict[str, Any] | None:
    """Precision, recall and F1 of all spans over all batches; ``None`` where none was reviewed."""
    names = [f"{n}{end}" for n in ("precision", "recall", "f1") for end in ("", "_low", "_high")]
    whole = (
        {name: row[name] for name in ("reviewed", *names)}
        for row in published(task, "class_report")
        if task.kind.marks_text and (row["span"], row["class"]) == ("all", "(micro)")
    )
    return next((row for row in whole if row["f1"] is not None), None)


def spans_in_words(found: dict[str, Any]) -> str:
    """Say figures of spans in one line."""
    told = ", ".join(
        f"{name} {found[key]:.1%} ({found[f'{key}_low']:.1%} to {found[f'{key}_high']:.1%})"
        for name, key in (("precision", "precision"), ("recall", "recall"), ("F1", "f1"))
        if found[key] is not None
    )
    return f"{told}, on {counted(found['reviewed'], 'text')}"


def canary(task: Task) -> list[dict[str, Any]]:
    """Each voter's newest round of the canary."""
    rows = sorted(published(task, "canary"), key=lambda row: (row["asked_at"], row["round"]))
    names = ("voter", "asked_at", "batch", "changed", "fingerprint_changed", "why", "verdict")
    newest = {row["voter"]: {name: row[name] for name in names} for row in rows}
    return list(newest.values())


def switches(task: Task) -> dict[str, str] | None:
    """What the newest student uses, and the evidence, in words."""
    rows = published(task, "student_switches")
    newest = max((row["batch"] for row in rows), default=None)
    return {row["switch"]: row["told"] for row in rows if row["batch"] == newest} or None


def published(task: Task, name: str) -> list[dict[str, Any]]:
    """Return the rows of a published file; times are of UTC, as they are published."""
    path = task.published / f"{name}.parquet"
    if not path.is_file():
        return []
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.ParquetFile(path).read()
    times = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
    rows = table.drop_columns(times).to_pylist()
    for time in times:  # pyarrow imports pandas to tell a time, which takes longer than the rest
        micros = table[time].cast(pa.timestamp("us")).cast(pa.int64()).to_pylist()
        for row, since in zip(rows, micros, strict=True):
            row[time] = None if since is None else EPOCH + timedelta(microseconds=since)
    return rows


def last_accuracy(quality: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the newest measured accuracy among rows of the published quality; ``None`` without one."""
    measured = [row for row in quality if row["accuracy"] is not None]
    if not measured:
        return None
    return {n: measured[-1][n] for n in ("batch", "accuracy", "accuracy_low", "accuracy_high")}
