"""How good labels, consensus and voters of a batch are: measured on audit samples alone."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.decorators import by_batch
from assets.quality.by_class import OF_SPANS, span_scores
from assets.reading.audited import Audit, VotesOfAll, batches_before, read_audits
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import ACCURACY, AUDIT_SAMPLE, GOLD, RELEASED, SCORES
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:  # scipy takes half a second to import, and only this step measures
    from labeling.quality.estimates.series import Score

ALL = "(all)"  # as labeling.quality.estimates.series has it, which imports scipy

LABELS, CONSENSUS = "labels", "consensus"
"""Series besides the voters, which are ``voter/NAME``."""


def accuracy(task: Task) -> dg.AssetsDefinition:
    """Declare the accuracy of ``task``."""

    @by_batch(task, ACCURACY, deps=[RELEASED, AUDIT_SAMPLE, GOLD], automatic=True)
    def accuracy(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """Share of right labels with its 95 % interval, over all and for each released class.

        Stratified score intervals with the sampling probabilities; beside the labels, quality.scores
        holds consensus and every voter in every version, in the batch and over a sliding window.
        """
        return dg.MaterializeResult(metadata=score(task, warehouse, context.partition_key))

    return accuracy


def score(task: Task, warehouse: Warehouse, batch: str) -> dict[str, Any]:
    """Measure a batch and the window that ends in it; return numbers to plot over the batches."""
    window = batches_before(warehouse, batch, task.spec.quality.window_batches)
    audits = read_audits(task, warehouse, window)
    mine = [audit for audit in audits if audit.batch.batch == batch]
    found = {
        "batch": measure(task, mine),
        "window": measure(task, audits),
    }
    scored = [
        {"batch": batch, "span": span, **score_row(one)}
        for span, rows in found.items()
        for one in rows
    ]
    if task.kind.marks_text:
        for span, some in (("batch", mine), ("window", audits)):
            scored += [{"batch": batch, "span": span, **row} for row in span_scores(task, some)]
    labels = [
        row
        for one in found["batch"]
        if one.series == LABELS
        for row in [label_row(task, mine[0], one)]
        if row["labelled"]
    ]
    warehouse.replace_batch(ACCURACY, batch, as_arrow(ACCURACY, labels))
    warehouse.replace_batch(SCORES, batch, as_arrow(SCORES, scored))
    return _metadata(labels, scored)


def measure(task: Task, audits: Sequence[Audit]) -> "list[Score]":
    """Score labels and consensus by class, and voters by version, over all of ``audits``."""
    from labeling.quality.estimates.series import scores

    if not audits:
        return []
    batches = [audit.batch for audit in audits]
    answers = {LABELS: [a.batch.label for a in audits], CONSENSUS: [a.consensus for a in audits]}
    found = scores(batches, answers, task.classes, (LABELS, CONSENSUS))
    for name, given in VotesOfAll(audits).items():  # by itself, as it takes memory to lay votes out
        series = f"voter/{name}"
        versions = {
            version: [a.votes.of(name, version) for a in audits]
            for version in sorted({v for a in audits for v in a.votes.versions(name)})
        }
        found += scores(batches, {series: given}, task.classes, versions={series: versions})
    return found


def score_row(score: "Score") -> dict[str, Any]:
    """Say a score in the columns of quality.scores and quality.overall."""
    found = score.accuracy
    return {
        "series": score.series,
        "version": score.version,
        "class": score.of_class,
        "items": found.items,
        "reviewed": found.reviewed,
        "errors": found.errors,
        "missing": found.missing,
        "batches": found.batches,
        "accuracy": found.interval.point if found.interval.measured else None,
        "accuracy_low": found.interval.low,
        "accuracy_high": found.interval.high,
    }


def label_row(task: Task, audit: Audit, score: "Score") -> dict[str, Any]:
    """Say a score of a batch's labels in the columns of quality.accuracy."""
    row, found = score_row(score), score.accuracy
    said = audit.batch.label
    whole = score.of_class not in task.classes
    mine = said >= 0 if whole else audit.batch.names(said, task.classes.index(score.of_class))
    return {
        "batch": audit.batch.batch,
        "class": row["class"],
        "labelled": int(mine.sum()),
        "reviewed": found.reviewed,
        "correct": found.reviewed - found.errors,
        **{name: row[name] for name in ("accuracy", "accuracy_low", "accuracy_high")},
    }


def _metadata(labels: list[dict[str, Any]], scored: list[dict[str, Any]]) -> dict[str, Any]:
    """Numbers that Dagster plots over the batches: the labels, each class, each voter."""
    whole = next((row for row in labels if row["class"] == ALL), None)
    if whole is None:
        return {"labelled": 0}
    numbers = {name: whole[name] for name in ("labelled", "reviewed", "accuracy_low")}
    numbers["accuracy"] = math.nan if whole["accuracy"] is None else whole["accuracy"]
    numbers["accuracy_high"] = whole["accuracy_high"]
    for row in labels:
        if row["class"] != ALL and row["accuracy"] is not None:
            numbers[f"accuracy of class {row['class']}"] = row["accuracy"]
    for row in scored:
        if row["version"] is not None or row["class"] != ALL or row["accuracy"] is None:
            continue
        if row["span"] == "batch" and row["series"] != LABELS:
            of_spans = row["series"].endswith(OF_SPANS)
            numbers["accuracy of " * (not of_spans) + row["series"]] = row["accuracy"]
        elif row["span"] == "window" and row["series"] == LABELS:
            numbers["accuracy over the window"] = row["accuracy"]
    return numbers
