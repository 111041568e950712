"""How good posteriors are, where a tie counts as its expectation."""

import numpy as np

from labeling.quality.estimates.calibration import BINS, calibration

TIE = 1e-9

REDRAWS = 200
"""Times that the truth is drawn again, to see what chance alone does to a calibration error."""


def leaders(posterior: np.ndarray) -> np.ndarray:
    """Return each class's share of the lead: a lone leader has 1, two tied ones 0.5 each."""
    leads = posterior >= posterior.max(axis=1, keepdims=True) - TIE
    return leads / leads.sum(axis=1, keepdims=True)


def accuracy(posterior: np.ndarray, gold: np.ndarray) -> float:
    """Return the accuracy in points, ties at their expectation."""
    return float(leaders(posterior)[np.arange(len(gold)), gold].mean() * 100)


def f1(posterior: np.ndarray, gold: np.ndarray) -> float:
    """Return the F1 of class 1 in points, from expected counts where there are ties."""
    said = leaders(posterior)[:, 1]
    hits = float(said[gold == 1].sum())
    return 200 * hits / max(float(said.sum() + (gold == 1).sum()), 1e-12)


def log_loss(posterior: np.ndarray, gold: np.ndarray) -> float:
    """Return the mean negative log probability of the truth, in nats."""
    return float(-np.log(np.maximum(posterior[np.arange(len(gold)), gold], 1e-12)).mean())


def calibration_error(posterior: np.ndarray, gold: np.ndarray) -> float:
    """Return the expected calibration error in points, 10 bins of equal mass."""
    right = leaders(posterior)[np.arange(len(gold)), gold]
    return calibration(np.minimum(posterior.max(axis=1), 1.0), right).error * 100


def calibration_floor(posterior: np.ndarray, seed: int = 0) -> float:
    """Return the calibration error, in points, that these posteriors would show if they were true.

    On finitely many items it is no zero: a bin of n items of which 80 % should be right misses that
    by about 32 / sqrt(n) points. The truth is drawn :data:`REDRAWS` times from the posteriors.
    """
    stated, alone = np.minimum(posterior.max(axis=1), 1.0), leaders(posterior).max(axis=1)
    rng = np.random.default_rng(seed)
    draws = rng.random((REDRAWS, len(stated))) < stated / alone
    return float(_binned(stated, draws * alone).mean() * 100)


def debiased_calibration_error(posterior: np.ndarray, gold: np.ndarray, seed: int = 0) -> float:
    """Return the calibration error in points less its bias, estimated; it may be under 0.

    The accuracy of each bin is drawn :data:`REDRAWS` times around the one seen, with the normal
    spread of a share of as many items; by as much as those draws lie above what was seen, what was
    seen is taken to lie above the truth (Kumar, Liang & Ma 2019, "Verified Uncertainty Calibration",
    NeurIPS, who debias the squared error in closed form; here the absolute one, by a parametric
    bootstrap). Of true posteriors it leaves about half of the floor: it never takes too much.
    """
    right = leaders(posterior)[np.arange(len(gold)), gold]
    stated = np.minimum(posterior.max(axis=1), 1.0)
    first, order = _bins(stated)
    size = np.diff(np.append(first, len(stated)))
    share = np.add.reduceat(right[order], first) / size
    said = np.add.reduceat(stated[order], first) / size
    drawn = np.random.default_rng(seed).normal(
        share, np.sqrt(share * (1 - share) / size), (REDRAWS, len(size))
    )
    seen = np.abs(share - said) @ size
    again = (np.abs(drawn - said) @ size).mean()
    return float(2 * seen - again) / len(stated) * 100


def _bins(stated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the bins of :func:`calibration` begin in sorted order, and that order."""
    order = np.argsort(stated, kind="stable")
    ranked = stated[order]
    bins = np.searchsorted(ranked, ranked, side="left") * min(BINS, len(ranked)) // len(ranked)
    return np.flatnonzero(np.diff(bins, prepend=-1)), order


def _binned(stated: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return calibration errors, 0..1, of several truths ``right`` of shape (n_draws, n_items)."""
    first, order = _bins(stated)
    gap = np.add.reduceat((right - stated)[:, order], first, axis=1)
    return np.abs(gap).sum(axis=1) / len(stated)


def soft_shares(counts: np.ndarray) -> np.ndarray:
    """Return majority shares softened by one vote spread over the classes; what they cost is a yardstick."""
    return (counts + 1.0 / counts.shape[1]) / (counts.sum(axis=1, keepdims=True) + 1.0)
