"""What a cascade has to keep, and how much of gold it has to get right for that."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import hypergeom

from labeling.errors import LabelingError

ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Promise:
    """A target, and how often it may be missed.

    Parameters
    ----------
    target : float
        Least share of a batch, in (0, 1), that is to be labelled as people would.
    risk : float
        Share of batches, in (0, 1), in which it may be less.

    Raises
    ------
    LabelingError
        If one of them lies outside (0, 1).
    """

    target: float
    risk: float

    def __post_init__(self) -> None:
        for name in ("target", "risk"):
            if not 0 < getattr(self, name) < 1:
                raise LabelingError(
                    f"the {name} of a cascade is {getattr(self, name)}; it lies between 0 and 1, such as 0.9"
                )


@lru_cache(maxsize=256)
def needed(n_gold: int, n_items: int, promise: Promise) -> int:
    """Return how many of ``n_gold`` a cascade has to get right; ``n_gold + 1`` if none is enough.

    Where it gets so many right in gold and too few in a batch of ``n_items``, the right ones happened to
    fall into gold: of all ways to part gold from the batch, that is so in at most ``risk``. The number that
    falls into gold is hypergeometric, so the bound is exact, and counts the batch's own luck.

    Parameters
    ----------
    n_gold : int
        Gold items, drawn as the items of the batch are; at least 0.
    n_items : int
        Items of the batch; at least 1.
    promise : Promise
        What is to hold for the batch.

    Examples
    --------
    >>> needed(200, 2000, Promise(target=0.9, risk=0.1))
    187
    >>> needed(20, 2000, Promise(target=0.9, risk=0.1))  # twenty right ones prove nothing yet
    21
    """
    most_missed = _most_missed(n_items, promise)
    right = np.arange(n_gold + 1)
    luck = hypergeom.cdf(most_missed, n_gold + n_items, right + most_missed, n_items)
    enough = np.flatnonzero(np.asarray(luck, dtype=np.float64) <= promise.risk)
    return int(enough[0]) if len(enough) else n_gold + 1


def least_gold(n_items: int, promise: Promise) -> int:
    """Return with how much gold a promise can be proven at all: if all of it is labelled rightly.

    Examples
    --------
    >>> least_gold(2000, Promise(target=0.9, risk=0.1))
    22
    """
    most_missed = _most_missed(n_items, promise)

    def luck(n_gold: int) -> float:
        """Return the chance of :func:`needed` where all of gold is right; one number, not one for each count."""
        both, right = n_gold + n_items, n_gold + most_missed
        return float(hypergeom.cdf(most_missed, both, right, n_items))

    low, high = 0, 1
    while luck(high) > promise.risk:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if luck(middle) > promise.risk else (low, middle)
    return high


def _most_missed(n_items: int, promise: Promise) -> int:
    """Return the greatest number of right ones with which a batch misses the target."""
    return int(np.ceil(promise.target * n_items - ROUNDING)) - 1
