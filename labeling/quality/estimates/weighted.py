"""One weight for each review, and every published share out of these weights.

A review stands for as many items as its stratum has for each review that was drawn from it. The
accuracy of labels, of a class, of a voter, recall and F1 are all the weighted share of one kind of
review among another, so they agree with each other, and all get their interval here.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.estimates.audited import AuditedBatch
from labeling.quality.estimates.intervals import MIN_STRATUM, Interval, score_bounds, thin_groups

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
        Draws that count; those that were judged without it.

    Notes
    -----
    The weights add up to the batch's items (Horvitz & Thompson 1952, J. Am. Stat. Assoc. 47,
    663-685). A stratum with fewer than two such draws is taken together with its neighbour.

    Examples
    --------
    >>> batch = AuditedBatch.uniform("a", 100, range(10), [False] * 10)
    >>> draw_weight(batch, np.arange(10) < 8)[[0, 9]].tolist()
    [12.5, 0.0]
    """
    counted = batch.judged if kept is None else kept
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
    (:func:`labeling.quality.estimates.intervals.score_bounds`), whatever batch they are from: a stratum for
    each batch would have too few reviews to tell its variance.

    Examples
    --------
    >>> right = np.array([True] * 92 + [False] * 8)
    >>> found = weighted_share(right, np.ones(100), finite=False)
    >>> round(found.low, 4), round(found.high, 4)
    (0.85, 0.9589)
    """
    among = np.ones(len(weight), np.bool_) if inside is None else inside
    return weighted_shares(success[None], weight, among[None], level, finite)[0]


def weighted_shares(
    success: NDArray[np.bool_],
    weight: NDArray[np.float64],
    inside: NDArray[np.bool_],
    level: float = 0.95,
    finite: bool = True,
) -> list[Interval]:
    """Estimate many shares of the same reviews at once; see :func:`weighted_share`.

    Parameters
    ----------
    success, inside : bool arrays of shape (n_shares, n_reviews)
    weight : float array of shape (n_reviews,)
    level, finite : float, bool

    Examples
    --------
    >>> right = np.array([[True, False, True], [True, True, False]])
    >>> spoke = np.array([[True, True, False], [True, True, True]])
    >>> [round(s.point, 2) for s in weighted_shares(right, np.ones(3), spoke, finite=False)]
    [0.5, 0.67]
    """
    return ShareCounts.of(success, weight, inside).shares(level, finite)


@dataclass(frozen=True, slots=True, eq=False)
class ShareCounts:
    """Reviews counted by the items they stand for: what shares and intervals are computed from.

    Parameters
    ----------
    weight : float array of shape (n_weights,)
        Items that a review stands for, each once, in rising order, above 0.
    drawn : int array of shape (n_weights,)
        Reviews of that weight, whatever their kind.
    inside, success : int arrays of shape (n_shares, n_weights)
        Those of the kind that each share measures, and the successes among them.

    Examples
    --------
    >>> right, all_of_it = np.array([[True, False]]), np.ones((1, 2), dtype=bool)
    >>> one = ShareCounts.of(right, np.array([5.0, 8.0]), all_of_it)
    >>> other = ShareCounts.of(right, np.array([8.0, 5.0]), all_of_it)
    >>> both = one.merge(other)
    >>> both.weight.tolist(), both.drawn.tolist(), both.success.tolist()
    ([5.0, 8.0], [2, 2], [[1, 1]])
    """

    weight: NDArray[np.float64]
    drawn: NDArray[np.int64]
    inside: NDArray[np.int64]
    success: NDArray[np.int64]

    @classmethod
    def of(
        cls, success: NDArray[np.bool_], weight: NDArray[np.float64], inside: NDArray[np.bool_]
    ) -> Self:
        """Count reviews; see :func:`weighted_shares`."""
        if success.shape != inside.shape or inside.shape[1] != len(weight):
            raise QualityError(
                f"answers of shape {success.shape}, reviews inside of shape {inside.shape} and "
                f"{len(weight)} weights do not fit together"
            )
        kept = weight > 0
        among, drawn = inside[:, kept].astype(np.int64), np.ones(np.count_nonzero(kept), np.int64)
        distinct, counts = _distinct(weight[kept], drawn, among, among * success[:, kept])
        return cls(distinct, *counts)

    def merge(self, *others: Self) -> Self:
        """Return the counts of all reviews together, the same whoever counted which of them."""
        parts = (self, *others)
        distinct, counts = _distinct(
            np.concatenate([part.weight for part in parts]),
            np.concatenate([part.drawn for part in parts]),
            np.concatenate([part.inside for part in parts], axis=1),
            np.concatenate([part.success for part in parts], axis=1),
        )
        return type(self)(distinct, *counts)

    def shares(self, level: float = 0.95, finite: bool = True) -> list[Interval]:
        """Estimate each share; see :func:`weighted_share`."""
        found = [Interval(math.nan, 0.0, 1.0, level)] * len(self.inside)
        measured = np.flatnonzero(self.inside.any(axis=1))
        if not len(measured):
            return found
        w = self.weight if finite else self.weight / self.weight[-1] * VAST
        first = np.flatnonzero(np.diff(alike(w, self.drawn), prepend=-1))

        def summed(count: NDArray[np.int64], each: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.add.reduceat(count * each, first, axis=-1)

        inside = self.inside[measured]
        sizes, squares = summed(inside, w), summed(inside, w**2)
        hits = summed(self.success[measured], w)
        seen = sizes > 0
        n = np.divide(sizes**2, squares, out=np.ones_like(sizes), where=seen)
        k = np.divide(hits * n, sizes, out=np.zeros_like(sizes), where=seen)
        fixed = np.divide(sizes, summed(self.drawn, w), out=np.ones_like(sizes), where=seen)
        sizes = np.where(seen, np.maximum(sizes, n), 0.0)
        for at, point, low, high in zip(
            measured.tolist(),
            *(part.tolist() for part in score_bounds(np.minimum(k, n), n, sizes, level, fixed)),
            strict=True,
        ):
            found[at] = Interval(point, low, high, level)
        return found


def _distinct(
    weight: NDArray[np.float64], *counts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], list[NDArray[np.int64]]]:
    """Sort by weight, and add up what is counted of each."""
    order = np.argsort(weight, kind="stable")
    weight = weight[order]
    first = np.flatnonzero(np.diff(weight, prepend=-1.0))
    if not len(first):
        return weight, [*counts]
    return weight[first], [np.add.reduceat(one[..., order], first, axis=-1) for one in counts]


def alike(weight: NDArray[np.float64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Group weights: at most :data:`ALIKE` apart, at least two reviews in each group.

    Reviews that stand for themselves alone (weight 1) stay apart: nothing is uncertain there.

    Parameters
    ----------
    weight : float array of shape (n_weights,)
        In rising order.
    count : int array of shape (n_weights,)
        Reviews of each.

    Returns
    -------
    int array of shape (n_weights,)
        Numbers of the groups, in rising order.
    """
    values, place = np.unique(np.round(weight, 9), return_inverse=True)
    reviews = np.bincount(place, count).tolist()
    group = np.zeros(len(values), dtype=np.int64)
    first, seen = float(values[0]), 0
    for at, (value, n) in enumerate(zip(values.tolist(), reviews, strict=True)):
        alone = first <= 1 < value
        if at and (alone or (value > ALIKE * first and seen >= MIN_STRATUM)):
            group[at:] += 1
            first, seen = value, 0
        seen += n
    return group[place]
