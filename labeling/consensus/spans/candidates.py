"""Candidates: every span that some voter marked, each once, and which of them are in each other's way."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.spans.keys import distinct
from labeling.span_votes import SpanVotes
from labeling.spans import Spans


@dataclass(frozen=True, eq=False)
class Candidates:
    """What was proposed, one question each: is it a span of its type, or none?

    Parameters
    ----------
    spans : Spans
        The distinct proposals, ordered by item, start, end and type.
    marked : sparse array of shape (n_candidates, n_voters)
        1 where the voter marked exactly this.
    votes : SpanVotes
        What they were made from.

    Examples
    --------
    >>> marks = Spans.of([(0, 4, 9, 0), (0, 0, 9, 0), (0, 4, 9, 0)], n_items=1, n_types=1)
    >>> candidates = Candidates.of(SpanVotes(marks, np.array([0, 1, 2]), n_voters=3))
    >>> candidates.spans.rows(), candidates.n_votes.tolist()
    ([(0, 0, 9, 0), (0, 4, 9, 0)], [1, 2])
    >>> candidates.overlaps[0].tolist(), candidates.overlaps[1].tolist()
    ([0, 1], [1, 0])
    """

    spans: Spans
    marked: sparse.csr_array
    votes: SpanVotes

    @classmethod
    def of(cls, votes: SpanVotes) -> "Candidates":
        """Gather the candidates of some votes."""
        pro = ~votes.is_against
        marks, voter = votes.spans.take(pro), votes.voter[pro]
        key = marks.key(marks.stretch)
        first, place = np.unique(key, return_index=True, return_inverse=True)[1:]
        ones = np.ones(len(voter))
        marked = sparse.csr_array((ones, (place, voter)), shape=(len(first), votes.n_voters))
        return cls(marks.take(first), marked, votes)

    @property
    def n_votes(self) -> NDArray[np.int64]:
        """How many voters marked each, shape (n_candidates,)."""
        return np.diff(self.marked.indptr).astype(np.int64)

    @cached_property
    def balance(self) -> NDArray[np.int64]:
        """How many more voters marked each than spoke against it, shape (n_candidates,)."""
        candidate, voter = self.against
        n_voters = self.votes.n_voters
        against = distinct(candidate * n_voters + voter) // n_voters
        return self.n_votes - np.bincount(against, minlength=self.spans.n_spans)

    @property
    def length(self) -> NDArray[np.int64]:
        """Length of each in the unit of the offsets, shape (n_candidates,)."""
        return (self.spans.end - self.spans.start).astype(np.int64)

    @cached_property
    def overlaps(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs of candidates that share a stretch of text, both ways round: (one, other)."""
        start, end = self.spans.line()
        one, other = pairs(end, start)
        return np.concatenate([one, other]), np.concatenate([other, one])

    @cached_property
    def against(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Candidates that a voter spoke against, and that voter; pairs may repeat."""
        said = self.votes.is_against
        no, voter = self.votes.spans.take(said), self.votes.voter[said]
        stretch = max(self.spans.stretch, no.stretch)
        (start, end), (no_start, no_end) = self.spans.line(stretch), no.line(stretch)
        everything = np.argsort(np.concatenate([start, no_start]), kind="stable")
        starts = np.concatenate([start, no_start])[everything]
        ends = np.concatenate([end, no_end])[everything]
        one, other = pairs(ends, starts)
        one, other = (
            everything[np.concatenate([one, other])],
            everything[np.concatenate([other, one])],
        )
        met = (one < len(start)) & (other >= len(start))
        one, other = one[met], other[met] - len(start)
        same = self.spans.type[one] == no.type[other]
        return one[same], voter[other[same]].astype(np.int64)


def pairs(
    end: NDArray[np.int64], start: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs (i, j), i < j, of stretches that overlap; ``start`` does not fall.

    Examples
    --------
    >>> i, j = pairs(np.array([5, 9, 12]), np.array([0, 4, 9]))
    >>> i.tolist(), j.tolist()
    ([0], [1])
    """
    place = np.arange(len(start))
    n_after = np.searchsorted(start, end, side="left") - place - 1
    one = np.repeat(place, n_after)
    step = np.arange(len(one)) - np.repeat(np.cumsum(n_after) - n_after, n_after)
    return one, one + step + 1
