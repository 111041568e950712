"""Which review teaches the label model most: items whose votes many others share."""

import heapq

import numpy as np
from numpy.typing import NDArray

from labeling.gold import Gold
from labeling.votes import Votes

PRIOR_STRENGTH = 4.0
"""Reviews that the label model's posterior of a vote pattern is worth before any review."""


def patterns(votes: Votes) -> NDArray[np.int64]:
    """Return a number for who voted what on each item; shape (n_items,). No votes count too.

    Examples
    --------
    >>> patterns(Votes.from_matrix([[0, -1], [1, 0], [0, -1]], n_classes=2)).tolist()
    [0, 1, 0]
    """
    order = np.lexsort((votes.voter, votes.item))
    event = votes.voter.astype(np.int64) * votes.n_classes + votes.label
    said: list[list[int]] = [[] for _ in range(votes.n_items)]
    for at in order:
        said[int(votes.item[at])].append(int(event[at]))
    number: dict[tuple[int, ...], int] = {}
    return np.array([number.setdefault(tuple(s), len(number)) for s in said], dtype=np.int64)


def most_teaching(
    votes: Votes, posterior: NDArray[np.float64], gold: Gold | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rank the items by what the next review of each would teach about all of its pattern.

    The class shares of a vote pattern are Dirichlet: the posterior as :data:`PRIOR_STRENGTH`
    pseudo-reviews plus the reviews so far. One more review is expected to shrink its variance by
    ``(1 - sum_k m_k^2) / (S + 1)^2``, which counts for every item of the pattern.

    Parameters
    ----------
    votes : Votes
    posterior : float array of shape (n_items, K)
        The label model's.
    gold : Gold, optional
        Reviews so far; those items are not ranked again.

    Returns
    -------
    ranked : int array
        Items without gold, the most teaching first; each takes those before it into account.
    gain : float array of shape (n_items,)
        Expected fall of squared error, summed over the items of the pattern; 0 where reviewed.

    Notes
    -----
    Value of information as in Frazier, Powell & Dayanik (2009), "The knowledge-gradient policy",
    INFORMS J. Computing 21(4), with variance for the loss.

    Examples
    --------
    >>> votes = Votes.from_matrix([[0, -1], [0, -1], [0, -1], [1, 1]], n_classes=2)
    >>> posterior = np.array([[0.6, 0.4]] * 3 + [[0.01, 0.99]])
    >>> most_teaching(votes, posterior)[0].tolist()
    [0, 1, 2, 3]
    """
    pattern = patterns(votes)
    n_patterns = int(pattern.max()) + 1 if len(pattern) else 0
    size = np.bincount(pattern, minlength=n_patterns)
    shares = np.zeros((n_patterns, votes.n_classes))
    np.add.at(shares, pattern, posterior)
    alpha = PRIOR_STRENGTH * shares / size[:, None]
    reviewed = np.zeros(votes.n_items, dtype=bool)
    if gold is not None:
        np.add.at(alpha, (pattern[gold.item], gold.label), 1.0)
        reviewed[gold.item] = True
    strength = alpha.sum(axis=1)
    spread = 1 - ((alpha / strength[:, None]) ** 2).sum(axis=1)

    waiting: list[list[int]] = [[] for _ in range(n_patterns)]
    for item in np.flatnonzero(~reviewed)[::-1].tolist():
        waiting[pattern[item]].append(item)

    def worth(at: int) -> float:
        return float(size[at] * spread[at] / (strength[at] + 1) ** 2)

    heap = [(-worth(at), at) for at in range(n_patterns) if waiting[at]]
    heapq.heapify(heap)
    ranked: list[int] = []
    gain = np.zeros(votes.n_items)
    while heap:
        negative, at = heapq.heappop(heap)
        item = waiting[at].pop()
        ranked.append(item)
        gain[item] = -negative
        strength[at] += 1
        if waiting[at]:
            heapq.heappush(heap, (-worth(at), at))
    return np.asarray(ranked, dtype=np.int64), gain
