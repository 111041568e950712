"""The longest credible spans: what the label models start from."""

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.spans.candidates import Candidates
from labeling.consensus.spans.majority import greedy

CONFIRMED = 0.5
"""Share of the marks that other voters touch which others must make too for a voter to be credible."""

REACHES_FURTHER = 0.75
"""Share of the marks within or around which others mark that must be the longer for it to be so."""

USUAL = 0.5
"""Share of the votes that uncontested candidates of its type have on average which a candidate needs:
where rules know some names each, one vote is enough, of five models that read everything two must agree."""


def longest_credible(candidates: Candidates) -> NDArray[np.bool_]:
    """Take the longest of what is credible, then what has most votes of the rest, without overlaps.

    Where rules meet, the shorter span is often what a dictionary knows of a longer name: its votes do
    not speak against a voter that sees whole names. Marks that are longer here and shorter there are
    slips. So a candidate is credible if one of its voters is mostly confirmed where others mark too, and
    where they differ mostly reaches further. What has less than half of the votes that uncontested
    candidates of its type have is left out.

    Returns
    -------
    bool array of shape (n_candidates,)
        A legal set.

    Examples
    --------
    >>> from labeling.span_votes import SpanVotes
    >>> from labeling.spans import Spans
    >>> longer = [(0, 0, 9, 0), (1, 0, 9, 0), (2, 0, 9, 0), (3, 0, 9, 0), (4, 0, 9, 0)]
    >>> other = [(0, 4, 9, 0), (1, 4, 9, 0), (2, 0, 9, 0), (3, 0, 9, 0), (4, 0, 9, 0)]
    >>> voter = np.repeat([0, 1], 5)
    >>> votes = SpanVotes(Spans.of(longer + other, n_items=5, n_types=1), voter, n_voters=2)
    >>> candidates = Candidates.of(votes)
    >>> candidates.spans.take(longest_credible(candidates)).rows() == longer
    True
    """
    n_votes, balance, length = candidates.n_votes, candidates.balance, candidates.length
    one, _ = candidates.overlaps
    contested = np.bincount(one, minlength=len(n_votes)) > 0
    kind, n_types = candidates.spans.type[~contested], candidates.spans.n_types
    cast = np.bincount(kind, n_votes[~contested], n_types)
    usual = cast / np.maximum(np.bincount(kind, minlength=n_types), 1)
    allowed = (balance >= 1) & (n_votes >= USUAL * usual[candidates.spans.type])
    credible = np.asarray(candidates.marked @ _sees_whole_names(candidates, contested)) > 0
    second, third = np.where(credible, length, balance), np.where(credible, balance, length)
    return greedy(candidates, (credible.astype(np.int64), second, third), allowed)


def _sees_whole_names(candidates: Candidates, contested: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Tell which voters are mostly confirmed, and mostly longer where they differ, (n_voters,)."""

    def marks(here: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.asarray(candidates.marked.T @ here.astype(np.float64))

    shared = candidates.n_votes > 1
    confirmed = (marks(shared) + 1) / (marks(shared | contested) + 2)
    one, other = candidates.overlaps
    n, length = len(shared), candidates.length
    around = np.bincount(one[length[one] > length[other]], minlength=n) > 0
    within = np.bincount(one[length[one] < length[other]], minlength=n) > 0
    longer = (marks(around & ~within) + 1) / (marks(around ^ within) + 2)
    return ((confirmed >= CONFIRMED) & (longer >= REACHES_FURTHER)).astype(np.float64)
