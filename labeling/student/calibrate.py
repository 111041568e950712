"""How sure the student may be: one temperature, fitted on what it has not seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from labeling.errors import GoldError
from labeling.gold import Gold

MIN_GOLD = 30
"""Reviews below which a temperature from gold is worse than one from the consensus."""

RANGE = (0.1, 10.0)
"""Temperatures tried."""

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Temperature:
    """What to divide logits by, and where it comes from.

    Attributes
    ----------
    value : float
        ``> 0``; above 1 the student was too sure.
    learnt_from : str
        ``gold``, ``consensus`` or ``nothing``.
    n : int
        Labels it was fitted on.
    """

    value: float
    learnt_from: str
    n: int


def temperature(
    unseen: NDArray[np.float64],
    posteriors: NDArray[np.float64],
    covered: NDArray[np.bool_],
    gold: Gold | None = None,
) -> Temperature:
    """Fit the temperature that makes cross-fitted confidences right.

    Parameters
    ----------
    unseen : float array of shape (n, K)
        Cross-fitted probabilities, :func:`labeling.student.crossfit.cross_fit`.
    posteriors : float array of shape (n, K)
        Consensus; used below :data:`MIN_GOLD` reviews.
    covered : bool array of shape (n,)
        Where a voter spoke.
    gold : Gold, optional
        Drawn with known probabilities; it weighs by their inverse.

    Raises
    ------
    GoldError
        If gold comes without inclusion probabilities: a learning queue holds the hard items, and
        a student calibrated on those is too modest everywhere else.

    Notes
    -----
    Guo, Pleiss, Sun & Weinberger (2017), "On calibration of modern neural networks", ICML, sec. 4.2.

    Examples
    --------
    >>> unseen = np.tile([0.99, 0.01], (100, 1))
    >>> gold = Gold(np.arange(100), (np.arange(100) >= 80).astype(np.int32), np.ones(100))
    >>> t = temperature(unseen, unseen, np.ones(100, dtype=bool), gold)
    >>> cooled(unseen, t.value)[0].round(2).tolist(), t.learnt_from
    ([0.8, 0.2], 'gold')
    """
    if gold is not None and gold.probability is None:
        raise GoldError(
            "confidence is calibrated on gold drawn with known probabilities only, and this gold "
            "has none (a learning queue?); pass the audit sample"
        )
    if gold is not None and gold.probability is not None and gold.n_gold >= MIN_GOLD:
        item, target = gold.item, np.eye(unseen.shape[1])[gold.label]
        weight, source = 1 / gold.probability, "gold"
    else:
        item = np.flatnonzero(covered)
        target, weight, source = posteriors[item], np.ones(len(item)), "consensus"
    if len(item) == 0:
        return Temperature(1.0, "nothing", 0)
    logits = np.log(np.maximum(unseen[item], _TINY))

    def loss(log_t: float) -> float:
        by_class = target * log_softmax(logits / np.exp(log_t), axis=1)
        return -float(np.sum(weight[:, None] * by_class))

    found = minimize_scalar(loss, bounds=tuple(np.log(RANGE)), method="bounded")
    return Temperature(float(np.exp(found.x)), source, len(item))


def where_silent(
    heat: Temperature,
    unseen: NDArray[np.float64],
    hidden: NDArray[np.float64],
    posteriors: NDArray[np.float64],
    covered: NDArray[np.bool_],
) -> Temperature:
    """Return the temperature of items on which nobody voted.

    A student knows the items of a rule by the rule's own words, and is less sure without them than
    it has reason to be: learning from one makes it expect the words. How far is seen on items with
    a vote, once these words are left out.

    Parameters
    ----------
    heat : Temperature
        Of the items with a vote.
    unseen, hidden : float arrays of shape (n, K)
        :class:`labeling.student.opinion.Opinion`: what is said of the items, and of them without
        the words that tell which voter spoke.
    posteriors : float array of shape (n, K)
        Consensus.
    covered : bool array of shape (n,)
        Where a voter spoke.

    Examples
    --------
    >>> right = np.tile([0.8, 0.2], (50, 1))
    >>> heat = Temperature(1.0, "consensus", 50)
    >>> timid = np.tile([0.6, 0.4], (50, 1))
    >>> where_silent(heat, right, timid, right, np.ones(50, dtype=bool)).value < 0.4
    True
    """
    if np.array_equal(hidden, unseen) or not covered.any():
        return heat
    with_words, without = (
        temperature(said, posteriors, covered).value for said in (unseen, hidden)
    )
    value = float(np.clip(heat.value * without / with_words, *RANGE))
    return Temperature(value, heat.learnt_from, heat.n)


def cooled(proba: NDArray[np.float64], value: float) -> NDArray[np.float64]:
    """Return probabilities of shape (n, K) with their logits divided by a temperature."""
    return np.exp(log_softmax(np.log(np.maximum(proba, _TINY)) / value, axis=1))
