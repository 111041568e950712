"""Shares of audited draws, some of which nobody judged: intervals that hold whatever those are."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.weighted import ShareCounts


class Hits(NamedTuple):
    """Draws that each share is of, and the successes among them; (n_shares, n_draws)."""

    success: NDArray[np.bool_]
    inside: NDArray[np.bool_]


def shares_either_way(
    judged: Hits,
    worst: Hits,
    best: Hits,
    weight: NDArray[np.float64],
    weight_of_all: NDArray[np.float64],
    level: float = 0.95,
) -> list[Interval]:
    """Estimate shares by the judged draws; the bounds count the others against and for each share.

    Parameters
    ----------
    judged : Hits
        By the judged draws alone.
    worst, best : Hits
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
    >>> found = shares_either_way(Hits(right, known), Hits(right, every), Hits(right | ~known, every),
    ...     np.array([20.0, 20, 20, 0]), np.full(4, 15.0))
    >>> round(found[0].point, 2), round(found[0].low, 2), round(found[0].high, 2)
    (0.67, 0.15, 0.95)
    """
    return EitherWay(
        ShareCounts.of(judged.success, weight, judged.inside),
        ShareCounts.of(worst.success, weight_of_all, worst.inside),
        ShareCounts.of(best.success, weight_of_all, best.inside),
    ).shares(level)


@dataclass(frozen=True, slots=True)
class EitherWay:
    """Counts of the same draws: of those judged, and of all of them at their worst and their best."""

    judged: ShareCounts
    worst: ShareCounts
    best: ShareCounts

    def merge(self, *others: Self) -> Self:
        """Return the counts of all draws together."""
        return type(self)(
            self.judged.merge(*(other.judged for other in others)),
            self.worst.merge(*(other.worst for other in others)),
            self.best.merge(*(other.best for other in others)),
        )

    def shares(self, level: float = 0.95) -> list[Interval]:
        """Estimate each share; see :func:`shares_either_way`."""
        found = self.judged.shares(level)
        counted = self.judged.inside.sum(axis=1)
        touched = [(side.inside.sum(axis=1) > counted) for side in (self.worst, self.best)]
        if not np.any(touched):
            return found
        low, high = self.worst.shares(level), self.best.shares(level)
        return [
            Interval(one.point, min(one.low, below.low), max(one.high, above.high), level)
            if one.measured and unsure
            else one
            for one, below, above, unsure in zip(
                found, low, high, np.any(touched, axis=0).tolist(), strict=True
            )
        ]
