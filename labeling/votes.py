"""Votes: who said what about which item, long and sparse."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.counted import counted
from labeling.errors import VotesError

ABSTAIN = -1
"""A voter's way of saying nothing. Never a class, never counted."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Votes:
    """Votes of several voters over the same items, checked once, here.

    Parameters
    ----------
    item : int array of shape (n_votes,)
        Which unit each vote is about, ``0 .. n_items - 1``: a question about an item
        (:mod:`labeling.kinds.units`), the item itself where there is one question.
    voter : int array of shape (n_votes,)
        Who cast it, ``0 .. n_voters - 1``. At most one vote for each item and voter.
    label : int array of shape (n_votes,)
        The class voted for, ``0 .. n_classes - 1``. An abstention is no row.
    n_items, n_voters, n_classes : int
        Sizes; items and voters without a vote count too. ``n_classes`` is at least 2.
    confidence : float array of shape (n_votes,), optional
        How sure the voter was, 0..1; NaN where it did not say.

    Raises
    ------
    VotesError
        If lengths differ, an index is out of range or not whole, a voter voted twice on one item
        or a confidence lies outside 0..1.

    Examples
    --------
    >>> votes = Votes.from_matrix([[0, -1], [1, 0]], n_classes=2)
    >>> votes.n_votes
    3
    >>> votes.to_matrix().tolist()
    [[0, -1], [1, 0]]
    """

    item: NDArray[np.int64]
    voter: NDArray[np.int32]
    label: NDArray[np.int32]
    n_items: int
    n_voters: int
    n_classes: int
    confidence: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.n_classes < 2:
            raise VotesError(f"votes need at least 2 classes, got {self.n_classes}")
        if not len(self.item) == len(self.voter) == len(self.label):
            raise VotesError(
                f"item, voter and label must be equally long, got {len(self.item)}, "
                f"{len(self.voter)} and {len(self.label)}"
            )
        for name, index, size in (
            ("item", self.item, self.n_items),
            ("voter", self.voter, self.n_voters),
            ("label", self.label, self.n_classes),
        ):
            if index.ndim != 1 or not np.issubdtype(index.dtype, np.integer):
                raise VotesError(
                    f"{name} must be a 1-D array of whole numbers, got {index.dtype} of shape "
                    f"{index.shape}"
                )
            if len(index) and not (index.min() >= 0 and index.max() < size):
                strangers = (index < 0) | (index >= size)
                at = int(np.argmax(strangers))
                raise VotesError(
                    f"vote {at} (item {self.item[at]}, voter {self.voter[at]}) has {name} "
                    f"{index[at]}, but it runs 0..{size - 1}; {int(strangers.sum())} such votes in all"
                )
        self._check_repeats()
        self._check_confidence()

    def _check_repeats(self) -> None:
        cell = self.item.astype(np.int64)
        cell *= self.n_voters
        cell += self.voter
        if not bool(np.all(cell[1:] > cell[:-1])):
            cell.sort()
        again = cell[1:] == cell[:-1]
        if again.any():
            at = int(cell[1:][np.argmax(again)])
            item, voter = divmod(at, self.n_voters)
            raise VotesError(
                f"voter {voter} voted {int(np.sum(cell == at))} times on item {item}; one vote for "
                f"each item and voter is allowed; {counted(int(again.sum()), 'vote')} too many in all"
            )

    def _check_confidence(self) -> None:
        if self.confidence is None:
            return
        if len(self.confidence) != len(self.item):
            raise VotesError(
                f"there are {len(self.item)} votes but {len(self.confidence)} confidences"
            )
        wrong = (self.confidence < 0) | (self.confidence > 1)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise VotesError(
                f"voter {self.voter[at]} gave item {self.item[at]} confidence "
                f"{self.confidence[at]}, but confidences lie in 0..1, or are NaN for none; "
                f"{int(wrong.sum())} such votes in all"
            )

    @property
    def n_votes(self) -> int:
        """Number of votes cast; abstentions do not count."""
        return len(self.item)

    @classmethod
    def from_matrix(cls, matrix: ArrayLike, n_classes: int) -> "Votes":
        """Read a dense matrix of shape (n_items, n_voters), :data:`ABSTAIN` where nothing was said."""
        dense = np.asarray(matrix)
        if dense.ndim != 2:
            raise VotesError(f"a vote matrix is 2-D (items, voters), got shape {dense.shape}")
        if not np.issubdtype(dense.dtype, np.integer):
            whole = np.isfinite(dense) & (dense == np.floor(dense))
            if not whole.all():
                item, voter = np.argwhere(~whole)[0]
                raise VotesError(
                    f"voter {voter} gave item {item} the label {dense[item, voter]}, but labels are "
                    f"class numbers, or {ABSTAIN} for none; {int((~whole).sum())} such votes in all"
                )
        flat = dense.ravel()
        spoken = np.flatnonzero(flat != ABSTAIN)
        item = spoken // max(dense.shape[1], 1)
        voter = spoken - item * dense.shape[1]
        return cls(
            item,
            voter.astype(np.int32),
            flat[spoken].astype(np.int32),
            dense.shape[0],
            dense.shape[1],
            n_classes,
        )

    def to_matrix(self) -> NDArray[np.int32]:
        """Return the dense matrix of shape (n_items, n_voters)."""
        dense = np.full((self.n_items, self.n_voters), ABSTAIN, dtype=np.int32)
        dense[self.item, self.voter] = self.label
        return dense

    def of(self, kept: NDArray[np.bool_]) -> "Votes":
        """Return the votes on some items, renumbered from 0; ``kept`` has shape (n_items,)."""
        place, keep = np.cumsum(kept) - 1, kept[self.item]
        return Votes(
            place[self.item[keep]].astype(np.int64),
            self.voter[keep],
            self.label[keep],
            int(kept.sum()),
            self.n_voters,
            self.n_classes,
            None if self.confidence is None else self.confidence[keep],
        )
