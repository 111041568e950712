"""``touchstone drift``: alarms with a budget of false alarms out of a file of reviews."""

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.options import AsJson
from labeling.quality.family import MIN_REFERENCE, Budget
from labeling.quality.tables.drift import Drift
from labeling.quality.tables.drift import drift as find_drift
from labeling.quality.tables.table import read_reviews

NUMBERS = ("promise", "evidence", "limit")

EXAMPLES = (
    "drift reviews.csv --target 0.92 --check",
    "drift reviews.csv --reference 8 --batches 365 --false-alarms 0.01 --seed 1 --json",
)


def drift(
    reviews: Annotated[
        Path,
        typer.Argument(
            metavar="REVIEWS",
            help="csv, jsonl or parquet in time order: batch, and correct or label and gold; optional "
            "item, weight or probability.",
        ),
    ],
    target: Annotated[
        float | None,
        typer.Option(help="Accuracy that you promise.", show_default="that of the reference"),
    ] = None,
    reference: Annotated[
        int,
        typer.Option(
            min=0, help="So many first batches that were healthy, if nothing is promised."
        ),
    ] = 0,
    batches_a_year: Annotated[
        int,
        typer.Option(
            "--batches", min=1, help="Batches in the period that --false-alarms is about."
        ),
    ] = 52,
    false_alarms: Annotated[
        float, typer.Option(help="Probability of any false alarm in that period.")
    ] = 0.05,
    seed: Annotated[
        int, typer.Option(help="Seed of the order in which weighted reviews are taken.")
    ] = 0,
    check: Annotated[
        bool, typer.Option("--check", help="End with exit code 1 if an alarm stands.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell whether accuracy fell below its promise, since when, and on what evidence."""
    table = read_reviews(reviews)
    found = find_drift(table, Budget(batches_a_year, false_alarms), target, reference, seed)
    if as_json:
        typer.echo(json.dumps({**_as_json(found), "warnings": list(table.warnings)}))
    else:
        console = Console()
        _show(found, console)
        for warning in table.warnings:
            console.print(f"[yellow]Warning:[/yellow] {escape(warning)}")
    if check and found.alarms:
        raise typer.Exit(1)


def _show(found: Drift, console: Console) -> None:
    table = Table(title="Drift", title_justify="left")
    for name in ("series", "promise", "evidence", "limit", "alarm in", "change began about"):
        table.add_column(name, justify="right" if name in NUMBERS else "left")
    for series in found.family:
        rows, alarm = found.evidence[series.name], found.alarms.get(series.name)
        table.add_row(
            escape(series.name),
            f"{1 - series.target_error:.1%}",
            _evidence(max((row.log_evidence for row in rows), default=-math.inf)),
            f"{series.limit:,.0f}",
            escape(alarm.batch) if alarm else "none",
            escape(rows[-1].change_batch or "unknown") if alarm else "",
        )
    console.print(table)
    if found.reference:
        console.print(
            f"Targets come from {len(found.reference)} reference batches; with fewer than "
            f"{MIN_REFERENCE} reviews they are loose. A promised accuracy finds drops sooner."
        )


def _evidence(log_evidence: float) -> str:
    return f"{math.exp(log_evidence):,.3g}" if log_evidence < 60 else "over 1e26"


def _as_json(found: Drift) -> dict[str, Any]:
    return {
        "reference": found.reference,
        "series": [
            {
                "series": series.name,
                "target_accuracy": 1 - series.target_error,
                "limit": series.limit,
                "alarm": series.name in found.alarms,
                "fired_in": found.alarms[series.name].batch
                if series.name in found.alarms
                else None,
                "change_batch": rows[-1].change_batch if rows else None,
                "batches": [
                    {
                        "batch": row.batch,
                        "log_evidence": row.log_evidence,
                        "log_limit": row.log_limit,
                        "reviews": row.reviews,
                        "errors": row.errors,
                        "alarm": row.alarm,
                    }
                    for row in rows
                ],
            }
            for series in found.family
            for rows in [found.evidence[series.name]]
        ],
    }
