"""``touchstone estimate``: accuracy with valid intervals out of a file of reviews."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.options import AsJson
from labeling.counted import counted
from labeling.quality.review_estimate import Estimate, Estimates
from labeling.quality.review_estimate import estimate as estimate_accuracy
from labeling.quality.review_table import read_reviews

MAX_LISTED = 60
"""Rows of a table that are printed; ``--json`` has all of them."""

EXAMPLES = (
    "estimate reviews.csv --window 4",
    "estimate reviews.csv --level 0.9 --json",
)


def estimate(
    reviews: Annotated[
        Path,
        typer.Argument(
            metavar="REVIEWS",
            help="csv, jsonl or parquet: batch, and correct or label and gold; optional item, weight or "
            "probability, posterior. A row without an answer is an item not reviewed.",
        ),
    ],
    window: Annotated[
        int,
        typer.Option(
            min=0, help="Estimate also over a sliding window of so many batches; 0 for none."
        ),
    ] = 0,
    level: Annotated[
        float, typer.Option(help="Share of samples whose interval holds the accuracy.")
    ] = 0.95,
    as_json: AsJson = False,
) -> None:
    """Estimate accuracy overall, by batch and by class, each with an interval."""
    found = estimate_accuracy(read_reviews(reviews), window, level)
    if as_json:
        typer.echo(json.dumps(_as_json(found, level)))
        return
    console = Console()
    console.print(_table("Accuracy", [found.overall, *found.batches], level))
    if found.windows:
        console.print(_table(f"Over {window} batches", found.windows, level))
    if found.classes:
        console.print(_table("Precision of each class", found.classes, level))
    if found.dropped:
        console.print(
            counted(
                found.dropped,
                "review of weight 0 stands for no item and was left out.",
                "reviews of weight 0 stand for no item and were left out.",
            )
        )
    for warning in found.warnings:
        console.print(f"[yellow]Warning:[/yellow] {escape(warning)}")


def _table(title: str, rows: list[Estimate], level: float) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("", "accuracy", f"{level:.0%} interval", "reviewed", "errors", "method"):
        numeric = name in ("accuracy", "reviewed", "errors")
        table.add_column(name, justify="right" if numeric else "left")
    for row in rows[:MAX_LISTED]:
        interval = row.interval
        table.add_row(
            escape(row.name),
            f"{interval.point:.1%}" if interval.measured else "unknown",
            f"{interval.low:.1%} .. {interval.high:.1%}",
            str(row.reviewed) + (f" (+{row.unsettled} unsettled)" if row.unsettled else ""),
            str(row.errors),
            row.method,
        )
    if len(rows) > MAX_LISTED:
        table.caption = f"{len(rows) - MAX_LISTED} more rows with --json"
    return table


def _as_json(found: Estimates, level: float) -> dict[str, Any]:
    return {
        "level": level,
        "overall": _row(found.overall),
        "batches": [_row(row) for row in found.batches],
        "windows": [_row(row) for row in found.windows],
        "classes": [_row(row) for row in found.classes],
        "posterior": {"proven": found.gain.proven, "auc": _number(found.gain.auc)},
        "weight_zero_dropped": found.dropped,
        "warnings": list(found.warnings),
    }


def _row(row: Estimate) -> dict[str, Any]:
    fields = asdict(row)
    interval = fields.pop("interval")
    return fields | {
        "accuracy": _number(interval["point"]),
        "low": interval["low"],
        "high": interval["high"],
    }


def _number(value: float) -> float | None:
    """Return None for what was not measured: JSON has no NaN."""
    return None if math.isnan(value) else value
