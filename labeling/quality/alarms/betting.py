"""The arithmetic of evidence: bets against "the labels keep their promise", in logarithms.

Pure array code for many series at once; the state of one series is in
:mod:`labeling.quality.alarms.detector`.
"""

import math

import numpy as np
from numpy.typing import NDArray

BETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""Stakes of the mixture, in units of 1 / target error: small ones find small drops."""

MAX_STAKE = 0.9
"""No single review without an error may lose more than this share of the evidence."""

CERTAIN = 700.0
"""Log evidence that stands for certainty: more errors were seen than the target allows in all."""


def mixture(log_mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log of the mean over the bets, the last axis; far below zero before the first review."""
    return np.maximum(np.logaddexp.reduce(log_mass, axis=-1) - math.log(len(BETS)), -CERTAIN)


def accrue(
    log_mass: NDArray[np.float64],
    errors: NDArray[np.float64],
    draw_probability: NDArray[np.float64],
    population: NDArray[np.int64],
    target_error: float,
    restart_mass: float = 1.0,
    *,
    finite: bool = True,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Run one batch through the detectors of many series at once.

    Parameters
    ----------
    log_mass : float array of shape (n_series, n_bets)
    errors, draw_probability : float arrays of shape (n_series, n_reviews)
    population : int array of shape (n_series,)
    target_error : float
    restart_mass : float
        Mass (``gamma``) of "the change begins with this batch".
    finite : bool
        Whether the target is for the items of each batch. Without it the target is for what the
        items are a sample of: ``mu = e0`` throughout, which holds for both, and a batch of few
        items that has more than ``e0 N`` errors by chance is no proof of anything.

    Returns
    -------
    float arrays of shape (n_series, n_reviews) and (n_series, n_bets)
        Log evidence after each review, and the batch's log gain of each bet.

    Notes
    -----
    With ``S`` the errors so far: ``mu = e0 - S/N``, ``Z = err/(N q)``, each bet multiplied by
    ``1 + lam (Z - mu)`` with ``lam = min(bet/e0, 0.9/mu)``; ``mu <= 0`` is certainty.
    """
    bets = np.array(BETS) / target_error
    current = np.logaddexp(log_mass, math.log(restart_mass)) if restart_mass > 0 else log_mass
    gain = np.zeros_like(log_mass)
    path = np.empty(errors.shape)
    seen = np.zeros(len(errors))
    for i in range(errors.shape[1]):
        mu = target_error - (seen / population if finite else np.zeros_like(seen))
        safe = np.maximum(mu, 1e-12)[:, None]
        z = errors[:, i] / (population * draw_probability[:, i])
        step = np.log1p(np.minimum(bets, MAX_STAKE / safe) * (z[:, None] - safe))
        gain = np.minimum(gain + np.where(mu[:, None] > 0, step, CERTAIN), 2 * CERTAIN)
        path[:, i] = mixture(current + gain)
        seen += errors[:, i]
    return path, gain


def accrue_within(
    log_mass: NDArray[np.float64],
    errors: NDArray[np.float64],
    inside: NDArray[np.bool_],
    chance: NDArray[np.float64],
    most: float,
    target_error: float,
    restart_mass: float = 1.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Run one batch of one series whose items only their reviews tell from the others.

    Parameters
    ----------
    log_mass : float array of shape (n_bets,)
    errors : float array of shape (n_reviews,)
        Of all draws, in draw order; what is outside does not count.
    inside : bool array of shape (n_reviews,)
        Whether each draw is of what is watched.
    chance : float array of shape (n_reviews,)
        Probability of each draw, times the items drawn from.
    most : float
        Greatest ``1 / chance`` that any draw may have, known before them.
    target_error, restart_mass : float
        As :func:`accrue` takes them.

    Returns
    -------
    float arrays of shape (n_reviews,) and (n_bets,)
        Log evidence after each review, and the batch's log gain of each bet.

    Notes
    -----
    Each bet is multiplied by ``1 + lam (err - e0 inside) / (N q)``. Over the draw its mean is 1 plus
    ``lam`` times the errors beyond ``e0`` of the items inside, so nobody needs to know how many these
    are. ``lam = min(bet/e0, 0.9/(e0 most))``.

    Examples
    --------
    >>> path, _ = accrue_within(np.full(len(BETS), -np.inf), np.array([1.0, 1, 1, 0, 0]),
    ...     np.arange(5) < 4, np.ones(5), 1.0, 0.1)
    >>> bool(path[2] > path[0]), bool(path[3] < path[2]), bool(path[4] == path[3])
    (True, True, True)
    """
    stakes = np.minimum(np.array(BETS), MAX_STAKE / most) / target_error
    over = np.where(inside, errors - target_error, 0.0) / chance
    gains = np.cumsum(np.log1p(stakes * over[:, None]), axis=0)
    current = np.logaddexp(log_mass, math.log(restart_mass)) if restart_mass > 0 else log_mass
    return mixture(current + gains), gains[-1]
