"""Shares of audited draws, some of which nobody judged: intervals that hold whatever those are."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labeling.quality.intervals import Interval
from labeling.quality.weighted import weighted_shares


class Kind(NamedTuple):
    """Draws of each kind that is measured, and those that are successes; (n_shares, n_draws)."""

    success: NDArray[np.bool_]
    inside: NDArray[np.bool_]


def shares_either_way(
    judged: Kind,
    worst: Kind,
    best: Kind,
    weight: NDArray[np.float64],
    weight_of_all: NDArray[np.float64],
    level: float = 0.95,
) -> list[Interval]:
    """Estimate shares by the judged draws; the bounds count the others against and for each share.

    Parameters
    ----------
    judged : Kind
        By the judged draws alone.
    worst, best : Kind
        With those that nobody judged, as they would lower and raise each share most.
    weight, weight_of_all : float arrays of shape (n_draws,)
        Items that each draw stands for, among those judged (0 for the others) and among all.
    level : float
        Coverage, in (0, 1).

    Notes
    -----
    Nothing is assumed of why a draw was not judged (Manski 1989, J. Human Resources 24, 343-360).

    Examples
    --------
    >>> right, known = np.array([[True, True, False, False]]), np.array([[True, True, True, False]])
    >>> every = np.ones((1, 4), dtype=bool)
    >>> found = shares_either_way(Kind(right, known), Kind(right, every), Kind(right | ~known, every),
    ...     np.array([20.0, 20, 20, 0]), np.full(4, 15.0))
    >>> round(found[0].point, 2), round(found[0].low, 2), round(found[0].high, 2)
    (0.67, 0.15, 0.95)
    """
    found = weighted_shares(judged.success, weight, judged.inside, level)
    touched = ((worst.inside | best.inside) & (weight == 0)).any(axis=1).tolist()
    if not any(touched):
        return found
    low = weighted_shares(worst.success, weight_of_all, worst.inside, level)
    high = weighted_shares(best.success, weight_of_all, best.inside, level)
    return [
        Interval(one.point, min(one.low, below.low), max(one.high, above.high), level)
        if one.measured and unsure
        else one
        for one, below, above, unsure in zip(found, low, high, touched, strict=True)
    ]
