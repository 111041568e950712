"""When a label says 90 %, is it right nine times in ten?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labeling.errors import QualityError
from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.weighted import weighted_shares

BINS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Reviewed items of similar confidence."""

    low: float
    high: float
    reviewed: int
    confidence: float
    accuracy: Interval


@dataclass(frozen=True, slots=True)
class Calibration:
    """Reliability curve and expected calibration error (0..1).

    A small sample makes the error look larger than it is: with 200 reviews in 10 bins it is
    about 0.05 for perfect confidences. ``chance_error`` is that share, to be compared with.
    """

    curve: list[ReliabilityBin]
    error: float
    chance_error: float


def calibration(
    confidence: ArrayLike, correct: ArrayLike, weight: ArrayLike | None = None, bins: int = BINS
) -> Calibration:
    """Compare confidences with how often the labels were right.

    Parameters
    ----------
    confidence : float array of shape (n_reviewed,)
        Stated probability (0..1) of the released label, frozen before its gold was used.
    correct : bool array of shape (n_reviewed,)
    weight : positive float array of shape (n_reviewed,), optional
        1 / inclusion probability. A weight of 0 leaves the row out.
    bins : int
        Bins with equally many reviews each; equal confidences stay together.

    Raises
    ------
    QualityError
        If lengths differ or a confidence is outside 0..1. Without any row the curve is empty and
        the errors are NaN.

    Notes
    -----
    Naeini, Cooper & Hauskrecht (2015), AAAI; bins of equal mass as in Nguyen & O'Connor (2015).
    ``chance_error`` is ``sum_b W_b sqrt(2/pi) sd_b`` with ``sd_b`` the standard error of a bin
    that is perfectly calibrated.

    Examples
    --------
    >>> measured = calibration([0.6] * 10 + [0.9] * 10, [1] * 6 + [0] * 4 + [1] * 7 + [0] * 3)
    >>> round(measured.error, 3), [b.reviewed for b in measured.curve]
    (0.1, [10, 10])
    """
    stated, right = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    w = np.ones(len(stated)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not len(stated) == len(right) == len(w):
        raise QualityError(
            f"confidence, correct and weight must be equally long, got {len(stated)}, "
            f"{len(right)} and {len(w)}"
        )
    if not bool(((stated >= 0) & (stated <= 1)).all()) or not bool((w >= 0).all()):
        raise QualityError("confidences lie in 0..1 and weights are at least 0")
    kept = np.flatnonzero(w > 0)
    kept = kept[np.argsort(stated[kept], kind="stable")]
    if not len(kept):
        return Calibration([], float("nan"), float("nan"))
    stated, right, w = stated[kept], right[kept], w[kept]
    first = np.searchsorted(stated, stated, side="left")
    group = first * min(bins, len(stated)) // len(stated)
    curve: list[ReliabilityBin] = []
    error = chance = 0.0
    bins_of = group == np.unique(group)[:, None]
    hits = np.broadcast_to(right > 0, bins_of.shape)
    accuracies = weighted_shares(hits, w, bins_of, finite=False)
    for at, accuracy in zip(bins_of, accuracies, strict=True):
        mass = w[at] / w[at].sum()
        effective = 1 / float(mass @ mass)
        said, share = float(mass @ stated[at]), float(mass @ right[at])
        curve.append(
            ReliabilityBin(
                float(stated[at].min()),
                float(stated[at].max()),
                int(at.sum()),
                said,
                accuracy,
            )
        )
        part = float(w[at].sum() / w.sum())
        error += part * abs(share - said)
        chance += part * float(np.sqrt(2 / np.pi * said * (1 - said) / effective))
    return Calibration(curve, error, chance)
