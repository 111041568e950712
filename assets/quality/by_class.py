"""Precision, recall and F1 by class, as rows of quality.class_report; confusion beside them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assets.reading.audited import Audit
from labeling.quality.estimates.labelled import MISSING, Codes
from resources.store.tables import OF_OVERLAP
from resources.task.task import Task

if TYPE_CHECKING:
    from labeling.quality.several.batch import SeveralBatch
    from labeling.quality.several.report import Scores
    from labeling.quality.spans.batch import SpansBatch

Rows = list[dict[str, Any]]

OF_SPANS = " of spans"
"""Ends the series of quality.scores that count spans, and not items."""


def class_rows(task: Task, span: str, audits: Sequence[Audit]) -> tuple[Rows, Rows]:
    """Return rows of quality.class_report and of quality.confusion for some batches."""
    from labeling.quality.estimates.classes import class_report

    if not any(audit.batch.reviewed for audit in audits):
        return [], []
    if task.kind.marks_text:
        return span_rows(task, span, audits), []
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
        rows.append({"span": span, "class": name, "reviewed": found.reviewed, **_scores(mean)})
    loss = _shares(share=found.hamming_loss)
    rows.append({"span": span, "class": "(hamming loss)", "reviewed": found.reviewed, **loss})
    return rows


def span_rows(task: Task, span: str, audits: Sequence[Audit]) -> Rows:
    """Return rows of quality.class_report where texts are marked: exact spans, then by overlap."""
    from labeling.quality.spans.report import spans_report

    found = spans_report([as_spans(audit, task.classes) for audit in audits], task.classes)
    rows: Rows = [
        {
            "span": span,
            "class": one.name,
            "reviewed": one.reviewed,
            **_scores(one.strict),
            **_shares(share=one.share),
        }
        for one in found.types
    ]
    means = {
        "(micro)": found.micro,
        "(macro)": found.macro,
        f"{OF_OVERLAP}(micro)": found.micro_overlap,
        f"{OF_OVERLAP}(macro)": found.macro_overlap,
    }
    means |= {f"{OF_OVERLAP}{one.name}": one.overlap for one in found.types}
    reviewed = {f"{OF_OVERLAP}{one.name}": one.reviewed for one in found.types}
    return rows + [
        {
            "span": span,
            "class": name,
            "reviewed": reviewed.get(name, found.reviewed),
            **_scores(scores),
        }
        for name, scores in means.items()
    ]


def span_scores(task: Task, audits: Sequence[Audit]) -> Rows:
    """Return precision, recall and F1 of all spans of some batches, in the columns of quality.scores."""
    from labeling.quality.estimates.series import ALL
    from labeling.quality.spans.report import spans_report

    if not any(audit.batch.reviewed for audit in audits):
        return []
    micro = spans_report([as_spans(audit, task.classes) for audit in audits], task.classes).micro
    measured = {"precision": micro.precision, "recall": micro.recall, "F1": micro.f1}
    return [
        {
            "series": name + OF_SPANS,
            "version": None,
            "class": ALL,
            "items": sum(int((audit.batch.label != MISSING).sum()) for audit in audits),
            "reviewed": sum(audit.batch.reviewed for audit in audits),
            "errors": None,
            "missing": None,
            "batches": len(audits),
            **_shares(accuracy=interval),
        }
        for name, interval in measured.items()
    ]


def as_spans(audit: Audit, types: Sequence[str]) -> "SpansBatch":
    """Return a batch with the spans given and found of what was drawn, counted by type."""
    from labeling.kinds.spans.answer import marked
    from labeling.quality.spans.batch import SpansBatch

    batch, read = audit.batch, [marked(text) for text in audit.answers]
    found = [None if one is None else one.found for one in read]
    given, gold = (
        [None if code == MISSING else found[code] for code in answer.tolist()]
        for answer in (batch.label, batch.gold)
    )
    return SpansBatch.of(batch.batch, given, batch.design, batch.drawn, gold, types)


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


def _scores(scores: "Scores") -> dict[str, float | None]:
    return _shares(precision=scores.precision, recall=scores.recall, f1=scores.f1)


def _shares(**intervals: Any) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name, interval in intervals.items():
        found[name] = interval.point if interval.measured else None
        found[f"{name}_low"], found[f"{name}_high"] = interval.low, interval.high
    return found
