"""``touchstone estimate``: accuracy with valid intervals out of a file of reviews."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.options import AsJson, OfKind, check_kind
from labeling.counted import counted
from labeling.quality.estimates.intervals import Interval
from labeling.quality.several.files import read_set_reviews, report_of_sets
from labeling.quality.several.report import Scores, SeveralReport
from labeling.quality.spans.files import read_span_reviews, report_of_spans
from labeling.quality.spans.report import SpansReport
from labeling.quality.tables.estimate import Estimate, Estimates
from labeling.quality.tables.estimate import estimate as estimate_accuracy
from labeling.quality.tables.table import read_reviews

MAX_LISTED = 60
"""Rows of a table that are printed; ``--json`` has all of them."""

EXAMPLES = (
    "estimate reviews.csv --window 4",
    "estimate reviews.csv --level 0.9 --json",
    "estimate reviews.csv --kind several",
    "estimate reviews.csv --kind spans",
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
    kind: OfKind = "single",
    as_json: AsJson = False,
) -> None:
    """Estimate accuracy overall, by batch and by class, each with an interval."""
    sets: SeveralReport | None = None
    spans: SpansReport | None = None
    of_sets = check_kind(kind) == "several"
    if kind == "spans":
        table = read_span_reviews(reviews)
        spans = report_of_spans(table, level)
        found = replace(estimate_accuracy(table, window, level), classes=[])
        if spans is None:
            why = "nothing is told by class: no span was reviewed, or reviews have weights"
            found = replace(found, warnings=(*found.warnings, why))
    elif of_sets:
        table = read_set_reviews(reviews)
        sets = report_of_sets(table, level)
        found = replace(estimate_accuracy(table, window, level), classes=[])
        if sets is None:
            why = "nothing is told by class: no class was reviewed, or each review has a weight of its own"
            found = replace(found, warnings=(*found.warnings, why))
    else:
        found = estimate_accuracy(read_reviews(reviews), window, level)
    if as_json:
        more = {} if sets is None else _sets(sets)
        more |= {} if spans is None else _spans(spans)
        typer.echo(json.dumps(_as_json(found, level) | more))
        return
    console = Console()
    title = {"several": "Exact match: all classes of an item are right",
             "spans": "Exact match: all spans of an item are right"}.get(kind, "Accuracy")  # fmt: skip
    console.print(_table(title, [found.overall, *found.batches], level))
    if found.windows:
        console.print(_table(f"Over {window} batches", found.windows, level))
    if found.classes:
        console.print(_table("Precision of each class", found.classes, level))
    if sets is not None:
        console.print(_by_class(sets, level))
    if spans is not None:
        console.print(_by_type(spans, level))
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


def _by_class(report: SeveralReport, level: float) -> Table:
    table = Table(title=f"By class, with {level:.0%} intervals", title_justify="left")
    for name in ("", "precision", "recall", "F1", "reviewed"):
        table.add_column(name, justify="right" if name == "reviewed" else "left")
    rows = [
        (one.name, one.precision, one.recall, one.f1, str(one.reviewed)) for one in report.classes
    ]
    for name, scores in (("all classes (micro)", report.micro), ("mean (macro)", report.macro)):
        rows.append((name, scores.precision, scores.recall, scores.f1, ""))
    for name, precision, recall, f1, reviewed in rows[:MAX_LISTED]:
        table.add_row(escape(name), *map(_shown, (precision, recall, f1)), reviewed)
    loss = report.hamming_loss
    table.caption = f"{_shown(loss)} of the answers yes and no are wrong (Hamming loss)"
    return table


def _by_type(report: SpansReport, level: float) -> Table:
    table = Table(title=f"By class, with {level:.0%} intervals", title_justify="left")
    for name in ("", "precision", "recall", "F1", "F1 by overlap"):
        table.add_column(name)
    rows = [(one.name, one.strict, one.overlap) for one in report.types]
    rows.append(("all classes (micro)", report.micro, report.micro_overlap))
    rows.append(("mean (macro)", report.macro, report.macro_overlap))
    for name, strict, overlap in rows[:MAX_LISTED]:
        shown = (strict.precision, strict.recall, strict.f1, overlap.f1)
        table.add_row(escape(name), *map(_shown, shown))
    return table


def _spans(report: SpansReport) -> dict[str, Any]:
    def scores(one: Scores) -> dict[str, Any]:
        return {name: _interval(getattr(one, name)) for name in ("precision", "recall", "f1")}

    return {
        "classes": [
            {"name": one.name, "reviewed": one.reviewed, "share": _interval(one.share)}
            | scores(one.strict)
            | {"overlap": scores(one.overlap)}
            for one in report.types
        ],
        "micro": scores(report.micro) | {"overlap": scores(report.micro_overlap)},
        "macro": scores(report.macro) | {"overlap": scores(report.macro_overlap)},
    }


def _shown(interval: Interval) -> str:
    point = f"{interval.point:.1%}" if interval.measured else "unknown"
    return f"{point} ({interval.low:.0%}-{interval.high:.0%})"


def _sets(report: SeveralReport) -> dict[str, Any]:
    of = ("precision", "recall", "f1")
    return {
        "classes": [
            {"name": one.name, "reviewed": one.reviewed}
            | {name: _interval(getattr(one, name)) for name in (*of, "share")}
            for one in report.classes
        ],
        "micro": {name: _interval(getattr(report.micro, name)) for name in of},
        "macro": {name: _interval(getattr(report.macro, name)) for name in of},
        "hamming_loss": _interval(report.hamming_loss),
    }


def _interval(interval: Interval) -> dict[str, float | None]:
    return {"point": _number(interval.point), "low": interval.low, "high": interval.high}


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
