"""How good posteriors are, where a tie counts as its expectation."""

import numpy as np

from labeling.quality.estimates.calibration import calibration

TIE = 1e-9


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


def soft_shares(counts: np.ndarray) -> np.ndarray:
    """Return majority shares softened by one vote spread over the classes; what they cost is a yardstick."""
    return (counts + 1.0 / counts.shape[1]) / (counts.sum(axis=1, keepdims=True) + 1.0)
