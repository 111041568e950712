"""Spans given and spans that are there, counted by item and type."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.kinds.spans.answer import Span

Marks = Sequence[Span]
"""The spans of one item, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class SpanCounts:
    """What was given, what is there, and what of it is the same; a row an item, a column a type.

    Parameters
    ----------
    given, gold : int arrays of shape (n_items, n_types)
        Spans given, and spans that are there.
    strict : int array of shape (n_items, n_types)
        Spans given that are there exactly: same start, end and type.
    overlap : int array of shape (n_items, n_types)
        Pairs of a span given and one that is there, of one type, that share a character; each span
        is in one pair at most.

    Raises
    ------
    QualityError
        If shapes differ, or more is right than was given or is there.
    """

    given: NDArray[np.int64]
    gold: NDArray[np.int64]
    strict: NDArray[np.int64]
    overlap: NDArray[np.int64]

    def __post_init__(self) -> None:
        tables = (self.given, self.gold, self.strict, self.overlap)
        if self.given.ndim != 2 or any(one.shape != self.given.shape for one in tables):
            shapes = ", ".join(str(one.shape) for one in tables)
            raise QualityError(
                f"counts of spans need one row an item and a column a type: {shapes}"
            )
        most = np.minimum(self.given, self.gold)
        strange = (self.strict < 0) | (self.strict > self.overlap) | (self.overlap > most)
        if strange.any():
            row, column = np.argwhere(strange)[0].tolist()
            raise QualityError(
                f"item {row}, type {column} has {self.strict[row, column]} spans right and "
                f"{self.overlap[row, column]} by overlap, of {self.given[row, column]} given and "
                f"{self.gold[row, column]} that are there"
            )

    @classmethod
    def of(cls, given: Sequence[Marks], gold: Sequence[Marks], types: Sequence[str]) -> Self:
        """Count the spans of some items; spans of strange types are left out.

        Examples
        --------
        >>> given = [[Span(0, 5, "Drug"), Span(7, 9, "Drug")]]
        >>> found = SpanCounts.of(given, [[Span(0, 5, "Drug"), Span(7, 12, "Drug")]], ["Drug"])
        >>> found.strict.tolist(), found.overlap.tolist(), found.gold.tolist()
        ([[1]], [[2]], [[2]])
        """
        if len(given) != len(gold):
            raise QualityError(f"{len(given)} items were marked, but {len(gold)} reviewed")
        table = np.zeros((4, len(given), len(types)), dtype=np.int64)
        for item, (said, true) in enumerate(zip(given, gold, strict=True)):
            for column, name in enumerate(types):
                one = [span for span in said if span.name == name]
                other = [span for span in true if span.name == name]
                strict = len(set(one) & set(other))
                table[:, item, column] = len(one), len(other), strict, pairs(one, other)
        return cls(*table)

    def take(self, rows: NDArray[np.bool_]) -> "SpanCounts":
        """Return the counts of some items; ``rows`` has shape (n_items,)."""
        return SpanCounts(self.given[rows], self.gold[rows], self.strict[rows], self.overlap[rows])

    @classmethod
    def joined(cls, parts: "Sequence[SpanCounts]") -> Self:
        """Return the counts of all items, one part behind the other."""
        names = ("given", "gold", "strict", "overlap")
        return cls(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))


def pairs(one: Marks, other: Marks) -> int:
    """Count the most pairs of a span here and one there that share a character, each used once.

    Notes
    -----
    A maximum matching of a bipartite graph (Hopcroft & Karp 1973, SIAM J. Comput. 2, 225-231).

    Examples
    --------
    >>> pairs([Span(0, 9, "a")], [Span(0, 3, "a"), Span(4, 9, "a")])
    1
    """
    if not one or not other:
        return 0
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    start, end = (np.array([span[at] for span in one])[:, None] for at in (0, 1))
    begins, ends = (np.array([span[at] for span in other])[None] for at in (0, 1))
    meet = (start < ends) & (begins < end)
    if not (meet.sum(axis=0) > 1).any() and not (meet.sum(axis=1) > 1).any():
        return int(meet.sum())
    return int((maximum_bipartite_matching(csr_array(meet), "column") >= 0).sum())
