"""Votes on spans: which voter marked what, and what reviews settled on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.counted import counted
from labeling.errors import VotesError
from labeling.spans import Spans


@dataclass(frozen=True, slots=True, eq=False)
class SpanVotes:
    """Who marked what, and who could have.

    Parameters
    ----------
    spans : Spans
        The marks, in any order. A voter may mark many spans of an item, also overlapping ones.
    voter : int array of shape (n_spans,)
        Who made each mark, ``0 .. n_voters - 1``.
    n_voters : int
        Voters without a mark count too.
    scope : bool array of shape (n_voters, n_types), optional
        Of what types a voter speaks: there it looked at every item, and its silence says something.
        By default of the types it was seen to mark.
    against : bool array of shape (n_spans,), optional
        Marks that say the opposite: nothing of this type here, nor in any part of it.

    Raises
    ------
    VotesError
        If lengths differ, a voter is out of range, marks the same twice, or marks what lies outside
        its scope.

    Examples
    --------
    >>> spans = Spans.of([(0, 0, 5, 0), (0, 0, 5, 0)], n_items=1, n_types=2)
    >>> votes = SpanVotes(spans, np.array([0, 1]), n_voters=3)
    >>> votes.speaks.tolist()
    [[True, False], [True, False], [False, False]]
    """

    spans: Spans
    voter: NDArray[np.int32]
    n_voters: int
    scope: NDArray[np.bool_] | None = None
    against: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        spans = self.spans
        if self.voter.shape != spans.item.shape:
            raise VotesError(
                f"there are {spans.n_spans} spans but {self.voter.size} voters of them"
            )
        if not np.issubdtype(self.voter.dtype, np.integer):
            raise VotesError(f"voter must hold whole numbers, got {self.voter.dtype}")
        if self.against is not None and self.against.shape != self.voter.shape:
            raise VotesError(
                f"there are {spans.n_spans} spans, but {self.against.size} times it is told whether "
                f"they are against"
            )
        strangers = (self.voter < 0) | (self.voter >= self.n_voters)
        if strangers.any():
            raise VotesError(
                f"span {int(np.argmax(strangers))} has voter {self.voter[np.argmax(strangers)]}, but "
                f"they run 0..{self.n_voters - 1}; {int(strangers.sum())} such spans in all"
            )
        same = np.lexsort((self.voter, spans.key(spans.stretch)))
        key, voter = spans.key(spans.stretch)[same], self.voter[same]
        again = (key[1:] == key[:-1]) & (voter[1:] == voter[:-1])
        if again.any():
            at = int(same[1:][np.argmax(again)])
            raise VotesError(
                f"voter {self.voter[at]} marked {spans.start[at]}..{spans.end[at]} of item "
                f"{spans.item[at]} twice; {counted(int(again.sum()), 'mark')} too many in all"
            )
        if self.scope is None:
            return
        if self.scope.shape != (self.n_voters, spans.n_types):
            raise VotesError(
                f"scope must have shape {(self.n_voters, spans.n_types)} (voters, types), got "
                f"{self.scope.shape}"
            )
        outside = ~self.scope[self.voter, spans.type]
        if outside.any():
            at = int(np.argmax(outside))
            raise VotesError(
                f"voter {self.voter[at]} marked type {spans.type[at]} in item {spans.item[at]}, but "
                f"its scope leaves that type out; {counted(int(outside.sum()), 'such mark')} in all"
            )

    @property
    def speaks(self) -> NDArray[np.bool_]:
        """Of what types each voter speaks, shape (n_voters, n_types)."""
        if self.scope is not None:
            return self.scope
        seen = np.zeros((self.n_voters, self.spans.n_types), dtype=np.bool_)
        seen[self.voter, self.spans.type] = True
        return seen

    @property
    def is_against(self) -> NDArray[np.bool_]:
        """Which marks say that their type is not there, shape (n_spans,)."""
        none = np.zeros(self.spans.n_spans, dtype=np.bool_)
        return none if self.against is None else self.against

    def of(self, kept: NDArray[np.bool_]) -> "SpanVotes":
        """Return the votes on some items, renumbered from 0; ``kept`` has shape (n_items,)."""
        here = kept[self.spans.item]
        against = None if self.against is None else self.against[here]
        spans = self.spans.of_items(kept)
        return SpanVotes(spans, self.voter[here], self.n_voters, self.speaks, against)


@dataclass(frozen=True, slots=True, eq=False)
class ReviewedSpans:
    """All spans of items that people went through: what is not marked there is none.

    Parameters
    ----------
    spans : Spans
        What reviews settled on; no two of one type overlap.
    item : int array of shape (n_reviewed,)
        The reviewed items, also those without a span; each once.

    Raises
    ------
    VotesError
        If a span lies in an item that was not reviewed, spans overlap, or an item stands twice.

    Examples
    --------
    >>> spans = Spans.of([(0, 0, 5, 0)], n_items=3, n_types=1)
    >>> ReviewedSpans(spans, np.array([0, 2])).mask.tolist()
    [True, False, True]
    """

    spans: Spans
    item: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(np.unique(self.item)) != len(self.item):
            raise VotesError("an item stands twice among the reviewed; settle its reviews first")
        if len(self.item) and not 0 <= self.item.min() <= self.item.max() < self.spans.n_items:
            raise VotesError(
                f"reviewed items are {self.item.min()}..{self.item.max()}, but items run "
                f"0..{self.spans.n_items - 1}"
            )
        stray = ~self.mask[self.spans.item]
        if stray.any():
            raise VotesError(
                f"item {self.spans.item[np.argmax(stray)]} has reviewed spans but is not among the "
                f"reviewed items; {counted(int(stray.sum()), 'such span')} in all"
            )
        start, end = self.spans.line()
        by_start = np.lexsort((start, self.spans.type))
        alike = np.diff(self.spans.type[by_start]) == 0
        clash = alike & (start[by_start][1:] < end[by_start][:-1])
        if clash.any():
            at = int(by_start[1:][np.argmax(clash)])
            raise VotesError(
                f"the reviewed span {self.spans.start[at]}..{self.spans.end[at]} of item "
                f"{self.spans.item[at]} overlaps another of its type; {counted(int(clash.sum()), 'such pair')} "
                f"in all"
            )

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Which items were reviewed, shape (n_items,)."""
        seen = np.zeros(self.spans.n_items, dtype=np.bool_)
        seen[self.item] = True
        return seen

    def of(self, kept: NDArray[np.bool_]) -> "ReviewedSpans":
        """Return what is known of some items, renumbered from 0; ``kept`` has shape (n_items,)."""
        place = np.cumsum(kept) - 1
        items = place[self.item[kept[self.item]]].astype(np.int64)
        return ReviewedSpans(self.spans.of_items(kept), items)
