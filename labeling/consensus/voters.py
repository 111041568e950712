"""What a label model believes of each voter, and how sure it can be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from labeling.consensus.posterior import TIE
from labeling.gold import Gold
from labeling.quality.intervals import UNMEASURED, Interval, wilson
from labeling.votes import Votes

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


def believed_voters(votes: Votes, posterior: NDArray[np.float64], gold: Gold | None) -> list[Voter]:
    """Describe every voter, given the posteriors of the items.

    Parameters
    ----------
    votes : Votes
        What was said.
    posterior : float array of shape (n_items, n_classes)
        Current belief.
    gold : Gold, optional
        Reviewed items; those drawn at random also measure the voters.
    """
    size = (votes.n_voters, votes.n_classes)
    cell = votes.voter.astype(np.int64) * votes.n_classes + votes.label
    said = np.stack(
        [np.bincount(cell, posterior[votes.item, k], size[0] * size[1]) for k in range(size[1])]
    ).astype(np.float64)
    said = said.reshape(size[1], *size)
    joint = said.transpose(1, 0, 2)
    met = joint.sum(axis=2, keepdims=True)
    low, share, high = wilson_bounds(joint, np.broadcast_to(met, joint.shape))
    right = joint.trace(axis1=1, axis2=2)
    n_votes = np.bincount(votes.voter, minlength=votes.n_voters)
    worst, accuracy, best = wilson_bounds(right, n_votes.astype(np.float64))
    measured = _measured(votes, gold)
    return [
        Voter(
            int(n_votes[j]),
            float(n_votes[j]) / max(votes.n_items, 1),
            float(accuracy[j]),
            (float(worst[j]), float(best[j])),
            share[j],
            low[j],
            high[j],
            measured.get(j, UNMEASURED),
        )
        for j in range(votes.n_voters)
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
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip(k / n, 0.0, 1.0)
        centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
        half = Z95 / (1 + Z95**2 / n) * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    low = np.where(n > 0, np.maximum(centre - half, 0.0), 0.0)
    high = np.where(n > 0, np.minimum(centre + half, 1.0), 1.0)
    return low, share, high


def _measured(votes: Votes, gold: Gold | None) -> dict[int, Interval]:
    """Measure voters on gold: Hajek ratio, Wilson's interval with Kish's effective size."""
    if gold is None or gold.probability is None:
        return {}
    truth = np.full(votes.n_items, -1, dtype=np.int64)
    weight = np.zeros(votes.n_items)
    truth[gold.item], weight[gold.item] = gold.label, 1 / gold.probability
    at = np.flatnonzero(truth[votes.item] >= 0)
    voter, w = votes.voter[at], weight[votes.item[at]]
    right = w * (votes.label[at] == truth[votes.item[at]])
    total = np.bincount(voter, w, votes.n_voters)
    squares = np.bincount(voter, w**2, votes.n_voters)
    hit = np.bincount(voter, right, votes.n_voters)
    found: dict[int, Interval] = {}
    for j in np.flatnonzero(total > TIE):
        effective = float(total[j] ** 2 / squares[j])
        found[int(j)] = wilson(min(float(hit[j] / total[j]), 1.0) * effective, effective)
    return found
