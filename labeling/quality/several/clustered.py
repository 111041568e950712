"""Shares of what items hold several of, where whole items were drawn: their parts err together."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from labeling.errors import QualityError
from labeling.quality.estimates.intervals import Interval, wilson
from labeling.quality.estimates.weighted import alike

ASSUMED = 2.0
"""Mistakes that what is assumed of an item's parts counts for, against what was seen."""

CORRELATED = 0.15
"""Correlation of the mistakes within an item that is assumed before any is seen."""

LEAST_EFFECT = 0.5
"""Variance, in that of as many parts drawn one by one, that strata are believed to lower it to."""


def clustered_share(
    hits: NDArray[np.float64],
    parts: NDArray[np.float64],
    weight: NDArray[np.float64],
    level: float = 0.95,
    *,
    uneven: bool = False,
) -> Interval:
    r"""Estimate the share of hits among the parts of items, with an interval that knows of items.

    Parameters
    ----------
    hits, parts : float arrays of shape (n_items,)
        Of each reviewed item, ``0 <= hits <= parts``: classes rightly given among classes given.
    weight : float array of shape (n_items,)
        Items that each stands for, at least 1; 0 leaves it out.
    level : float
        Coverage, in (0, 1).
    uneven : bool
        Whether items hold very different numbers of parts, and many none.

    Raises
    ------
    QualityError
        If lengths differ or an item has more hits than parts.

    Notes
    -----
    The ratio of two totals, whose variance is that of :math:`w_i (y_i - R x_i) / \sum w x` over the items
    (linearisation), within items of like weight, with ``n / (n - 1)`` and the finite-population
    correction in each (Cochran 1977, Sampling Techniques, 6 and 11). Divided by the variance of as
    many parts drawn one by one it is the design effect. Wilson's interval of the effective number
    of parts, with a quantile of Student's t for so many items, is the interval (Korn & Graubard
    1998, Survey Methodology 24, 193-201). Few mistakes tell little of how they go together: the
    design effect is drawn towards that of a correlation of :data:`CORRELATED`. Of ``uneven`` items the
    quantile is for as many items as would weigh as much if all were alike (Kish 1965, *Survey
    Sampling*, 11.7).

    Examples
    --------
    >>> hits, parts = np.array([2.0] * 40 + [0.0] * 5), np.full(45, 2.0)
    >>> found = clustered_share(hits, parts, np.full(45, 100.0))
    >>> round(found.point, 3), round(found.low, 3), round(found.high, 3)
    (0.889, 0.766, 0.951)
    """
    if not len(hits) == len(parts) == len(weight) or bool((hits > parts).any()):
        raise QualityError(
            f"each of {len(weight)} items needs hits, at most as many as its parts; got "
            f"{len(hits)} and {len(parts)}"
        )
    kept = weight > 0
    y, x, w = hits[kept], parts[kept], weight[kept]
    total = float(w @ x)
    if total <= 0:
        return Interval(math.nan, 0.0, 1.0, level)
    share = min(float(w @ y) / total, 1.0)
    alone = total**2 / float(w**2 @ x)
    free = max(1 - len(w) / float(w.sum()), 0.0)
    if not free:
        return Interval(share, share, share, level)
    size = float(w**2 @ x**2) / float(w**2 @ x)
    assumed = 1 + CORRELATED * (size - 1)
    mistakes = min(share, 1 - share) * alone
    variance = share * (1 - share) / alone * free
    seen = _variance(w * (y - share * x) / total, w) / variance if variance > 0 else 0.0
    effect = max((mistakes * seen + ASSUMED * assumed) / (mistakes + ASSUMED), LEAST_EFFECT)
    reviews = total**2 / float(w**2 @ x**2) if uneven else len(w)
    effective = alone / effect / free / wider(reviews, level) ** 2
    return wilson(share * effective, effective, level=level)


def wider(reviews: float, level: float) -> float:
    """Return how much longer a quantile of Student's t for so many reviews is than the normal one."""
    return float(stdtrit(max(reviews - 1, 1), 0.5 + level / 2) / ndtri(0.5 + level / 2))


def _variance(influence: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Return the variance of the sum of what each item moves the share by."""
    order = np.argsort(weight, kind="stable")
    group = np.empty(len(weight), dtype=np.int64)
    group[order] = alike(weight[order], np.ones(len(weight), dtype=np.int64))
    n = np.bincount(group).astype(np.float64)
    mean = np.bincount(group, influence) / n
    squares = np.bincount(group, (influence - mean[group]) ** 2)
    free = np.maximum(1 - n / np.bincount(group, weight), 0.0)
    return float(np.sum(free * n / np.maximum(n - 1, 1) * squares))
