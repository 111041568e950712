"""Has accuracy fallen? A family of detectors over the batches in the order of time."""

import math
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.decorators import by_batch
from assets.reading.audited import batches_before, read_audits, unlabelled
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import ACCURACY, DRIFT, DRIFT_SERIES
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:  # scipy takes half a second to import, and only this step watches
    from labeling.quality.alarms.watch import Watch, Watched

PIECE = 32
"""Batches read at a time when a long history has to be taken in again."""


def drift(task: Task) -> dg.AssetsDefinition:
    """Declare the drift of ``task``."""

    @by_batch(task, DRIFT, deps=[ACCURACY], automatic=True)
    def drift(context: dg.AssetExecutionContext, warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """Evidence that labels, a class, a voter or a part of F1 fell under their promise, up to this batch.

        One budget of false alarms for all of them, half of it for the labels. It goes on from the
        newest batch before whose reviews, labels and settings are what they were: a late review
        of an old batch counts.
        """
        batch = context.partition_key
        rows = take_in(task, warehouse, batch)
        labels = next(row for row in rows if row["series"] == "labels")
        warehouse.replace_batch(DRIFT_SERIES, batch, as_arrow(DRIFT_SERIES, rows))
        warehouse.replace_batch(DRIFT, batch, as_arrow(DRIFT, [_of_labels(labels)]))
        return dg.MaterializeResult(metadata=_metadata(rows, labels))

    return drift


def take_in(task: Task, warehouse: Warehouse, batch: str) -> list[dict[str, Any]]:
    """Return the evidence of every series after ``batch``, as rows of quality.drift_series."""
    from assets.reading.evidence import input_chain, promises
    from labeling.quality.alarms.trail import starts_anew
    from labeling.quality.alarms.watch import Watch, watch_batch
    from labeling.quality.estimates.labelled import family_of
    from labeling.quality.spans.mistakes import SpanMistakes, parts_of
    from resources.alerts.trail import AlarmTrail

    names = batches_before(warehouse, batch)
    with warehouse.connect() as db:
        chain = input_chain(task, db)
        stored = dict(db.tuples("quality.drift.inputs"))
        first = next((at for at, n in enumerate(names) if stored.get(n) != chain[n]), len(names))
        first = min(first, len(names) - 1)  # the batch itself is always taken in
        states = db.tuples("quality.drift.states", batch=names[first - 1] if first else "")
    watches = {str(series): Watch.from_json(state) for series, state in states}
    events, promised = AlarmTrail(task.alarm_trail, task.changes).events(), promises(task)
    found: list[Watched] = []
    for start in range(first, len(names), PIECE):
        piece = names[start : start + PIECE]
        audits = {audit.batch.batch: audit for audit in read_audits(task, warehouse, piece)}
        for at, name in enumerate(piece, start=start):
            audit = audits.get(name) or unlabelled(task, name)
            anew = starts_anew(events, names[at - 1] if at else None, names[at])
            audited = family_of(audit.batch, task.classes, audit.votes)
            if task.kind.marks_text:
                audited |= parts_of(audit.batch, SpanMistakes.of(audit.answers, task.classes))
            watches, found = watch_batch(watches, audited, promised, anew)
    return [_row(batch, chain[batch], one, watches[one.series]) for one in found]


def _row(batch: str, mark: str, found: "Watched", watch: "Watch") -> dict[str, Any]:
    evidence = found.evidence
    learnt = watch.target_error is not None
    return {
        "batch": batch,
        "series": found.series,
        "epoch": found.epoch,
        "promised": 1 - watch.target_error if watch.target_error is not None else None,
        "promised_by": ("task.yaml" if watch.promised else "reference") if learnt else None,
        "reviews": evidence.reviews,
        "errors": evidence.errors,
        "log_evidence": evidence.log_evidence if math.isfinite(evidence.log_evidence) else None,
        "log_limit": evidence.log_limit,
        "fired": evidence.fired,
        "alarm": evidence.alarm,
        "fired_after": evidence.fired_after,
        "change_batch": evidence.change_batch,
        "state": watch.to_json(),
        "input": mark,
    }


def _of_labels(row: dict[str, Any]) -> dict[str, Any]:
    """Say the labels' evidence in the columns of quality.drift."""
    from labeling.quality.alarms.watch import Watch

    detector = Watch.from_json(row["state"]).detector
    return {**row, "state": "" if detector is None else detector.to_json()}


def _metadata(rows: list[dict[str, Any]], labels: dict[str, Any]) -> dict[str, Any]:
    """Numbers that Dagster plots over the batches, each series' evidence among them."""
    standing = [row["series"] for row in rows if row["alarm"]]
    evidence = labels["log_evidence"]
    plotted = {
        f"log_evidence of {row['series']}": row["log_evidence"]
        for row in rows
        if row["log_evidence"] is not None and row["series"] != "labels"
    }
    return {
        "log_evidence": dg.MetadataValue.float(-math.inf if evidence is None else evidence),
        "log_limit": dg.MetadataValue.float(labels["log_limit"]),
        "alarm": labels["alarm"],
        "change_batch": labels["change_batch"] or "",
        "series_watched": sum(row["promised"] is not None for row in rows),
        "alarms": len(standing),
        "which": ", ".join(standing) or "none",
        **plotted,
    }
