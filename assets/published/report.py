"""The report: one HTML file that works without a network."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from labeling.kinds.kind import Kind
from resources.dagster.conditions import when_batches_settle
from resources.store.tables import OF_OVERLAP
from resources.task.task import Task

PICTURE_PX = 240
"""Width and height, at most, of a picture in the report."""

NO_CLASS = ("(macro)", "(micro)", "(hamming loss)")
"""Rows of class_report that speak of no single class."""

MOST_PICTURES = 100
"""Pictures of one table; ten of them are 100 kB."""


def report(task: Task) -> dg.AssetsDefinition:
    """Declare the report of ``task``."""

    @dg.asset(
        key=[task.name, "published", "report"],
        group_name="published",
        kinds={"html", "altair"},
        owners=[f"team:{task.spec.owner}"],
        deps=[dg.AssetKey([task.name, "published", "parquet"])],
        automation_condition=when_batches_settle(task.name),
    )
    def report() -> dg.MaterializeResult:
        """Accuracy, alarms, classes, voters, cost and queue; made from published files alone."""
        from console.dashboard.page import render

        html = render(report_data(task))
        unfinished = task.report.with_suffix(f".{os.getpid()}.tmp")
        unfinished.write_text(html, encoding="utf-8")
        unfinished.replace(task.report)
        return dg.MaterializeResult(
            metadata={
                "report": dg.MetadataValue.path(task.report),
                "bytes": len(html.encode()),
            }
        )

    return report


def report_data(task: Task) -> Any:
    """Gather what the page shows from the published files."""
    from console.dashboard.data import ReportData
    from console.dashboard.recipes import RECIPES
    from console.dashboard.versions import few_versions

    def stands(name: str) -> bool:
        return (task.published / f"{name}.parquet").is_file()

    def mart(name: str) -> pa.Table:
        return pq.ParquetFile(task.published / f"{name}.parquet").read()

    def page_table(name: str) -> pa.Table:
        table = mart(name)
        return _as_measured(table, mart("overall")) if name == "voter_beliefs" else table

    scorecard = few_versions(mart("voter_scorecard"), mart("overall"))
    simulated = any(str(v).startswith("simulated/") for v in scorecard["voter"].to_pylist())
    scripted = "Reviews come from a scripted reviewer with a truth file, not from people."
    notes = () if task.spec.demo.scripted is None else (scripted,)
    return ReportData(
        task=task.name,
        title=task.name.replace("_", " ").capitalize(),
        description=task.spec.description,
        generated_at=datetime.now(UTC),
        quality_by_batch=mart("quality_by_batch"),
        class_shares=mart("label_distribution"),
        voter_scorecard=scorecard,
        class_quality=_class_quality(mart("class_report")),
        rules=mart("rule_analysis"),
        alarms=mart("alarms"),
        early_warnings=mart("early_warnings"),
        evidence=_evidence(mart("drift_series")),
        target_accuracy=task.spec.alarm.accuracy_at_least,
        simulated_voters=simulated,
        marks_text=task.kind.marks_text,
        notes=notes,
        published={
            recipe.table: _with_pictures(task, in_words(task.kind, page_table(recipe.table)))
            for recipe in RECIPES
            if stands(recipe.table)
        },
    )


def in_words(kind: Kind, table: pa.Table) -> pa.Table:
    """Put what people read in the place of answers about a text, where a table has both.

    Examples
    --------
    >>> from labeling.kinds.spans.kind import SpansOfClasses
    >>> table = pa.table({"text": ["for gout"], "label": ['[[4, 8, "Disease"]]'], "gold": [None]})
    >>> in_words(SpansOfClasses(), table).to_pylist()
    [{'text': 'for gout', 'label': 'Disease: gout', 'gold': None}]
    """
    if not kind.marks_text or "text" not in table.column_names:
        return table
    texts = table["text"].to_pylist()
    for name in ("label", "gold"):
        if name in table.column_names:
            answers = zip(table[name].to_pylist(), texts, strict=True)
            told = [None if a is None else kind.readable(a, text or "") for a, text in answers]
            place = table.column_names.index(name)
            table = table.set_column(place, name, pa.array(told, pa.string()))
    return table


def _with_pictures(task: Task, table: pa.Table) -> pa.Table:
    """Put small pictures in the place of what names them: the page loads nothing."""
    if "image" not in table.column_names:
        return table
    from console.images import thumbnail_url
    from resources.reviews.rows import ReviewError

    @cache
    def small(image: str) -> str | None:
        try:
            return thumbnail_url(task.image_folder, image, PICTURE_PX)
        except ReviewError:  # missing, broken, or in the network
            return None

    named = table["image"].to_pylist()
    shown = [small(n) if n and at < MOST_PICTURES else None for at, n in enumerate(named)]
    place = table.column_names.index("image")
    return table.set_column(place, "image", pa.array(shown, pa.string()))


def _as_measured(beliefs: pa.Table, overall: pa.Table) -> pa.Table:
    """Put each voter's accuracy over all batches in the place of what the label model was shown."""
    of = {
        row["series"].removeprefix("voter/"): row
        for row in overall.to_pylist()
        if row["version"] is None and row["class"] == "(all)" and row["reviewed"]
    }
    shown = {"gold_accuracy": "accuracy", "gold_low": "accuracy_low", "gold_high": "accuracy_high"}
    rows = [
        {**row, **{mine: of.get(row["voter"], {}).get(whole) for mine, whole in shown.items()}}
        for row in beliefs.to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=beliefs.schema)


def _class_quality(report: pa.Table) -> pa.Table:
    """Keep the classes that were reviewed, over all batches."""
    rows = [
        row
        for row in report.to_pylist()
        if row["span"] == "all"
        and row["class"] not in NO_CLASS
        and not row["class"].startswith(OF_OVERLAP)
        and row["reviewed"]
    ]
    return pa.Table.from_pylist(rows, schema=report.schema)


def _evidence(series: pa.Table) -> pa.Table:
    """Keep the labels' evidence and that of series whose alarm ever went off."""
    rows = series.sort_by("batch").to_pylist()
    fired = {row["series"] for row in rows if row["fired"]} - {"labels"}
    chosen = ["labels", *sorted(fired)]
    kept = sorted(
        (r for r in rows if r["series"] in chosen), key=lambda r: chosen.index(r["series"])
    )
    return pa.Table.from_pylist(kept, schema=series.schema)
