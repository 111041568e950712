"""How good a classifier is, by audit gold it had not seen."""

import numpy as np
from numpy.typing import NDArray

from labeling.gold import Gold
from labeling.quality.estimates.calibration import calibration
from labeling.quality.estimates.weighted import weighted_share
from labeling.student.paired import inverse_probability

_TINY = 1e-12


def scores(proba: NDArray[np.float64], gold: Gold) -> dict[str, float]:
    """Score probabilities that were given blind to the gold.

    Parameters
    ----------
    proba : float array of shape (n_items, K)
        Calibrated.
    gold : Gold
        Drawn with known probabilities.

    Returns
    -------
    dict of str to float
        ``accuracy`` with ``accuracy_low`` and ``accuracy_high`` (95 %, 0..1), ``log_loss`` (nats an
        item), ``calibration_error`` (0..1) and ``judged_on`` (items); empty without gold.

    Raises
    ------
    GoldError
        If gold has no inclusion probabilities.

    Notes
    -----
    See :func:`labeling.quality.estimates.weighted.weighted_share`.

    Examples
    --------
    >>> proba = np.tile([0.8, 0.2], (10, 1))
    >>> gold = Gold(np.arange(10), np.array([0] * 8 + [1] * 2, dtype=np.int32), np.ones(10))
    >>> scores(proba, gold)["accuracy"]
    0.8
    """
    weight = inverse_probability(gold, "a classifier")
    if not gold.n_gold:
        return {}
    said = proba[gold.item]
    right = said.argmax(axis=1) == gold.label
    interval = weighted_share(right, weight)
    given = np.maximum(said[np.arange(len(said)), gold.label], _TINY)
    return {
        "accuracy": interval.point,
        "accuracy_low": interval.low,
        "accuracy_high": interval.high,
        "log_loss": float(np.average(-np.log(given), weights=weight)),
        "calibration_error": float(
            calibration(np.minimum(said.max(axis=1), 1), right, weight).error
        ),
        "judged_on": float(gold.n_gold),
    }
