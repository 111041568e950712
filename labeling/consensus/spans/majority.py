"""Majorities: what to beat, and what other members start from."""

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.spans.candidates import Candidates
from labeling.consensus.spans.pieces import Pieces
from labeling.spans import Spans


def by_span(candidates: Candidates, at_least: int = 1) -> NDArray[np.bool_]:
    """Take the candidate with the most votes, then the next that does not overlap, and so on.

    Of equally many votes the longer is taken, then the earlier, then the lower type. Votes against
    are subtracted.

    Parameters
    ----------
    candidates : Candidates
    at_least : int
        Votes that a span needs.

    Returns
    -------
    bool array of shape (n_candidates,)

    Examples
    --------
    >>> from labeling.span_votes import SpanVotes
    >>> marks = Spans.of([(0, 4, 9, 0), (0, 0, 9, 0), (0, 4, 9, 0)], n_items=1, n_types=1)
    >>> candidates = Candidates.of(SpanVotes(marks, np.array([0, 1, 2]), n_voters=3))
    >>> candidates.spans.take(by_span(candidates)).rows()
    [(0, 4, 9, 0)]
    """
    votes = candidates.balance
    return greedy(candidates, (votes, candidates.length), votes >= at_least)


def greedy(
    candidates: Candidates, worth: tuple[NDArray[np.int64], ...], allowed: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Take candidates from the best on, leaving out what overlaps one that was taken.

    In rounds: who is better than all rivals that are left is taken, and rivals of the taken go.
    """
    n = len(allowed)
    order = np.lexsort((np.arange(n), *(-each for each in reversed(worth))))
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    one, other = candidates.overlaps
    both = allowed[one] & allowed[other]
    one, other = one[both], other[both]
    taken, left = np.zeros(n, dtype=np.bool_), allowed.copy()
    while left.any():
        best = left.copy()
        best[one[place[other] < place[one]]] = False
        taken |= best
        left &= ~best
        left[other[best[one]]] = False
        still = left[one] & left[other]
        one, other = one[still], other[still]
    return taken


def by_token(pieces: Pieces) -> Spans:
    """Give each piece of text the tag that most of those who marked it give it, and read spans off.

    Voters that are silent on a piece have no vote there. A tag is a type with whether a span begins;
    of equally many votes the lower type wins, and a beginning over a continuation.
    """
    tag = np.where(pieces.n_votes > 0, np.argmax(pieces.tag_votes, axis=1) + 1, 0)
    return pieces.spans_of(tag.astype(np.int64))
