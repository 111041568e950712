"""Units: what voters, label model, student and audits count, numbered over the items and back."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labeling.errors import VotesError


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The units of some items: one for each question that an item has.

    Parameters
    ----------
    item : int array of shape (n_units,)
        The item each unit is of, ``0 .. n_items - 1``, in rising order.
    question : int array of shape (n_units,)
        Which question about the item, from 0: the class of K yes-or-no questions, the number of
        a proposed span.
    n_items : int
        Items without a unit count too.

    Raises
    ------
    VotesError
        If lengths differ, an item is out of range, or items are not in rising order.

    Examples
    --------
    >>> units = Units(np.array([0, 0, 2]), np.array([0, 1, 0]), n_items=3)
    >>> units.n_units, units.of(0).tolist(), units.of(1).tolist(), units.of(2).tolist()
    (3, [0, 1], [], [2])
    """

    item: NDArray[np.int64]
    question: NDArray[np.int64]
    n_items: int

    def __post_init__(self) -> None:
        if len(self.item) != len(self.question):
            raise VotesError(
                f"units name {len(self.item)} items, but {len(self.question)} questions"
            )
        if len(self.item) and not 0 <= self.item.min() <= self.item.max() < self.n_items:
            raise VotesError(
                f"units name items {self.item.min()}..{self.item.max()}; "
                f"they run 0..{self.n_items - 1}"
            )
        if (np.diff(self.item) < 0).any():
            at = int(np.argmax(np.diff(self.item) < 0)) + 1
            raise VotesError(
                f"unit {at} is of item {self.item[at]}, the one before it of "
                f"{self.item[at - 1]}; units of an item stand together, items in rising order"
            )

    @classmethod
    def each(cls, n_items: int, questions: int = 1) -> "Units":
        """Return as many units for every item; with one question a unit has its item's number.

        Examples
        --------
        >>> Units.each(2, questions=3).question.tolist()
        [0, 1, 2, 0, 1, 2]
        """
        item = np.repeat(np.arange(n_items, dtype=np.int64), questions)
        return cls(item, np.tile(np.arange(questions, dtype=np.int64), n_items), n_items)

    def only(self, kept: NDArray[np.bool_]) -> "Units":
        """Return the units of some items, shape (n_items,), both renumbered from 0.

        Examples
        --------
        >>> Units.each(3, questions=2).only(np.array([True, False, True])).item.tolist()
        [0, 0, 1, 1]
        """
        here, place = kept[self.item], np.cumsum(kept) - 1
        return replace(
            self,
            item=place[self.item[here]].astype(np.int64),
            question=self.question[here],
            n_items=int(kept.sum()),
        )

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.item)

    def of(self, item: int) -> NDArray[np.int64]:
        """Return the units of one item, int array of shape (n_questions_of_the_item,)."""
        first, end = np.searchsorted(self.item, [item, item + 1]).tolist()
        return np.arange(first, end, dtype=np.int64)

    def of_each(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the units of some items, one item's after the other's.

        Examples
        --------
        >>> Units.each(3, questions=2).of_each(np.array([2, 0])).tolist()
        [4, 5, 0, 1]
        """
        first, end = np.searchsorted(self.item, [items, items + 1])
        many = end - first
        start = np.repeat(first - np.cumsum(many) + many, many)
        return start + np.arange(int(many.sum()))
