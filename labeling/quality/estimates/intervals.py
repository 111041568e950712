"""Intervals for a share: how good the labels are, and how far that may be off.

Wilson's interval for a uniform sample and its stratified form for a sample drawn with known,
unequal probabilities. Nothing here draws samples (:mod:`labeling.sampling.audits.audit`) or watches them
over time (:mod:`labeling.quality.alarms.detector`).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from labeling.errors import QualityError

MIN_STRATUM = 2
"""Reviews below which a stratum says too little by itself and joins a neighbour."""

STEPS = 48
"""Halvings of the search for a bound; the width left is far below a rounding error."""

FEW = 8
"""Tables up to which a search looks at sixteenths instead of halves: a third of the time, where what costs
is the number of looks and not the numbers."""

ROUNDING = 1e-24
"""Squared distance of two shares that are the same: shares of strata may add up to 1 - 1e-16."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its bounds, all in 0..1; ``point`` is NaN where nothing was measured.

    Examples
    --------
    >>> Interval(0.92, 0.85, 0.96).width
    0.11
    """

    point: float
    low: float
    high: float
    level: float = 0.95

    @property
    def width(self) -> float:
        """Distance between the bounds, 0..1."""
        return round(self.high - self.low, 12)

    @property
    def measured(self) -> bool:
        """Whether any review stands behind the point."""
        return not math.isnan(self.point)


UNMEASURED = Interval(math.nan, 0.0, 1.0)
"""What is known without a review: nothing."""


def wilson(k: float, n: float, population: float | None = None, level: float = 0.95) -> Interval:
    """Wilson's score interval of a share seen on a uniform sample.

    Parameters
    ----------
    k, n : float
        Successes and reviews, ``0 <= k <= n``. Effective (fractional) counts are allowed.
    population : float, optional
        Items the sample was drawn from, without replacement; at least ``n``. The interval then
        uses ``n (N - 1) / (N - n)`` reviews, and is a point when everything was reviewed.
    level : float
        Coverage, in (0, 1).

    Raises
    ------
    QualityError
        If the counts contradict each other or ``level`` is outside (0, 1).

    Notes
    -----
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212. No review at all gives (0, 1), never an error.

    Examples
    --------
    >>> interval = wilson(92, 100)
    >>> round(interval.low, 5), round(interval.high, 5)
    (0.85002, 0.95891)
    """
    size = math.inf if population is None else population
    _checked([k], [n], [size], level)
    if not n:
        return Interval(math.nan, 0.0, 1.0, level)
    if n >= size:
        return Interval(k / n, k / n, k / n, level)
    effective = n if math.isinf(size) else n * max((size - 1) / (size - n), 1.0)
    share, z = min(k / n, 1.0), float(norm.ppf(0.5 + level / 2))
    scale = 1 + z**2 / effective
    middle = (share + z**2 / (2 * effective)) / scale
    spread = z / scale * math.sqrt(share * (1 - share) / effective + (z / (2 * effective)) ** 2)
    return Interval(share, max(middle - spread, 0.0), min(middle + spread, 1.0), level)


def stratified_score(k: ArrayLike, n: ArrayLike, sizes: ArrayLike, level: float = 0.95) -> Interval:
    """Score interval of a share over strata that were sampled at different rates.

    The bounds are the shares whose distance from the estimate is ``z`` standard errors *under
    that share*, the shares of the strata being the most likely ones that add up to it. That puts
    hypothetical errors where the fewest reviews are, so strata without a single error seen stay
    honest. With one stratum it is Wilson's interval.

    Parameters
    ----------
    k, n : float arrays of shape (n_strata,)
        Successes and reviews in each stratum, ``0 <= k <= n``.
    sizes : float array of shape (n_strata,)
        Items in each stratum, at least ``n``; one infinite size alone means "no limit known".
    level : float
        Coverage, in (0, 1).

    Raises
    ------
    QualityError
        If lengths differ, counts contradict each other or ``level`` is outside (0, 1).

    Notes
    -----
    With ``W_h`` the share of items in stratum ``h`` and ``n*_h = n_h (N_h - 1)/(N_h - n_h)``:
    all ``theta`` with ``(sum W_h k_h/n_h - theta)^2 <= z^2 sum W_h^2 p_h (1 - p_h)/n*_h``, where
    ``p_h`` solves ``eta W_h p^2 - (n*_h + eta W_h) p + k*_h = 0``. As eta alone fixes theta, each
    bound is one bisection on eta. The variance under the hypothesis follows Wilson (1927) and,
    for more than one share, Miettinen & Nurminen (1985), Stat. Med. 4, 213-226.

    Examples
    --------
    >>> interval = stratified_score([29, 15], [30, 20], [800, 200])
    >>> round(interval.point, 4), round(interval.low, 3), round(interval.high, 3)
    (0.9233, 0.816, 0.964)
    """
    wins, seen, items = _checked(k, n, sizes, level)
    if not seen.sum():
        return Interval(math.nan, 0.0, 1.0, level)
    wins, seen, items = merge_thin(wins, seen, items)
    point, low, high = score_bounds(wins[None], seen[None], items[None], level)
    return Interval(float(point[0]), float(low[0]), float(high[0]), level)


def merge_thin(
    k: NDArray[np.float64], n: NDArray[np.float64], sizes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Join each stratum of fewer than :data:`MIN_STRATUM` reviews with its neighbour below.

    Strata are ordered by predicted error, so neighbours are the most alike. A stratum that was
    reviewed completely stands by itself, however small.
    """
    group = thin_groups(n, sizes)
    merged = np.array([np.bincount(group, part) for part in (k, n, sizes)])
    merged = merged[:, merged[2] > 0]
    return merged[0], merged[1], merged[2]


