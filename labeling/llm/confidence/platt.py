"""Numbers that say how likely a vote is right, brought to mean it: a logistic fit on their log-odds.

Platt (1999), "Probabilistic outputs for support vector machines", with a ridge towards leaving the
numbers as they are, so that little gold moves little.
"""

import hashlib
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

FOLDS = 5

EDGE = 1e-3
"""Probabilities are kept that far from 0 and 1, so that their log-odds are finite."""


def fold_of(item: str) -> int:
    """Return the fold of an item: the same in every batch and for every voter."""
    return int(hashlib.sha256(item.encode()).hexdigest()[:8], 16) % FOLDS


def log_odds(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log-odds of probabilities."""
    p = np.clip(p, EDGE, 1 - EDGE)
    return np.log(p) - np.log1p(-p)


def fit(
    x: NDArray[np.float64],
    right: NDArray[np.float64],
    precision: tuple[float, ...],
    weight: NDArray[np.float64] | None = None,
    group: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Return slope, level, and a further level for each group, by the penalised log-loss: it is convex.

    Parameters
    ----------
    x : float array of shape (n,)
        Log-odds.
    right : float array of shape (n,)
        1 or 0.
    precision : tuple of float
        One over the variance of what is fitted around (1, 0, ...); as many as are returned.
    weight : float array of shape (n,), optional
    group : int array of shape (n,), optional
        From 0 to ``len(precision) - 3``.

    Examples
    --------
    >>> x, right = np.zeros(100), np.repeat([1.0, 0.0], [80, 20])
    >>> found = fit(x, right, (1.0, 0.25))
    >>> round(float(predicted(found, x)[0]), 2)
    0.8
    """
    n_groups = len(precision) - 2
    prior = np.array([1.0, *[0.0] * (1 + n_groups)])
    ridge = np.array(precision)
    each = np.ones(len(x)) if weight is None else weight

    def loss(found: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = _score(found, x, group)
        off = found - prior
        miss = each * (_expit(z) - right)
        value = float(each @ (np.logaddexp(0, z) - right * z) + 0.5 * ridge @ off**2)
        slope = np.zeros(2 + n_groups)
        slope[:2] = miss @ x, miss.sum()
        if group is not None:
            slope[2:] = np.bincount(group, miss, minlength=n_groups)
        return value, slope + ridge * off

    return np.asarray(minimize(loss, prior, jac=True, method="L-BFGS-B").x)


def predicted(
    found: NDArray[np.float64], x: NDArray[np.float64], group: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Return how likely each is right, shape (n,), by what :func:`fit` found."""
    return _expit(_score(found, x, group))


def _score(
    found: NDArray[np.float64], x: NDArray[np.float64], group: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    z = found[0] * x + found[1]
    return z if group is None else z + found[2:][group]


def _expit(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cast("object", expit(z)), dtype=np.float64)
