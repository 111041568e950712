"""Quality over all batches and over the newest: scores, classes, confusion, calibration, agreement."""

import warnings
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.decorators import once
from assets.quality.accuracy import LABELS, measure, score_row, voters_of
from assets.quality.mistakes import mistakes
from assets.reading.audited import Audit, answers_in, read_audits
from labeling.quality.labelled import MISSING, Codes
from resources.store.given import GivenWarehouse
from resources.store.table import Table, as_arrow
from resources.store.tables import (
    ACCURACY,
    AGREEMENT,
    CLASS_REPORT,
    CONFUSION,
    GOLD,
    MISTAKES,
    OVERALL,
    RELIABILITY,
)
from resources.task.task import Task

if TYPE_CHECKING:
    from labeling.quality.several.batch import SeveralBatch

MASI = "krippendorff_alpha_masi"
"""Agreement where sets that share classes agree in part."""

MOST_REVIEWERS = 12
"""Reviewers compared in pairs, those with the most reviews."""

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
        spans = {"all": audits, "window": audits[-task.spec.quality.window_batches :]}
        reports = {span: class_rows(task, span, chosen) for span, chosen in spans.items()}
        written = {
            OVERALL: [score_row(s) for s in measure(task, audits, voters_of(audits))],
            CLASS_REPORT: [row for rows, _ in reports.values() for row in rows],
            CONFUSION: [row for _, rows in reports.values() for row in rows],
            RELIABILITY: reliability_rows(audits),
            AGREEMENT: agreement_rows(task, answers),
            MISTAKES: mistakes(task, warehouse, spans["window"]),
        }
        warehouse.replace({table: as_arrow(table, rows) for table, rows in written.items()})
        return dg.MaterializeResult(metadata=_metadata(written))

    return overall


def class_rows(task: Task, span: str, audits: Sequence[Audit]) -> tuple[Rows, Rows]:
    """Return rows of quality.class_report and of quality.confusion for some batches."""
    from labeling.quality.classes import class_report

    if not any(audit.batch.reviewed for audit in audits):
        return [], []
    if audits[0].batch.naming is not None:
        return set_rows(task, span, audits), []
    report = class_report([audit.batch for audit in audits], task.classes)
    rows: Rows = [
        {
            "span": span,
            "class": one.name,
            "reviewed": one.reviewed,
            **_shares(precision=one.precision, recall=one.recall, f1=one.f1, share=one.share),
        }
        for one in report.classes
    ]
    judged = sum(audit.batch.reviewed for audit in audits)
    macro = _shares(f1=report.macro_f1)
    rows.append({"span": span, "class": "(macro)", "reviewed": judged, **macro})
    cells: Rows = [
        {"span": span, "truth": truth, "label": label, "share": float(report.confusion[i, j])}
        for i, truth in enumerate(task.classes)
        for j, label in enumerate(task.classes)
    ]
    return rows, cells


def set_rows(task: Task, span: str, audits: Sequence[Audit]) -> Rows:
    """Return rows of quality.class_report where items may have several classes."""
    from labeling.quality.several.report import several_report

    found = several_report([as_sets(audit) for audit in audits], task.classes)
    rows: Rows = [
        {
            "span": span,
            "class": one.name,
            "reviewed": one.reviewed,
            **_shares(precision=one.precision, recall=one.recall, f1=one.f1, share=one.share),
        }
        for one in found.classes
    ]
    for name, mean in (("(micro)", found.micro), ("(macro)", found.macro)):
        shares = _shares(precision=mean.precision, recall=mean.recall, f1=mean.f1)
        rows.append({"span": span, "class": name, "reviewed": found.reviewed, **shares})
    loss = _shares(share=found.hamming_loss)
    rows.append({"span": span, "class": "(hamming loss)", "reviewed": found.reviewed, **loss})
    return rows


def as_sets(audit: Audit) -> "SeveralBatch":
    """Return a batch with a column a class: 1 where answers name it, 0 where they do not."""
    from labeling.quality.several.batch import SeveralBatch

    batch = audit.batch

    def table(answer: Codes) -> NDArray[np.int32]:
        named = np.stack([batch.names(answer, c) for c in range(n_classes)], axis=1)
        return np.where((answer == MISSING)[:, None], MISSING, named).astype(np.int32)

    n_classes = 0 if batch.naming is None else batch.naming.shape[1]
    gold = table(batch.gold)
    return SeveralBatch(batch.batch, table(batch.label), batch.design, batch.drawn, gold)