def thin_groups(n: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the group each stratum is merged into, ``0 .. n_groups - 1``; see above."""
    group = np.zeros(len(n), dtype=np.int64)
    here, seen, items = 0, 0.0, 0.0
    for at, (drawn, size) in enumerate(zip(n.tolist(), sizes.tolist(), strict=True)):
        thin = drawn < min(MIN_STRATUM, size)
        if at and not (thin or seen < min(MIN_STRATUM, items)):
            here, seen, items = here + 1, 0.0, 0.0
        group[at] = here
        seen, items = seen + drawn, items + size
    return group


def score_bounds(
    k: NDArray[np.float64],
    n: NDArray[np.float64],
    sizes: NDArray[np.float64],
    level: float,
    fixed: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return point, low and high, each of shape (n_tables,), for many stratified tables at once.

    Parameters
    ----------
    k, n, sizes : float arrays of shape (n_tables, n_strata)
        As in :func:`stratified_score`, already merged: every ``n`` is positive. A stratum of size
        0 counts for nothing.
    fixed : float array of shape (n_tables, n_strata), optional
        Part (0..1) of a stratum's reviews that are of the kind counted. Where it is below 1 their
        number is chance too: the variance gets ``(1 - fixed) (p_h - theta)^2`` (Cochran 1977,
        Sampling Techniques, 5A.14). All 1 without it.
    """
    z = float(norm.ppf(0.5 + level / 2))
    infinite = np.isinf(sizes)
    total = sizes.sum(1, keepdims=True)
    weight = np.where(np.isinf(total), 1.0, sizes / np.where(np.isinf(total), 1.0, total))
    with np.errstate(divide="ignore", invalid="ignore"):
        inflation = np.where(infinite, 1.0, (sizes - 1) / (sizes - n))
    known = ~infinite & (n >= sizes)
    inflation = np.where(known, 1.0, np.maximum(inflation, 1.0))
    seen, wins = n * inflation, k * inflation
    share = k / n
    point = (weight * share).sum(1)

    # both bounds of all tables at once: eta > 0 leads down to the low one, eta < 0 to the high one
    loose = np.zeros_like(k) if fixed is None else 1 - fixed
    table = (seen, wins, weight, known.astype(np.float64), share, point, loose)
    twice = [np.concatenate([x, x]) for x in table]
    sign = np.repeat([1.0, -1.0], len(k))
    near, far = np.full(2 * len(k), -30.0), np.full(2 * len(k), 60.0)
    parts = 16 if len(k) <= FEW else 2
    many = [np.repeat(x, parts - 1, axis=0) for x in (sign, *twice)]
    for _ in range(STEPS // (parts.bit_length() - 1)):
        cuts = near[:, None] + (far - near)[:, None] * (np.arange(parts + 1) / parts)
        eta = many[0] * np.exp(cuts[:, 1:-1].ravel())
        inside = ~(_excess(eta, z, *many[1:])[0].reshape(len(near), -1) > ROUNDING)
        last = np.logical_and.accumulate(inside, axis=1).sum(axis=1)
        near, far = cuts[np.arange(len(cuts)), last], cuts[np.arange(len(cuts)), last + 1]
    bounds = np.split(_excess(sign * np.exp(near), z, *twice)[1], 2)
    certain = known.all(1)
    low = np.where(certain, point, np.minimum(bounds[0], point))
    high = np.where(certain, point, np.maximum(bounds[1], point))
    return point, np.clip(low, 0, 1), np.clip(high, 0, 1)


def _excess(
    eta: NDArray[np.float64],
    z: float,
    seen: NDArray[np.float64],
    wins: NDArray[np.float64],
    weight: NDArray[np.float64],
    known: NDArray[np.float64],
    share: NDArray[np.float64],
    point: NDArray[np.float64],
    loose: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far beyond ``z`` standard errors each eta lies, and the share it stands for."""
    p = np.where(known > 0, share, _tilted(eta[:, None] * weight, seen, wins))
    theta = (weight * p).sum(1)
    spread = p * (1 - p) + loose * (p - theta[:, None]) ** 2
    variance = np.where(known > 0, 0.0, weight**2 * spread / seen).sum(1)
    return (point - theta) ** 2 - z**2 * variance, theta


def _tilted(
    pull: NDArray[np.float64], n: NDArray[np.float64], k: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Solve ``pull p^2 - (n + pull) p + k = 0`` for the root in [0, 1], without cancellation."""
    b = n + pull
    root = np.sqrt(np.maximum(b * b - 4 * pull * k, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(b > 0, 2 * k / (b + root), (b - root) / (2 * pull))
    return np.clip(p, 0.0, 1.0)


def _checked(
    k: ArrayLike, n: ArrayLike, sizes: ArrayLike, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    wins, seen, items = (np.asarray(x, dtype=np.float64).ravel() for x in (k, n, sizes))
    if not 0 < level < 1:
        raise QualityError(f"the level of an interval lies in (0, 1), got {level}")
    if not len(wins) == len(seen) == len(items) or not len(wins):
        raise QualityError(
            f"k, n and sizes need one number for each stratum, got {len(wins)}, {len(seen)} "
            f"and {len(items)}"
        )
    wrong = ~((wins >= 0) & (wins <= seen + 1e-9) & (seen <= items + 1e-9))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise QualityError(
            f"stratum {at} has {wins[at]:g} successes in {seen[at]:g} reviews of {items[at]:g} "
            f"items; 0 <= successes <= reviews <= items must hold"
        )
    if np.isinf(items).any() and len(items) > 1:
        raise QualityError("strata need finite sizes: their shares of the items weight them")
    return np.minimum(wins, seen), np.minimum(seen, items), items
