"""Spans: marked stretches of texts, each of one type."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.counted import counted
from labeling.errors import VotesError


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Marked stretches of some items, each of one type, checked once, here.

    Offsets count characters (Unicode code points) of the stored text, or tokens: one unit for all
    of an analysis. They are half-open: ``start=0, end=3`` are the first three.

    Parameters
    ----------
    item : int array of shape (n_spans,)
        Which item each span is in, ``0 .. n_items - 1``.
    start, end : int array of shape (n_spans,)
        Where it begins, and where it has ended; ``0 <= start < end``.
    type : int array of shape (n_spans,)
        What it is, ``0 .. n_types - 1``.
    n_items, n_types : int
        Sizes; items and types without a span count too. ``n_types`` is at least 1.

    Raises
    ------
    VotesError
        If lengths differ, an index is out of range or not whole, or a span ends before it begins.

    Examples
    --------
    >>> spans = Spans.of([(0, 0, 5, 1), (2, 3, 4, 0)], n_items=3, n_types=2)
    >>> spans.n_spans, spans.rows()
    (2, [(0, 0, 5, 1), (2, 3, 4, 0)])
    >>> spans.of_items(np.array([False, True, True])).rows()
    [(1, 3, 4, 0)]
    """

    item: NDArray[np.int64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    type: NDArray[np.int32]
    n_items: int
    n_types: int

    def __post_init__(self) -> None:
        if self.n_types < 1:
            raise VotesError(f"spans need at least 1 type, got {self.n_types}")
        columns = {"item": self.item, "start": self.start, "end": self.end, "type": self.type}
        for name, column in columns.items():
            if column.shape != self.item.shape or column.ndim != 1:
                raise VotesError(
                    "item, start, end and type must be 1-D and equally long, got shapes "
                    + ", ".join(f"{each.shape} ({called})" for called, each in columns.items())
                )
            if not np.issubdtype(column.dtype, np.integer):
                raise VotesError(f"{name} must hold whole numbers, got {column.dtype}")
        for name, column, size in (
            ("item", self.item, self.n_items),
            ("type", self.type, self.n_types),
        ):
            self._refuse(
                (column < 0) | (column >= size), f"has {name} {{{name}}}, but it runs 0..{size - 1}"
            )
        self._refuse(self.start < 0, "begins before the text")
        self._refuse(self.end <= self.start, "does not end after it begins")

    def _refuse(self, wrong: NDArray[np.bool_], why: str) -> None:
        if wrong.any():
            at = int(np.argmax(wrong))
            told = why.format(item=self.item[at], type=self.type[at])
            raise VotesError(
                f"span {at} (item {self.item[at]}, {self.start[at]}..{self.end[at]}) {told}; "
                f"{counted(int(wrong.sum()), 'such span')} in all"
            )

    @classmethod
    def of(cls, rows: list[tuple[int, int, int, int]], n_items: int, n_types: int) -> "Spans":
        """Return the spans of rows (item, start, end, type)."""
        column = np.array(rows, dtype=np.int64).reshape(-1, 4).T
        offsets = column[1:].astype(np.int32)
        return cls(column[0], offsets[0], offsets[1], offsets[2], n_items, n_types)

    def rows(self) -> list[tuple[int, int, int, int]]:
        """Return (item, start, end, type) of each span, in the order they stand in."""
        columns = (self.item, self.start, self.end, self.type)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    @property
    def n_spans(self) -> int:
        """Number of spans."""
        return len(self.item)

    def take(self, at: NDArray[np.int64] | NDArray[np.bool_]) -> "Spans":
        """Return some of the spans, by place or by a mask of shape (n_spans,)."""
        return Spans(
            self.item[at], self.start[at], self.end[at], self.type[at], self.n_items, self.n_types
        )

    def joined(self, more: "Spans") -> "Spans":
        """Return these spans, and then others of the same items and types."""
        return Spans(
            np.concatenate([self.item, more.item]),
            np.concatenate([self.start, more.start]),
            np.concatenate([self.end, more.end]),
            np.concatenate([self.type, more.type]),
            self.n_items,
            self.n_types,
        )

    def of_items(self, kept: NDArray[np.bool_]) -> "Spans":
        """Return the spans of some items, renumbered from 0; ``kept`` has shape (n_items,)."""
        place, here = np.cumsum(kept) - 1, kept[self.item]
        return Spans(
            place[self.item[here]].astype(np.int64),
            self.start[here],
            self.end[here],
            self.type[here],
            int(kept.sum()),
            self.n_types,
        )

    def line(self, stretch: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return starts and ends on one line on which the items lie one behind the other.

        ``stretch`` is the length that every item gets; by default one more than the last end.
        """
        stretch = self.stretch if stretch is None else stretch
        return self.item * stretch + self.start, self.item * stretch + self.end

    @property
    def stretch(self) -> int:
        """Length of an item that every span fits into, with a gap after it."""
        return int(self.end.max(initial=0)) + 1

    def key(self, stretch: int) -> NDArray[np.int64]:
        """Return a number for each span, equal for equal spans of one ``stretch`` and no others.

        Raises
        ------
        VotesError
            If items are so many and so long that the numbers do not fit into 64 bits.
        """
        if self.n_items * stretch**2 * self.n_types >= 2**63:
            raise VotesError(
                f"{counted(self.n_items, 'item')} of up to {stretch:,} characters with "
                f"{counted(self.n_types, 'type')} are too many at once; take fewer items"
            )
        return ((self.item * stretch + self.start) * stretch + self.end) * self.n_types + self.type
