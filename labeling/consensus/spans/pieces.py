"""Pieces: texts cut wherever a mark begins or ends, so that within a piece every voter says one thing."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.spans.keys import distinct
from labeling.span_votes import SpanVotes
from labeling.spans import Spans


@dataclass(frozen=True, eq=False)
class Pieces:
    """The pieces of text that somebody marked, in order, and what was said of each.

    Tags are numbered from 0: ``2 * type`` where a span begins, ``2 * type + 1`` where it goes on.

    Parameters
    ----------
    start, end : int array of shape (n_pieces,)
        On the line of :meth:`labeling.spans.Spans.line`.
    said : sparse array of shape (n_pieces, n_voters * n_tags)
        1 in column ``voter * n_tags + tag``: one tag a voter at most, that of its longest mark there.
    votes : SpanVotes
        What they were cut from.

    Examples
    --------
    >>> marks = Spans.of([(0, 0, 9, 0), (0, 4, 9, 0)], n_items=1, n_types=1)
    >>> pieces = Pieces.of(SpanVotes(marks, np.array([0, 1]), n_voters=2))
    >>> pieces.start.tolist(), pieces.end.tolist(), pieces.tag_votes.tolist()
    ([0, 4], [4, 9], [[1.0, 0.0], [1.0, 1.0]])
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    said: sparse.csr_array
    votes: SpanVotes

    @classmethod
    def of(cls, votes: SpanVotes) -> "Pieces":
        """Cut the marked texts of some votes; marks against something are left aside."""
        pro = np.flatnonzero(~votes.is_against)
        by_length = np.argsort(votes.spans.start[pro] - votes.spans.end[pro], kind="stable")
        pro = pro[by_length]
        marks, voter = votes.spans.take(pro), votes.voter[pro]
        start, end = marks.line(votes.spans.stretch)
        cuts = distinct(np.concatenate([start, end]))
        first, after = np.searchsorted(cuts, start), np.searchsorted(cuts, end)
        n_pieces = after - first
        mark = np.repeat(np.arange(len(pro)), n_pieces)
        step = np.arange(len(mark)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
        piece = first[mark] + step
        covered = distinct(piece)
        place = np.searchsorted(covered, piece)
        once = np.unique(place * votes.n_voters + voter[mark], return_index=True)[1]
        tag = 2 * marks.type[mark] + (step > 0)
        n_tags = 2 * marks.n_types
        column = voter[mark].astype(np.int64) * n_tags + tag
        said = sparse.csr_array(
            (np.ones(len(once)), (place[once], column[once])),
            shape=(len(covered), votes.n_voters * n_tags),
        )
        return cls(cuts[covered], cuts[covered + 1] if len(cuts) else cuts, said, votes)

    @property
    def n_tags(self) -> int:
        """Number of tags."""
        return 2 * self.votes.spans.n_types

    @cached_property
    def tag_votes(self) -> NDArray[np.float64]:
        """How many voters gave each tag, shape (n_pieces, n_tags)."""
        tag = np.tile(np.arange(self.n_tags), self.votes.n_voters)
        by_tag = sparse.csr_array((np.ones(len(tag)), (np.arange(len(tag)), tag)))
        return np.asarray((self.said @ by_tag).toarray())

    @property
    def n_votes(self) -> NDArray[np.int64]:
        """How many voters marked each piece, shape (n_pieces,)."""
        return np.diff(self.said.indptr).astype(np.int64)

    @cached_property
    def joined(self) -> NDArray[np.bool_]:
        """Whether each piece goes on where the one before it ended, shape (n_pieces,)."""
        return np.concatenate([[False], self.start[1:] == self.end[:-1]])[: len(self.start)]

    def tags_of(self, spans: Spans) -> NDArray[np.int64]:
        """Return the tag of each piece in a legal set of candidates, 0 outside, else 1 + tag."""
        stretch = self.votes.spans.stretch
        start, end = spans.line(stretch)
        first, after = np.searchsorted(self.start, start), np.searchsorted(self.start, end)
        tags = np.zeros(len(self.start) + 1, dtype=np.int64)
        inside = np.zeros(len(tags), dtype=np.int64)
        np.add.at(inside, first, 2 * spans.type + 2)
        np.add.at(inside, after, -(2 * spans.type + 2))
        tags = np.cumsum(inside)
        tags[first] -= 1
        return tags[:-1]

    def spans_of(self, tags: NDArray[np.int64]) -> Spans:
        """Read spans off tags, 0 outside, else 1 + tag; what goes on without a beginning begins."""
        kind, goes_on = (tags - 1) // 2, (tags > 0) & (tags % 2 == 0)
        same = self.joined & (np.concatenate([[-1], kind[:-1]])[: len(kind)] == kind)
        begins = (tags > 0) & ~(goes_on & same)
        first = np.flatnonzero(begins)
        inside = tags > 0
        number = np.cumsum(begins) - 1
        end = np.zeros(len(first), dtype=np.int64)
        end[number[inside]] = self.end[inside]  # the last piece of a span writes last
        stretch = self.votes.spans.stretch
        item = self.start[first] // stretch
        return Spans(
            item,
            (self.start[first] - item * stretch).astype(np.int32),
            (end - item * stretch).astype(np.int32),
            kind[first].astype(np.int32),
            self.votes.spans.n_items,
            self.votes.spans.n_types,
        )
