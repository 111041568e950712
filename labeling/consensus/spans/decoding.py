"""From worths of candidates to a legal set: no two spans overlap, and the sum of worths is the greatest."""

import numpy as np
from numpy.typing import NDArray

from labeling.spans import Spans


def best_set(spans: Spans, worth: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Choose the spans that do not overlap and together are worth most.

    Weighted interval scheduling (Kleinberg and Tardos, *Algorithm Design*, section 6.1), in step over
    all groups of spans that are tied by overlaps: the number of steps is the size of the largest group.
    A span that touches another does not overlap it. What is worth nothing is left out; of sets of
    equal worth the one whose last spans end first is taken.

    Parameters
    ----------
    spans : Spans
        In any order.
    worth : float array of shape (n_spans,)
        What is gained by taking each; finite.

    Returns
    -------
    bool array of shape (n_spans,)
        Which are taken.

    Examples
    --------
    >>> spans = Spans.of([(0, 0, 4, 0), (0, 3, 9, 0), (0, 9, 12, 0)], n_items=1, n_types=1)
    >>> best_set(spans, np.array([0.6, 0.9, 0.2])).tolist()
    [False, True, True]
    """
    taken = np.zeros(spans.n_spans, dtype=np.bool_)
    use = np.flatnonzero(worth > 0)
    start, end = (column[use] for column in spans.line())
    by_end = np.lexsort((start, end))
    use, start, end, gain = use[by_end], start[by_end], end[by_end], worth[use[by_end]]
    if not len(use):
        return taken
    group = groups(start, end)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    rank = np.arange(len(use)) - first[group]
    # best[i + 1]: the most that the group's spans up to i are worth; best[first] is 0 by reading before
    before = np.maximum(np.searchsorted(end, start, side="right") - 1, first[group] - 1)
    best, kept = np.zeros(len(use)), np.zeros(len(use), dtype=np.bool_)
    by_rank = np.argsort(rank, kind="stable")
    steps = np.split(by_rank, np.cumsum(np.bincount(rank))[:-1])
    for at in steps:
        inside = before[at] >= first[group[at]]
        with_it = gain[at] + np.where(inside, best[before[at]], 0.0)
        without = np.where(rank[at] > 0, best[at - 1], 0.0)
        kept[at] = with_it > without
        best[at] = np.maximum(with_it, without)
    last = np.append(first[1:], len(use)) - 1
    while len(last):
        chosen = kept[last]
        taken[use[last[chosen]]] = True
        back = np.where(chosen, before[last], last - 1)
        last = back[back >= first[group[last]]]
    return taken


def groups(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the group each stretch is in; overlaps tie a group, and ends rise.

    Examples
    --------
    >>> groups(np.array([0, 3, 9]), np.array([4, 9, 12])).tolist()
    [0, 0, 1]
    """
    reach = np.minimum.accumulate(start[::-1])[::-1]
    apart = end[:-1] <= reach[1:]
    return np.concatenate([[0], np.cumsum(apart)]).astype(np.int64)
