"""Simulated batches: what the label model predicts, and which labels are wrong.

Errors come from a mixture of sure and doubtful items. The posterior is *calibrated* (it knows each
item's error probability), *over-confident* (it knows the order but tells half the errors) or
*useless* (calibrated on average, shuffled over the items). Every simulation draws a new batch, so
the accuracy varies around its nominal value as it does in life.
"""

import numpy as np
from numpy.typing import NDArray

KINDS = ("calibrated", "over-confident", "useless")
ITEMS = 2000


def batch(
    rng: np.random.Generator, accuracy: float, kind: str, n_classes: int = 2, items: int = ITEMS
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return predicted errors and real errors, each of shape (items,)."""
    rate = 1 - accuracy
    doubtful = min(0.9, rate * 0.8 / 0.45)
    g = np.where(rng.random(items) < doubtful, rng.beta(4.5, 5.5, items), rng.beta(0.3, 60, items))
    g = np.clip(g * rate / g.mean(), 0, 1 - 1 / n_classes)
    wrong = rng.random(items) < g
    if kind == "over-confident":
        return g**1.6 * 0.6, wrong
    if kind == "useless":
        return rng.permutation(g), wrong
    return g, wrong


def auc(score: NDArray[np.float64], wrong: NDArray[np.bool_]) -> float:
    """Area under the ROC curve of predicted against real errors."""
    ranks = score.argsort().argsort() + 1
    m = int(wrong.sum())
    return float((ranks[wrong].sum() - m * (m + 1) / 2) / (m * (len(wrong) - m)))
