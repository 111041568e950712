"""``touchstone plan``: how many reviews for which interval, in minutes and money."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.options import AsJson
from labeling.errors import QualityError
from labeling.quality.family import Budget
from labeling.quality.planning import (
    Effort,
    Plan,
    class_shares,
    plan_by_class,
    plan_for_reviews,
    plan_for_width,
    reviews_to_notice,
)
from labeling.quality.tables.table import read_labelled

EXAMPLES = (
    "plan 5000 --points 2 --accuracy 0.92 --seconds 8 --hourly 25",
    "plan items.csv --points 4 --by-class --batches 365 --json",
    "plan --reviews 100",
)


def plan(
    items: Annotated[
        Path | None,
        typer.Argument(
            metavar="ITEMS",
            help="How many items the batch has; or their csv, jsonl or parquet: label, and posterior "
            "where the audit is to be stratified by it.",
        ),
    ] = None,
    points: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=49,
            help="Half width of the interval that is wanted, in points of a hundred.",
            show_default="asked of --reviews",
        ),
    ] = None,
    reviews: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Tell the other way round which interval so many reviews give.",
            show_default="asked of --points",
        ),
    ] = None,
    accuracy: Annotated[float, typer.Option(min=0, max=1, help="Accuracy that you expect.")] = 0.92,
    by_class: Annotated[
        bool,
        typer.Option(
            "--by-class", help="Plan an interval so narrow for every class; needs the file."
        ),
    ] = False,
    seconds: Annotated[float, typer.Option(help="Seconds a review takes.")] = 10.0,
    hourly: Annotated[float, typer.Option(help="What an hour of review costs.")] = 0.0,
    batches_a_year: Annotated[
        int,
        typer.Option(
            "--batches", min=1, help="Batches a year, by which the time to notice a drop is told."
        ),
    ] = 52,
    as_json: AsJson = False,
    population: Annotated[int | None, typer.Option(min=1, hidden=True)] = None,
) -> None:
    """Tell how many reviews give ± POINTS, or what interval so many REVIEWS give."""
    if (points is None) == (reviews is None):
        raise QualityError("give either --points (interval wanted) or --reviews (what you have)")
    effort = Effort(seconds, hourly)
    if items is not None and str(items).isdecimal() and not items.is_file():
        items, population = None, int(str(items))
        if not population:
            raise QualityError("a batch of 0 items has nothing to review; say how many there are")
    labels, error = (None, None) if items is None else read_labelled(items)
    count = population if labels is None else len(labels)
    if by_class and labels is None:
        raise QualityError("--by-class needs a file of items with their labels")
    classes: dict[str, Plan] = {}
    if points is not None:
        total = plan_for_width(points / 100, accuracy, count, error, effort)
        if by_class and labels is not None:
            sizes = class_shares(labels)
            classes = plan_by_class(points / 100, dict.fromkeys(sizes, accuracy), sizes, effort)
    else:
        wanted = min(int(reviews or 1), count or int(reviews or 1))
        total = plan_for_reviews(wanted, accuracy, count, error, effort)
        if by_class and labels is not None:
            classes = {
                name: plan_for_reviews(
                    max(1, round(wanted * size / len(labels))), accuracy, size, None, effort
                )
                for name, size in class_shares(labels).items()
            }
    drops = _drops(accuracy, total.reviews, Budget(batches_a_year))
    if as_json:
        typer.echo(json.dumps(_as_json(total, classes, drops, stratified=error is not None)))
        return
    _show(Console(), total, classes, drops, stratified=error is not None)


def _drops(accuracy: float, reviews: int, budget: Budget) -> list[dict[str, Any]]:
    """Tell roughly when drops of 2, 5 and 10 points are noticed with these reviews a batch."""
    found: list[dict[str, Any]] = []
    for drop in (0.02, 0.05, 0.10):
        if accuracy - drop > 0 and accuracy < 1:
            need = reviews_to_notice(accuracy, accuracy - drop, budget)
            found.append({"points": round(100 * drop), "batches": -(-need // reviews)})
    return found


def _show(
    console: Console,
    total: Plan,
    classes: dict[str, Plan],
    drops: list[dict[str, Any]],
    *,
    stratified: bool,
) -> None:
    table = Table(title="Reviews a batch", title_justify="left")
    for name in ("", "reviews", "interval", "minutes", "money"):
        table.add_column(name, justify="right" if name else "left")
    design = "all items" + (", stratified by posterior" if stratified else "")
    rows = {design: total, **{f"labelled {name}": p for name, p in classes.items()}}
    for name, row in rows.items():
        table.add_row(
            escape(name),
            f"{row.reviews:,}",
            f"± {100 * row.half_width:.1f} points",
            f"{row.minutes:,.0f}",
            f"{row.money:,.2f}",
        )
    console.print(table)
    for drop in drops:
        console.print(
            f"A drop of {drop['points']} points raises the alarm after about {drop['batches']} "
            f"batches of {total.reviews:,} reviews."
        )


def _as_json(
    total: Plan, classes: dict[str, Plan], drops: list[dict[str, Any]], *, stratified: bool
) -> dict[str, Any]:
    return {
        "total": asdict(total),
        "stratified": stratified,
        "classes": {name: asdict(row) for name, row in classes.items()},
        "classes_total_reviews": int(np.sum([row.reviews for row in classes.values()])),
        "batches_to_alarm": drops,
    }
