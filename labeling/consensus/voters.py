"""What a label model believes of each voter, and how sure it can be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.counts.vote_counts import VoteCounts
from labeling.quality.estimates.intervals import UNMEASURED, Interval
from labeling.quality.estimates.weighted import weighted_shares

Z95 = float(norm.ppf(0.975))


@dataclass(frozen=True, slots=True, eq=False)
class Voter:
    """What is believed of one voter.

    Parameters
    ----------
    n_votes : int
        Votes it cast.
    coverage : float
        Share of the items it voted on, 0..1.
    accuracy : float
        Share of its votes that are right by the model's own posterior, 0..1; NaN without a vote.
    interval : tuple of float
        95 % interval of it, given the model; (0, 1) without a vote.
    confusion : float array of shape (n_classes, n_classes)
        ``confusion[k, v]``: share of its votes on items of class ``k`` that say ``v``; NaN in a row
        that it never met.
    confusion_low, confusion_high : float arrays of shape (n_classes, n_classes)
        95 % intervals of them, given the model.
    gold_accuracy : Interval
        The same accuracy measured on gold; unmeasured without gold that was drawn at random.
    """

    n_votes: int
    coverage: float
    accuracy: float
    interval: tuple[float, float]
    confusion: NDArray[np.float64]
    confusion_low: NDArray[np.float64]
    confusion_high: NDArray[np.float64]
    gold_accuracy: Interval = UNMEASURED


def believed_voters(
    patterns: Patterns,
    events: Events,
    posterior: NDArray[np.float64],
    measured: dict[int, Interval],
) -> list[Voter]:
    """Describe every voter, given the posteriors.

    Parameters
    ----------
    patterns, events : Patterns, Events
        What was said.
    posterior : float array of shape (n_patterns, n_classes)
        Current belief about each pattern.
    measured : dict of Interval
        Accuracies measured on gold, see :func:`measured_voters`.
    """
    n_voters, n_classes = events.n_voters, events.n_classes
    told = np.asarray(patterns.fired.T @ (patterns.count[:, None] * posterior))
    by_level = told.reshape(n_voters, n_classes, events.n_levels, n_classes)
    joint: NDArray[np.float64] = by_level.sum(axis=2).transpose(0, 2, 1)
    met = joint.sum(axis=2, keepdims=True)
    low, share, high = wilson_bounds(joint, np.broadcast_to(met, joint.shape))
    right = np.trace(joint, axis1=1, axis2=2)
    n_votes = np.rint(joint.sum(axis=(1, 2)))
    worst, accuracy, best = wilson_bounds(right, n_votes)
    n_items = max(float(patterns.count.sum()), 1.0)
    return [
        Voter(
            int(n_votes[j]),
            float(n_votes[j]) / n_items,
            float(accuracy[j]),
            (float(worst[j]), float(best[j])),
            share[j],
            low[j],
            high[j],
            measured.get(j, UNMEASURED),
        )
        for j in range(n_voters)
    ]


def wilson_bounds(
    k: NDArray[np.float64], n: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return lower bounds, shares and upper bounds at 95 %, elementwise (Wilson 1927).

    Where ``n`` is 0 the share is NaN and the bounds are 0 and 1.

    Examples
    --------
    >>> low, share, high = wilson_bounds(np.array([92.0]), np.array([100.0]))
    >>> round(float(low[0]), 5), round(float(high[0]), 5)
    (0.85002, 0.95891)
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        share = np.clip(k / n, 0.0, 1.0)
        centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
        half = Z95 / (1 + Z95**2 / n) * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    low = np.where(n > 0, np.maximum(centre - half, 0.0), 0.0)
    high = np.where(n > 0, np.minimum(centre + half, 1.0), 1.0)
    return low, share, high


def measured_voters(counts: VoteCounts) -> dict[int, Interval]:
    """Measure voters on gold; see :func:`labeling.quality.estimates.weighted.weighted_share`.

    Returns
    -------
    dict of Interval
        By voter; those without a vote on gold are missing, and all are if gold was not drawn at
        random.
    """
    gold, events = counts.gold, counts.events
    if gold is None or gold.probability is None:
        return {}
    said = counts.patterns.fired[gold.rows(counts.patterns)]
    voter = events.voter[said.indices]
    seen = np.repeat(np.arange(gold.n_gold), np.diff(said.indptr))
    right = events.label[said.indices] == gold.label[seen]
    hit, inside = np.zeros((2, events.n_voters, gold.n_gold), dtype=np.bool_)
    inside[voter, seen] = True
    hit[voter[right], seen[right]] = True
    found = weighted_shares(hit, 1 / gold.probability, inside)
    return {j: one for j, one in enumerate(found) if one.measured}
