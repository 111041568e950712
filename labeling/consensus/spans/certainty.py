"""How likely whole answers are right, given how likely their spans are."""

# scipy publishes partial types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

COMPLETE = 0.9
"""How likely an answer lacks nothing, before gold says."""

LEAST = 0.01
"""No answer is held for less likely, or for more than 1 minus it."""

SHIFT, SLOPE = 2.0, 0.5
"""Standard deviations of what gold may do to log odds: shift them, and stretch them."""


def certainty(
    all_right: NDArray[np.float64], item: NDArray[np.int64], right: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how likely each answer is right as a whole, 0..1.

    Log odds are shifted and stretched to what gold shows (Platt 1999, *Advances in Large Margin
    Classifiers*), from where a normal prior holds them without any: spans that nobody proposed are
    told of by gold alone.

    Parameters
    ----------
    all_right : float array of shape (n_items,)
        How likely all spans that are given are right.
    item : int array of shape (n_gold,)
        Items of which gold is known.
    right : bool array of shape (n_gold,)
        Whether their answers equal it.

    Examples
    --------
    >>> sure, none = np.array([1.0, 0.5]), np.zeros(0, dtype=np.int64)
    >>> certainty(sure, none, none.astype(bool)).round(2).tolist()
    [0.89, 0.45]
    >>> gold = np.zeros(50, dtype=np.int64)
    >>> certainty(sure, gold, np.arange(50) < 25).round(1).tolist()
    [0.5, 0.1]
    """
    odds = logit(np.clip(np.clip(all_right, LEAST, 1 - LEAST) * COMPLETE, LEAST, 1 - LEAST))
    if not len(item):
        return expit(odds)
    seen, sign = odds[item], np.where(right, 1.0, -1.0)

    def loss(at: NDArray[np.float64]) -> float:
        margin = sign * (at[0] + np.exp(at[1]) * seen)
        held = (at[0] / SHIFT) ** 2 + (at[1] / SLOPE) ** 2
        return float(np.sum(np.logaddexp(0.0, -margin)) + held / 2)

    found: Any = minimize(loss, np.zeros(2), method="BFGS")
    return expit(found.x[0] + np.exp(found.x[1]) * odds)
