"""Reviews of spans from a plain table: whole answers settled, and what they say of each class."""

from pathlib import Path

import numpy as np

from labeling.errors import QualityError
from labeling.kinds.spans.answer import Span, marked, written
from labeling.kinds.spans.cells import spans_in
from labeling.kinds.spans.offsets import check
from labeling.quality.estimates.audited import uniform_design
from labeling.quality.spans.batch import SpansBatch
from labeling.quality.spans.report import SpansReport, spans_report
from labeling.quality.tables.answers import read_answer_reviews
from labeling.quality.tables.table import (
    UNREVIEWED,
    UNSETTLED,
    ReviewTable,
)


def read_span_reviews(path: Path) -> ReviewTable:
    """Read a table of ``batch``, ``label`` and ``gold`` whose labels are lists of spans.

    ``[]`` says that there is none, an empty cell of ``gold`` that the item was not reviewed. Other
    columns are those of :func:`labeling.quality.tables.table.review_table`.

    Raises
    ------
    QualityError
        Naming the column, the row and what is allowed.
    """
    return read_answer_reviews(path, _written, "spans")


def report_of_spans(reviews: ReviewTable, level: float = 0.95) -> SpansReport | None:
    """Return precision, recall and F1 of spans, by class and over all.

    Returns
    -------
    SpansReport or None
        None where nothing was reviewed, nothing was marked, or reviews have weights.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from labeling.quality.tables.table import review_table
    >>> table = pa.table({"batch": ["a"] * 2, "label": ['[[0, 4, "x"]]', '[[0, 4, "x"]]'],
    ...                   "gold": ['[[0, 4, "x"]]', "[]"]})
    >>> report_of_spans(review_table(table)).micro.precision.point
    0.5
    """
    if reviews.label is None or reviews.gold is None:
        raise QualityError("spans are compared: label and gold are both needed")
    judged = (reviews.correct != UNREVIEWED) & (reviews.correct != UNSETTLED)
    if reviews.weighted or not (judged & (reviews.label != "")).any():
        return None
    label = [_spans(str(text)) for text in reviews.label.tolist()]
    gold = [_spans(str(text)) for text in reviews.gold.tolist()]
    types = sorted({span.name for one in (*label, *gold) for span in one or ()})
    if not types:
        return None
    batches: list[SpansBatch] = []
    for name in reviews.batches:
        here = np.flatnonzero(reviews.batch == name).tolist()
        drawn = [at for at, row in enumerate(here) if reviews.correct[row] != UNREVIEWED]
        settled = [gold[here[at]] if judged[here[at]] else None for at in drawn]
        design = uniform_design(len(here), len(drawn))
        given = [label[row] for row in here]
        batches.append(SpansBatch.of(str(name), given, design, drawn, settled, types))
    return spans_report(batches, types, level)


def _spans(text: str) -> tuple[Span, ...] | None:
    said = marked(text)
    return None if said is None else said.found


def _written(cell: str | None) -> str | None:
    spans = spans_in(cell)
    for span in spans or ():
        check(span)
    return None if spans is None else written(spans)