def _shares(**intervals: Any) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name, interval in intervals.items():
        found[name] = interval.point if interval.measured else None
        found[f"{name}_low"], found[f"{name}_high"] = interval.low, interval.high
    return found


def reliability_rows(audits: Sequence[Audit]) -> Rows:
    """Return rows of quality.reliability: what labels and consensus said, and how it turned out."""
    from labeling.quality.calibration import calibration
    from labeling.quality.weighted import draw_weight

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


def agreement_rows(task: Task, answers: Rows) -> Rows:
    """Return rows of quality.agreement; ``answers`` are (item, reviewer, label)."""
    from labeling.quality.agreement import krippendorff_alpha
    from labeling.quality.several.agreement import masi_alpha
    from labeling.votes import Votes

    said = pa.chunked_array([pa.array([r["label"] for r in answers], pa.string())])
    known = {name: at for at, name in enumerate(answers_in(task, said))}
    given = {(r["item"], r["reviewer"]): known[r["label"]] for r in answers if r["label"] in known}
    count: dict[str, int] = {}
    for _, reviewer in given:
        count[reviewer] = count.get(reviewer, 0) + 1
    if len(count) < 2:
        return []
    items = {item: at for at, item in enumerate(dict.fromkeys(item for item, _ in given))}
    people = sorted(count, key=lambda name: (-count[name], name))
    matrix = np.full((len(items), len(people)), MISSING, dtype=np.int32)
    for (item, reviewer), label in given.items():
        matrix[items[item], people.index(reviewer)] = label
    twice = int(((matrix != MISSING).sum(axis=1) > 1).sum())
    naming = task.kind.naming(tuple(known), task.classes)
    if naming is None:
        alpha = krippendorff_alpha(Votes.from_matrix(matrix, n_classes=len(known)))
    else:
        item, person = np.nonzero(matrix != MISSING)
        alpha = masi_alpha(item, naming[matrix[item, person]])
    rows: Rows = [
        {
            "first": "(all)",
            "second": "(all)",
            "measure": "krippendorff_alpha" if naming is None else MASI,
            "items": twice,
            "value": None if np.isnan(alpha) else alpha,
        }
    ]
    for a, b in combinations(range(min(len(people), MOST_REVIEWERS)), 2):
        both = int(((matrix[:, a] != MISSING) & (matrix[:, b] != MISSING)).sum())
        if both:
            kappa = _cohen_kappa(matrix[:, a], matrix[:, b], len(known))
            rows.append(
                {
                    "first": people[a],
                    "second": people[b],
                    "measure": "cohen_kappa",
                    "items": both,
                    "value": None if np.isnan(kappa) else kappa,
                }
            )
    return rows


def _cohen_kappa(first: NDArray[np.int32], second: NDArray[np.int32], n_classes: int) -> float:
    """Return the kappa of two people where both answered; NaN where both only ever said one class."""
    from sklearn.exceptions import UndefinedMetricWarning
    from sklearn.metrics import cohen_kappa_score

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return float(cohen_kappa_score(first, second, labels=range(n_classes)))


def _metadata(written: dict[Table, Rows]) -> dict[str, Any]:
    numbers: dict[str, Any] = {"scores": len(written[OVERALL])}
    whole = next((r for r in written[OVERALL] if r["series"] == LABELS), None)
    if whole is not None and whole["accuracy"] is not None:
        numbers |= {name: whole[name] for name in ("reviewed", "accuracy", "accuracy_low")}
        numbers["accuracy_high"] = whole["accuracy_high"]
    for row in written[CLASS_REPORT]:
        if row["class"] == "(macro)" and row["span"] == "all" and row["f1"] is not None:
            numbers["macro_f1"] = row["f1"]
    for row in written[RELIABILITY]:
        numbers[f"calibration error of {row['series']}"] = row["ece"]
    for row in written[AGREEMENT]:
        if row["measure"].startswith("krippendorff_alpha") and row["value"] is not None:
            numbers["krippendorff_alpha"] = row["value"]
    return numbers
