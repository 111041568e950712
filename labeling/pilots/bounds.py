"""Bounds of a mean that hold at every moment at once, so that anybody may look after every review.

A bettor who starts with 1 and bets against "the mean is at most m" can be richer than 1 / alpha, ever,
with a chance of alpha at most where that is true (Ville 1939). Means against which somebody became
that rich are out of bounds (Waudby-Smith & Ramdas 2024, J. R. Stat. Soc. B 86, 1-27, doi:10.1093/jrsssb/qkad009).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STAKES = (0.9, 0.6, 0.4, 0.25, 0.16, 0.1, 0.06, 0.03)
"""Shares of the greatest stake, bet side by side; their mean is as good a bet as any."""

HALVINGS = 14
"""Steps of looking for a bound: to a hundredth of a point."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Estimates and bounds of several means, each an array of shape (n_series,)."""

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def bounds_of(
    x: NDArray[np.float64],
    inside: NDArray[np.bool_],
    least: float | NDArray[np.float64],
    most: float | NDArray[np.float64],
    alpha: float,
    span: tuple[float, float],
    weight: NDArray[np.float64] | None = None,
) -> Bounds:
    """Bound the means of several series at every moment at once.

    Parameters
    ----------
    x : float array of shape (n, n_series)
        In the order of time. Given what came before, each has the mean that is asked for.
    inside : bool array of shape (n, n_series)
        Which of them belong to the series.
    least, most : float, or float array of the shape of ``x``
        Smallest and greatest value that each ``x`` may have, known before it.
    alpha : float
        Chance, in (0, 1), with which any of the two bounds of a series may ever be wrong.
    span : (float, float)
        Where the means can lie at all.
    weight : float array of shape (n,) or (n, n_series), optional
        What each stands for, where ``x`` is already multiplied by it: then the means are shares of weights,
        and ``least`` and ``most`` are those of ``x`` without its weight, times the greatest weight.

    Examples
    --------
    >>> x = np.tile([1.0, 1.0, 1.0, 0.0], 50)[:, None]
    >>> found = bounds_of(x, np.ones_like(x, bool), 0.0, 1.0, 0.05, (0.0, 1.0))
    >>> [round(float(one[0]), 2) for one in (found.low, found.value, found.high)]
    [0.64, 0.75, 0.84]
    """
    each = np.ones(1) if weight is None else weight
    each = np.broadcast_to(each if each.ndim == 2 else each[:, None], x.shape)
    n = np.where(inside, each, 0.0).sum(axis=0)
    value = np.where(inside, x, 0.0).sum(axis=0) / np.where(n > 0, n, 1)
    value = np.clip(np.where(n > 0, value, sum(span) / 2), *span)
    scale = 1.0 if weight is None else float(np.max(most) / span[1])
    low = _lowest(x, inside, each, least, alpha / 2, span, value, scale)
    turned = (-span[1], -span[0])
    high = -_lowest(-x, inside, each, -most, alpha / 2, turned, -value, scale)
    return Bounds(value, low, high)


def _log_evidence(
    x: NDArray[np.float64],
    inside: NDArray[np.bool_],
    weight: NDArray[np.float64],
    least: float | NDArray[np.float64],
    mean: NDArray[np.float64],
    scale: float,
) -> NDArray[np.float64]:
    """Return the logarithm of evidence against "the mean is at most ``mean``", shape (n_series,).

    Its exponential is an e-value at every moment: on average at most 1 where that is true.
    """
    loss = np.broadcast_to(np.maximum(scale * mean - least, 1e-9), x.shape)
    over = np.where(inside, x - weight * mean, 0.0)
    gains = np.log1p(np.array(STAKES) * (over / loss)[:, :, None]).sum(axis=0)
    return np.logaddexp.reduce(gains, axis=1) - np.log(len(STAKES))


def _lowest(
    x: NDArray[np.float64],
    inside: NDArray[np.bool_],
    weight: NDArray[np.float64],
    least: float | NDArray[np.float64],
    alpha: float,
    span: tuple[float, float],
    value: NDArray[np.float64],
    scale: float,
) -> NDArray[np.float64]:
    """Find the smallest mean against which nobody became rich: evidence falls as the mean grows."""
    low, high = np.full(x.shape[1], span[0]), value.copy()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        rich = _log_evidence(x, inside, weight, least, middle, scale) >= np.log(1 / alpha)
        low, high = np.where(rich, middle, low), np.where(rich, high, middle)
    return low
