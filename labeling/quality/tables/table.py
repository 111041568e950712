"""Reviews from a plain table: read, checked, and settled to one answer an item.

For people who only have a CSV, JSON Lines or Parquet file. Rows without an answer are items that were not
reviewed; they tell how many items there are and, with a posterior, which of them are doubtful.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from labeling.class_labels import LONGEST_NAME
from labeling.errors import LabelingError, QualityError
from labeling.files.cells import as_text
from labeling.files.columns import column_names, numbers, read_columns
from labeling.look_alikes import look_alikes

KNOWN = ("batch", "item", "correct", "label", "gold", "weight", "probability", "posterior")
"""Columns that are read; others are ignored."""

NEEDED = ({"batch", "correct"}, {"batch", "label", "gold"})
"""Columns without which nothing can be estimated: the one set or the other."""

MAX_GROUPS = 6
"""Different weights in one sample up to which they are taken for strata."""

RIGHT, WRONG = ("1", "true", "1.0"), ("0", "false", "0.0")
"""How ``correct`` may be written, in any case."""

UNREVIEWED, UNSETTLED = -1, -2
"""Codes of :attr:`ReviewTable.correct` for no review, and for reviewers who disagree evenly."""


@dataclass(frozen=True, slots=True, eq=False)
class ReviewTable:
    """One row for each item; arrays of shape (n_rows,).

    Parameters
    ----------
    batch : str array
    correct : int array
        1 right, 0 wrong, :data:`UNREVIEWED` or :data:`UNSETTLED`.
    weight : float array
        Items a reviewed row stands for (1 / probability), or relative weights, or ones.
    posterior : float array or None
        Probability (0..1) that the released label is right, as the label model stated it.
    label, gold : str arrays or None
        Where the table had them; ``gold`` is empty where there is none.
    absolute : bool
        Whether weights count items (a ``probability`` column) or are only relative.
    dropped : int
        Reviewed rows of weight 0, left out: they stand for no item.
    warnings : tuple of str
        Labels that differ only in how they are written, and so count as errors.
    """

    batch: NDArray[np.str_]
    correct: NDArray[np.int8]
    weight: NDArray[np.float64]
    posterior: NDArray[np.float64] | None
    label: NDArray[np.str_] | None
    gold: NDArray[np.str_] | None
    weighted: bool
    absolute: bool
    dropped: int
    warnings: tuple[str, ...] = ()

    @property
    def batches(self) -> list[str]:
        """Names of the batches in the order they first appear."""
        return list(dict.fromkeys(self.batch.tolist()))

    @property
    def lists_unreviewed(self) -> bool:
        """Whether the table holds items without a review, and so all items."""
        return bool((self.correct == UNREVIEWED).any())

    def of(self, rows: NDArray[np.bool_]) -> "ReviewTable":
        """Return only some rows."""
        return replace(
            self,
            batch=self.batch[rows],
            correct=self.correct[rows],
            weight=self.weight[rows],
            posterior=None if self.posterior is None else self.posterior[rows],
            label=None if self.label is None else self.label[rows],
            gold=None if self.gold is None else self.gold[rows],
        )


def read_reviews(path: Path) -> ReviewTable:
    """Read a CSV, JSON Lines or Parquet file of reviews; see :func:`review_table`.

    Raises
    ------
    QualityError
        If the file is missing, of another kind, or cannot be parsed.
    """
    table = _read(path, NEEDED)
    try:
        return review_table(table)
    except QualityError as wrong:
        raise QualityError(f"{path}: {wrong}") from wrong


def read_labelled(path: Path) -> tuple[NDArray[np.str_], NDArray[np.float64] | None]:
    """Read the labels of a batch and, from ``posterior``, how likely each is wrong.

    Raises
    ------
    QualityError
        If there is no ``label`` column or a posterior is no number in 0..1.
    """
    table = _read(path, ({"label"},))
    label = _text(table, "label")
    if not len(label):
        raise QualityError(f"{path}: there is no row in it")
    if "posterior" not in table.column_names:
        return label, None
    every = np.ones(len(label), dtype=np.bool_)
    return label, 1 - _number(table, "posterior", every, 0.0, 1.0, "in 0..1")


def _read(path: Path, needed: Sequence[set[str]]) -> pa.Table:
    try:
        found = column_names(path)
        names = [name for name in found if name in KNOWN]
        table = read_columns(path, names, numeric=("weight", "probability", "posterior"))
    except LabelingError as wrong:
        raise QualityError(str(wrong)) from None
    if not any(one <= set(found) for one in needed):
        raise QualityError(f"{path}: {_lacks(found, needed)}")
    return table


def _lacks(found: Sequence[str], needed: Sequence[set[str]]) -> str:
    wanted = ", or ".join(" and ".join(sorted(one)) for one in needed)
    return f"columns {', '.join(found) or 'none'}; needed are {wanted}"


def review_table(table: pa.Table) -> ReviewTable:
    """Check a table of reviews and settle it to one row an item.

    Parameters
    ----------
    table : pyarrow Table
        ``batch`` and either ``correct`` (0/1, true/false) or ``label`` and ``gold``; an empty
        ``correct`` or ``gold`` means not reviewed. Optional: ``item`` (rows of the same batch
        and item are several reviews: the majority counts, an even split stays unsettled),
        ``weight`` (relative, at least 0) or ``probability`` (of being drawn, in (0, 1]), and
        ``posterior`` (stated probability that the label is right, 0..1).

    Raises
    ------
    QualityError
        Naming the column, the row (from 1, not counting a header) and what is allowed.

    Examples
    --------
    >>> reviews = review_table(pa.table({"batch": ["a", "a"], "correct": [1, 0]}))
    >>> reviews.correct.tolist()
    [1, 0]
    """
    names = table.column_names
    if not any(one <= set(names) for one in NEEDED):
        raise QualityError(_lacks(names, NEEDED))
    if "weight" in names and "probability" in names:
        raise QualityError("both weight and probability are given; keep the one that is meant")
    batch = _text(table, "batch")
    if (batch == "").any():
        raise QualityError(f"row {int(np.argmax(batch == '')) + 1}: batch is empty")
    item = _text(table, "item") if "item" in names else None
    if item is not None and (item == "").any():
        raise QualityError(f"row {int(np.argmax(item == '')) + 1}: item is empty")
    label = _text(table, "label") if "label" in names else None
    gold = _text(table, "gold") if "gold" in names else None
    correct = _correct(table, label, gold)
    weight = np.ones(len(batch))
    reviewed = correct != UNREVIEWED
    if "weight" in names:
        weight = _number(table, "weight", reviewed, 0.0, np.inf, "at least 0")
    elif "probability" in names:
        share = _number(table, "probability", reviewed, 1e-300, 1.0, "in (0, 1]")
        weight = 1 / np.where(reviewed, share, 1.0)
    posterior = None
    if "posterior" in names:
        every = np.ones(len(batch), dtype=np.bool_)
        posterior = _number(table, "posterior", every, 0.0, 1.0, "in 0..1")
    kept = ~(reviewed & (weight == 0))
    said: dict[str, Any] = {}
    if label is not None and gold is not None:
        said = {"label": pa.array(label.tolist()), "gold": pa.array(gold.tolist())}
    found = ReviewTable(
        batch,
        correct,
        weight,
        posterior,
        label,
        gold,
        "weight" in names or "probability" in names,
        "probability" in names,
        int((~kept).sum()),
        tuple(look_alikes(said)),
    ).of(kept)
    return found if item is None else _settled(found, item[kept])


def _text(table: pa.Table, name: str) -> NDArray[np.str_]:
    texts = [as_text(value) or "" for value in table[name].to_pylist()]
    for row, text in enumerate(texts, start=1):
        # NumPy drops NULs at the end, and gives every row the room of the longest
        if "\0" in text or len(text) > LONGEST_NAME:
            raise QualityError(
                f"row {row}: {name} has {len(text):,} characters or a NUL byte among them; allowed "
                f"are {LONGEST_NAME:,} without one"
            )
    return np.asarray(texts, dtype=np.str_)


def _correct(
    table: pa.Table, label: NDArray[np.str_] | None, gold: NDArray[np.str_] | None
) -> NDArray[np.int8]:
    if label is not None and gold is not None:
        return np.where(gold == "", UNREVIEWED, label == gold).astype(np.int8)
    said = np.char.lower(_text(table, "correct"))
    right, wrong, empty = np.isin(said, RIGHT), np.isin(said, WRONG), said == ""
    strange = ~(right | wrong | empty)
    if strange.any():
        at = int(np.argmax(strange))
        raise QualityError(
            f"row {at + 1}: correct is {str(said[at])!r}; allowed are 1, 0, true, false, or "
            f"nothing for an item not reviewed; {int(strange.sum())} such rows in all"
        )
    return np.select([right, wrong], [1, 0], UNREVIEWED).astype(np.int8)


def _number(
    table: pa.Table, name: str, needed: NDArray[np.bool_], low: float, high: float, allowed: str
) -> NDArray[np.float64]:
    try:
        values = numbers("", table, name)
    except LabelingError as wrong:
        raise QualityError(f"{wrong}; allowed is a number {allowed}") from None
    strange = needed & ~((values >= low) & (values <= high) & np.isfinite(values))
    if strange.any():
        at = int(np.argmax(strange))
        raise QualityError(
            f"row {at + 1}: {name} is {values[at]}; allowed is a number {allowed}; "
            f"{int(strange.sum())} such rows in all"
        )
    return values


def _settled(found: ReviewTable, item: NDArray[np.str_]) -> ReviewTable:
    """Keep one row for each batch and item, with the majority of its reviews."""
    items, place = np.unique(item, return_inverse=True)
    key = np.unique(found.batch, return_inverse=True)[1] * len(items) + place
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    votes = np.bincount(group, found.correct == 1) - np.bincount(group, found.correct == 0)
    reviewed = np.bincount(group, found.correct >= 0) > 0
    answer = np.where(votes > 0, 1, np.where(votes < 0, 0, UNSETTLED))
    keep = np.zeros(len(item), dtype=np.bool_)
    # the row that carries the winning answer, so that its gold and weight go with it
    chosen: NDArray[np.int64] = first.astype(np.int64)
    agrees = found.correct == answer[group]
    for at in np.flatnonzero(agrees)[::-1]:
        chosen[group[at]] = at
    keep[chosen] = True
    settled = np.where(reviewed, answer, UNREVIEWED)[group].astype(np.int8)
    return replace(found, correct=settled).of(keep)


def group_by_weight(weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Tell the strata of a sample by its weights: rows of equal weight belong together.

    More than :data:`MAX_GROUPS` different weights are no strata but a draw with a probability of
    its own for every item; what lies between their groups is then unknown, and one group is
    returned.

    Examples
    --------
    >>> group_by_weight(np.array([2.0, 10.0, 2.0])).tolist()
    [0, 1, 0]
    """
    values, stratum = np.unique(np.round(weight, 9), return_inverse=True)
    if len(values) > MAX_GROUPS:
        return np.zeros(len(weight), dtype=np.int64)
    return stratum.astype(np.int64)
