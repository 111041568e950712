"""Quality over all batches and over the newest: scores, classes, confusion, calibration, agreement."""

from collections.abc import Sequence
from typing import Any

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from assets.decorators import once
from assets.quality.accuracy import LABELS, measure, score_row
from assets.quality.agreement import PAIRWISE_F1, agreement_rows
from assets.quality.by_class import class_rows
from assets.quality.mistakes import mistakes
from assets.quality.replacement import replacement_rows
from assets.reading.audited import Audit, read_audits
from resources.store.given import GivenWarehouse
from resources.store.table import Table, as_arrow
from resources.store.tables import (
    ACCURACY,
    AGREEMENT,
    CLASS_REPORT,
    CONFUSION,
    GOLD,
    MISTAKES,
    OF_OVERLAP,
    OVERALL,
    RELIABILITY,
    REPLACEMENT,
)
from resources.task.task import Task

METRICS = {
    "(macro)": {"macro_f1": "f1"},
    "(micro)": {"micro_precision": "precision", "micro_recall": "recall", "micro_f1": "f1"},
    f"{OF_OVERLAP}(micro)": {"micro_f1 by overlap": "f1"},
}
"""What is plotted of rows of class_report."""

Rows = list[dict[str, Any]]


def overall(task: Task) -> dg.AssetsDefinition:
    """Declare the quality of ``task`` as a whole."""

    @once(task, OVERALL, deps=[ACCURACY, GOLD], automatic=True)
    def overall(warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """Accuracy of labels, consensus and every voter over all batches, with what explains it.

        Precision, recall, F1 and confusion by class, how far confidences can be believed, and
        whether reviewers agree.
        """
        audits = read_audits(task, warehouse, warehouse.column("quality.overall.batches"))
        answers = warehouse.rows("quality.overall.answers")
        models = warehouse.rows("quality.overall.model_answers")
        spans = {"all": audits, "window": audits[-task.spec.quality.window_batches :]}
        reports = {span: class_rows(task, span, chosen) for span, chosen in spans.items()}
        written = {
            OVERALL: [score_row(s) for s in measure(task, audits)],
            CLASS_REPORT: [row for rows, _ in reports.values() for row in rows],
            CONFUSION: [row for _, rows in reports.values() for row in rows],
            RELIABILITY: reliability_rows(audits),
            AGREEMENT: agreement_rows(task, answers),
            REPLACEMENT: replacement_rows(task, answers, models),
            MISTAKES: mistakes(task, warehouse, spans["window"]),
        }
        warehouse.replace({table: as_arrow(table, rows) for table, rows in written.items()})
        return dg.MaterializeResult(metadata=_metadata(written))

    return overall


def reliability_rows(audits: Sequence[Audit]) -> Rows:
    """Return rows of quality.reliability: what labels and consensus said, and how it turned out."""
    from labeling.quality.estimates.calibration import calibration
    from labeling.quality.estimates.weighted import draw_weight

    rows: Rows = []
    for series in (LABELS, "consensus"):
        said: list[NDArray[np.float64]] = []
        right: list[NDArray[np.bool_]] = []
        weight: list[NDArray[np.float64]] = []
        for audit in audits:
            of_labels = series == LABELS
            given = audit.batch.label if of_labels else audit.consensus
            sure = audit.confidence if of_labels else audit.consensus_confidence
            audited = audit.batch.audited(given)
            judged = audited.judged & audited.inside
            said.append(np.clip(sure[audited.drawn][judged], 0.0, 1.0))
            right.append(~audited.wrong[judged])
            weight.append(draw_weight(audited)[judged])
        if not said or not sum(map(len, said)):
            continue
        found = calibration(np.concatenate(said), np.concatenate(right), np.concatenate(weight))
        rows += [
            {
                "series": series,
                "bin": at,
                "confidence_low": one.low,
                "confidence_high": one.high,
                "reviewed": one.reviewed,
                "confidence": one.confidence,
                "accuracy": one.accuracy.point,
                "accuracy_low": one.accuracy.low,
                "accuracy_high": one.accuracy.high,
                "ece": found.error,
                "ece_by_chance": found.chance_error,
            }
            for at, one in enumerate(found.curve)
        ]
    return rows


def _metadata(written: dict[Table, Rows]) -> dict[str, Any]:
    numbers: dict[str, Any] = {"scores": len(written[OVERALL])}
    whole = next((r for r in written[OVERALL] if r["series"] == LABELS), None)
    if whole is not None and whole["accuracy"] is not None:
        numbers |= {name: whole[name] for name in ("reviewed", "accuracy", "accuracy_low")}
        numbers["accuracy_high"] = whole["accuracy_high"]
    for row in written[CLASS_REPORT]:
        if row["span"] == "all" and row.get("f1") is not None:
            numbers |= {name: row[of] for name, of in METRICS.get(row["class"], {}).items()}
    for row in written[RELIABILITY]:
        numbers[f"calibration error of {row['series']}"] = row["ece"]
    for row in written[AGREEMENT]:
        if row["first"] == "(all)" and row["value"] is not None:
            of_spans = row["measure"] == PAIRWISE_F1
            numbers[PAIRWISE_F1 if of_spans else "krippendorff_alpha"] = row["value"]
    return numbers
