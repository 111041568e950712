"""Simulated histories of batches: skewed classes, a change in the middle, voters of every size.

An item's label is wrong with a probability that the label model knows (*calibrated*), understates
(*over-confident*) or does not know at all (*useless*). From the changed batch on, part of one class
means another, which neither labels nor predicted errors notice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.quality.estimates.labelled import MISSING, LabelledBatch
from labeling.sampling.audits.audit import draw_audit

SHARES = {
    "even": (0.34, 0.33, 0.33),
    "skewed": (0.63, 0.21, 0.16),
    "rare": (0.8, 0.12, 0.05, 0.03),
    "spam": (0.95, 0.05),
}
"""Class shares by name."""


@dataclass(frozen=True)
class History:
    """Batches as the audit saw them, with the truth of all items beside them.

    Parameters
    ----------
    batches : list of LabelledBatch
    truth : list of int arrays of shape (n_items,)
    confidence : list of float arrays of shape (n_items,)
        Of the released label, 0..1.
    votes : dict of voter to a list of int arrays of shape (n_items,)
    """

    batches: list[LabelledBatch]
    truth: list[NDArray[np.int64]]
    confidence: list[NDArray[np.float64]]
    votes: dict[str, list[NDArray[np.int32]]]


def history(
    rng: np.random.Generator,
    shares: tuple[float, ...],
    n_batches: int,
    reviews: int,
    kind: str = "over-confident",
    change: bool = False,
    error: float = 0.15,
    items: int = 600,
) -> History:
    """Draw a history; ``reviews`` are drawn from each batch, ``error`` is the usual error rate."""
    k = len(shares)
    found = History([], [], [], {name: [] for name in ("broad", "rule", "rare rule")})
    for at in range(n_batches):
        n = int(items * rng.uniform(0.5, 1.5))
        label = rng.choice(k, n, p=shares)
        risk = rng.beta(0.6, 3.0, n) * (1 + (label > 0))
        risk = np.clip(risk * error / risk.mean(), 0, 0.95)
        wrong = rng.random(n) < risk
        truth = np.where(wrong, (label + 1 + rng.integers(0, k - 1, n)) % k, label)
        if change and at >= n_batches // 2:
            moved = (truth == 0) & (rng.random(n) < 0.2)
            truth[moved] = k - 1
        told = {
            "calibrated": risk,
            "over-confident": risk**1.6 * 0.6,
            "useless": rng.permutation(risk),
        }[kind]
        ids = np.array([f"{i:05}" for i in range(n)])
        sample = draw_audit(ids, reviews, int(rng.integers(1 << 31)), told)
        gold = truth[sample.item].astype(np.int32)
        found.batches.append(
            LabelledBatch(str(at), label.astype(np.int32), sample.design, sample.item, gold, k)
        )
        found.truth.append(truth)
        found.confidence.append(1 - told)
        heard = rng.random(n)
        said = np.where(rng.random(n) < 0.8, truth, rng.integers(0, k, n))
        found.votes["broad"].append(np.where(heard < 0.9, said, MISSING).astype(np.int32))
        likely = np.where(truth == 1, 0.4, 0.02)
        found.votes["rule"].append(np.where(heard < likely, 1, MISSING).astype(np.int32))
        seldom = np.where(truth == k - 1, 0.1, 0.004)
        found.votes["rare rule"].append(np.where(heard < seldom, k - 1, MISSING).astype(np.int32))
    return found
