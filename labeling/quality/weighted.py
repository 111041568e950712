"""One weight for each review, and every published share out of these weights.

A review stands for as many items as its stratum has for each review that was drawn from it. The
accuracy of labels, of a class, of a voter, recall and F1 are all the weighted share of one kind of
review among another, so they agree with each other, and all get their interval here.
"""

import math

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.audited import MISSING, AuditedBatch
from labeling.quality.intervals import MIN_STRATUM, Interval, score_bounds, thin_groups

ALIKE = 1.25
"""Weights up to this factor apart are pooled, whatever batch they are from; pooling costs 1 %."""


VAST = 1e12
"""Items a review stands for where there is no end of them."""


def draw_weight(batch: AuditedBatch, kept: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Return how many items each draw stands for, shape (n_drawn,); 0 for one that is left out.

    Parameters
    ----------
    batch : AuditedBatch
    kept : bool array of shape (n_drawn,), optional
        Draws that count; those with gold without it.

    Notes
    -----
    The weights add up to the batch's items (Horvitz & Thompson 1952, J. Am. Stat. Assoc. 47,
    663-685). A stratum with fewer than two such draws is taken together with its neighbour.

    Examples
    --------
    >>> batch = AuditedBatch.uniform("a", [0] * 100, range(10), [0] * 8 + [MISSING] * 2)
    >>> draw_weight(batch)[[0, 9]].tolist()
    [12.5, 0.0]
    """
    counted = batch.gold != MISSING if kept is None else kept
    if not counted.any():
        return np.zeros(len(counted))
    stratum, sizes = batch.design.stratum[batch.drawn], batch.design.sizes.astype(np.float64)
    drawn = np.bincount(stratum[counted], minlength=len(sizes)).astype(np.float64)
    group = thin_groups(drawn, sizes)
    each = np.bincount(group, sizes) / np.maximum(np.bincount(group, drawn), 1)
    return np.where(counted, each[group[stratum]], 0.0)


def weighted_share(
    success: NDArray[np.bool_],
    weight: NDArray[np.float64],
    inside: NDArray[np.bool_] | None = None,
    level: float = 0.95,
    finite: bool = True,
) -> Interval:
    """Estimate the share of successes among the reviews ``inside``, with its interval.

    Parameters
    ----------
    success : bool array of shape (n_reviews,)
    weight : float array of shape (n_reviews,)
        Items each review stands for, at least 1; 0 leaves it out. Of *all* reviews that were
        drawn: they tell how much of the sample the kind ``inside`` is.
    inside : bool array of shape (n_reviews,), optional
        Reviews of the kind that is measured; all without it.
    level : float
        Coverage, in (0, 1).
    finite : bool
        Whether weights count the items of a finite batch, which many reviews exhaust; False where
        they are only relative.

    Raises
    ------
    QualityError
        If lengths differ.

    Notes
    -----
    Hajek's ratio. Reviews of like weight are one stratum of a score interval
    (:func:`labeling.quality.intervals.score_bounds`), whatever batch they are from: a stratum for
    each batch would have too few reviews to tell its variance.

    Examples
    --------
    >>> right = np.array([True] * 92 + [False] * 8)
    >>> found = weighted_share(right, np.ones(100), finite=False)
    >>> round(found.low, 4), round(found.high, 4)
    (0.85, 0.9589)
    """
    among = weight > 0 if inside is None else inside & (weight > 0)
    if not len(success) == len(weight) == len(among):
        raise QualityError(
            f"{len(success)} answers, {len(weight)} weights and {len(among)} reviews inside differ"
        )
    if not among.any():
        return Interval(math.nan, 0.0, 1.0, level)
    if not finite:
        weight = weight / float(weight[among].max()) * VAST
    tables = share_tables(success, weight, among)
    k, n, sizes, fixed = (part[None] for part in tables)
    point, low, high = score_bounds(k, n, sizes, level, fixed)
    return Interval(float(point[0]), float(low[0]), float(high[0]), level)


def weighted_shares(
    series: NDArray[np.int64],
    row: NDArray[np.int64],
    right: NDArray[np.bool_],
    weight: NDArray[np.float64],
    finite: bool = True,
) -> dict[int, Interval]:
    """Estimate the share right of many voters; one entry for each vote on a review.

    Parameters
    ----------
    series, row : int arrays of shape (n_votes,)
        Who voted, and on which review.
    right : bool array of shape (n_votes,)
    weight : float array of shape (n_reviews,)
    finite : bool
        As in :func:`weighted_share`.

    Returns
    -------
    dict of int to Interval
        By voter; those without a vote are missing.

    Examples
    --------
    >>> votes = np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([True, False, True])
    >>> found = weighted_shares(*votes, np.ones(2), finite=False)
    >>> found[0].point, found[1].point
    (0.5, 1.0)
    """
    order = np.argsort(series, kind="stable")
    names, first = np.unique(series[order], return_index=True)
    found: dict[int, Interval] = {}
    for name, votes in zip(names.tolist(), np.split(order, first[1:]), strict=True):
        inside, hit = np.zeros(len(weight), np.bool_), np.zeros(len(weight), np.bool_)
        inside[row[votes]], hit[row[votes[right[votes]]]] = True, True
        found[name] = weighted_share(hit, weight, inside, finite=finite)
    return found


def share_tables(
    success: NDArray[np.bool_], weight: NDArray[np.float64], inside: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return ``k``, ``n``, ``sizes`` and ``fixed`` of :func:`score_bounds`, each (n_strata,)."""
    drawn = weight > 0
    group, w = alike(weight[drawn]), weight[drawn]
    chosen = inside[drawn]
    mine, v = group[chosen], w[chosen]
    every = np.bincount(group, w)
    sizes, squares = np.bincount(mine, v, len(every)), np.bincount(mine, v * v, len(every))
    hits = np.bincount(mine, v * success[drawn][chosen], len(every))
    full = sizes > 0
    sizes, squares, hits, every = sizes[full], squares[full], hits[full], every[full]
    n = sizes**2 / squares
    return n * np.minimum(hits / sizes, 1.0), n, np.maximum(sizes, n), sizes / every


def alike(weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Group reviews by weight: at most :data:`ALIKE` apart, at least two in each group.

    Reviews that stand for themselves alone (weight 1) stay apart: nothing is uncertain there.
    """
    values, place, count = np.unique(np.round(weight, 9), return_inverse=True, return_counts=True)
    group = np.zeros(len(values), dtype=np.int64)
    first, seen = float(values[0]), 0
    for at, (value, n) in enumerate(zip(values.tolist(), count.tolist(), strict=True)):
        alone = first <= 1 < value
        if at and (alone or (value > ALIKE * first and seen >= MIN_STRATUM)):
            group[at:] += 1
            first, seen = value, 0
        seen += n
    return group[place]
