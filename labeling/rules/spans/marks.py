"""What span rules mark, as columns: a row a span."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from labeling.rules.arrow import Table, pa
from labeling.rules.hits import Failure
from labeling.rules.spans.rule import SpanRule

Column = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Spans of some rules in some items.

    Parameters
    ----------
    item : int64 array of shape (n_spans,)
        Row of the batch.
    start, end : int32 arrays of shape (n_spans,)
        Code points of the stored text, half-open; no span is empty.
    type : int32 array of shape (n_spans,)
        Which of the types it is, or is not where the rule is ``against``.
    rule : int32 array of shape (n_spans,)
        Which of the rules; spans of one rule in one item do not overlap.
    """

    item: NDArray[np.int64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    type: NDArray[np.int32]
    rule: NDArray[np.int32]

    @classmethod
    def of(cls, item: Column, start: Column, end: Column, kind: Column, rule: Column) -> Self:
        """Bring columns into their types."""
        starts, ends, kinds, rules = (one.astype(np.int32) for one in (start, end, kind, rule))
        return cls(item.astype(np.int64), starts, ends, kinds, rules)

    def __len__(self) -> int:
        return len(self.item)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return some of the spans."""
        narrow = (self.start[rows], self.end[rows], self.type[rows], self.rule[rows])
        return self.__class__(self.item[rows], *narrow)


def joined(parts: Sequence[Marks]) -> Marks:
    """Put marks one after the other."""
    empty = np.zeros(0, dtype=np.int64)
    parts = [*parts, Marks.of(empty, empty, empty, empty, empty)]
    names = ("item", "start", "end", "type", "rule")
    return Marks(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))


def leftmost_longest(marks: Marks) -> Marks:
    """Keep, rule by rule and item by item, the leftmost span, of those the longest, and go on there.

    Returns
    -------
    Marks
        Ordered by rule, item and start.

    Examples
    --------
    >>> start, end = np.array([4, 0, 0]), np.array([8, 8, 3])
    >>> same = np.zeros(3, dtype=np.int64)
    >>> kept = leftmost_longest(Marks.of(same, start, end, same, same))
    >>> kept.start.tolist(), kept.end.tolist()
    ([0], [8])
    """
    if not len(marks):
        return marks
    order = np.lexsort((-marks.end, marks.start, marks.item, marks.rule))
    marks = marks.take(order)
    new = (np.diff(marks.item) != 0) | (np.diff(marks.rule) != 0)
    shift = np.append(0, np.cumsum(new)) * (int(marks.end.max()) + 1)
    start, end = marks.start + shift, marks.end + shift
    head = np.append(True, start[1:] >= np.maximum.accumulate(end)[:-1])
    kept = head.copy()
    first = np.maximum.accumulate(np.where(head, np.arange(len(head)), 0))
    rest = np.flatnonzero(start >= end[first])
    begins: list[int] = start[rest].tolist()
    ends: list[int] = end[rest].tolist()
    until = -1
    for number, one, other in zip(rest.tolist(), begins, ends, strict=True):
        if one >= until:
            kept[number] = True
            until = other
    return marks.take(np.flatnonzero(kept))


@dataclass(frozen=True, slots=True, eq=False)
class SpanRuleVotes:
    """The answer of span rules for a batch.

    Parameters
    ----------
    marks : Marks
        What they mark, ordered by rule, item and start.
    failures : list of list of Failure
        For each rule the items on which it could not answer, and marks nothing.
    n_items : int
        Rows of the batch.
    rules : tuple of SpanRule
        The rules, also those that mark nothing.
    types : tuple of str
        Names of the types.
    """

    marks: Marks
    failures: list[list[Failure]]
    n_items: int
    rules: tuple[SpanRule, ...]
    types: tuple[str, ...]

    def against(self) -> NDArray[np.bool_]:
        """Tell of each mark whether it says that its type is *not* there."""
        flags = np.array([one.against for one in self.rules], dtype=np.bool_)
        return flags[self.marks.rule] if len(self.rules) else np.zeros(0, dtype=np.bool_)

    def table(self, item_ids: Sequence[str]) -> Table:
        """Return the marks by name.

        Parameters
        ----------
        item_ids : sequence of str
            One for each row of the batch.

        Returns
        -------
        pa.Table
            ``item_id``, ``start``, ``end``, ``type``, ``against``, ``voter``, ``version``.
        """
        marks = self.marks
        rule = pa.array(marks.rule)
        return pa.table(
            {
                "item_id": pa.array(item_ids, pa.string()).take(pa.array(marks.item)),
                "start": marks.start,
                "end": marks.end,
                "type": pa.array(self.types, pa.string()).take(pa.array(marks.type)),
                "against": self.against(),
                "voter": pa.array([one.voter for one in self.rules], pa.string()).take(rule),
                "version": pa.array([one.version for one in self.rules], pa.string()).take(rule),
            }
        )
