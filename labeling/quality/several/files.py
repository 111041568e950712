"""Reviews of sets from a plain table: whole answers settled, and what they say of each class."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.kinds.several.answer import listed, written
from labeling.kinds.several.cells import names_in
from labeling.kinds.several.kind import Several
from labeling.quality.estimates.audited import uniform_design
from labeling.quality.estimates.labelled import MISSING
from labeling.quality.several.batch import SeveralBatch
from labeling.quality.several.report import SeveralReport, several_report
from labeling.quality.tables.answers import read_answer_reviews
from labeling.quality.tables.table import (
    MAX_GROUPS,
    UNREVIEWED,
    UNSETTLED,
    ReviewTable,
    group_by_weight,
)
from labeling.sampling.audits.design import AuditDesign

KIND = Several()

LARGEST = 200_000.0
"""Items up to which a sample is blown up to those that it stands for."""

FINE = 100.0
"""Items that a review of the smallest relative weight stands for."""


def read_set_reviews(path: Path) -> ReviewTable:
    """Read a table of ``batch``, ``label`` and ``gold`` whose labels are sets of classes.

    Cells are lists, the JSON of lists, or names with ``;`` or ``|`` between them; ``[]`` says that no
    class applies, an empty cell of ``gold`` that the item was not reviewed. Other columns are those
    of :func:`labeling.quality.tables.table.review_table`.

    Raises
    ------
    QualityError
        Naming the column, the row and what is allowed.
    """
    return read_answer_reviews(path, _written, "classes")


def report_of_sets(reviews: ReviewTable, level: float = 0.95) -> SeveralReport | None:
    """Return precision, recall and F1 of each class, and over all.

    Returns
    -------
    SeveralReport or None
        None where nothing was reviewed, or each review has a probability of its own: its classes
        would be told as if it had been drawn evenly.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from labeling.quality.tables.table import review_table
    >>> table = pa.table({"batch": ["a"] * 4, "label": ['["x"]', '["x", "y"]', "[]", '["y"]'],
    ...                   "gold": ['["x"]', '["x"]', "[]", '["y"]']})
    >>> [(one.name, round(one.precision.point, 2)) for one in report_of_sets(review_table(table)).classes]
    [('x', 1.0), ('y', 0.5)]
    """
    if reviews.label is None or reviews.gold is None:
        raise QualityError("sets of classes are compared: label and gold are both needed")
    drawn = reviews.correct != UNREVIEWED
    if not (drawn & (reviews.correct != UNSETTLED) & (reviews.label != "")).any():
        return None
    if reviews.weighted and len(np.unique(np.round(reviews.weight[drawn], 9))) > MAX_GROUPS:
        return None
    texts = [
        *reviews.label[reviews.label != ""].tolist(),
        *reviews.gold[reviews.gold != ""].tolist(),
    ]
    classes = sorted({name for text in set(texts) for name in listed(text) or ()})
    if not classes:
        return None
    scale = _scale(reviews, drawn)
    batches = [
        _batch(reviews.of(reviews.batch == name), name, classes, scale) for name in reviews.batches
    ]
    return several_report(batches, classes, level)


def _written(cell: str | None) -> str | None:
    names = names_in(cell, ())
    return None if names is None else written(names)


def _scale(reviews: ReviewTable, drawn: NDArray[np.bool_]) -> float | None:
    """Return how many items a weight of 1 stands for; None where the table lists all items."""
    if not reviews.weighted and reviews.lists_unreviewed:
        return None
    weight = reviews.weight[drawn]
    fine = 1.0 if reviews.absolute else FINE / float(weight.min())
    return min(fine, LARGEST / float(weight.sum()))


def _batch(rows: ReviewTable, name: str, classes: list[str], scale: float | None) -> SeveralBatch:
    drawn = np.flatnonzero(rows.correct != UNREVIEWED)
    settled = rows.correct[drawn] != UNSETTLED
    assert rows.label is not None and rows.gold is not None  # noqa: S101, PT018
    label = _table(rows.label, classes)
    gold = np.where(settled[:, None], _table(rows.gold[drawn], classes), MISSING).astype(np.int32)
    if scale is None:
        return SeveralBatch(name, label, uniform_design(len(label), len(drawn)), drawn, gold)
    stratum = group_by_weight(rows.weight[drawn])
    planned = np.bincount(stratum)
    sizes = np.rint(np.bincount(stratum, rows.weight[drawn]) * scale).astype(np.int64)
    others = np.repeat(np.arange(len(planned)), np.maximum(sizes - planned, 0))
    # nobody looked at the others: what they are labelled counts for nothing but their number
    whole = np.concatenate([label[drawn], np.zeros((len(others), len(classes)), np.int32)])
    design = AuditDesign(np.concatenate([stratum, others]), planned)
    return SeveralBatch(name, whole, design, np.arange(len(drawn)), gold)


def _table(texts: NDArray[np.str_], classes: list[str]) -> NDArray[np.int32]:
    each, place = np.unique(texts, return_inverse=True)
    named = KIND.naming([str(text) for text in each], classes).astype(np.int32)
    named[each == ""] = MISSING
    return named[place]
