"""What gold decides: whether its corrections, the consensus without them, or the majority is published."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.ensemble import Ensemble
from labeling.consensus.events import Events
from labeling.consensus.gold_head import GoldHead, Statement
from labeling.consensus.ibcc import IBCC
from labeling.consensus.linear import own_class, vote_shares
from labeling.consensus.patterns import Patterns
from labeling.consensus.posterior import TIE, normalised
from labeling.gold import Gold
from labeling.quality.calibration import Calibration, calibration

MIN_HEAD = 10
"""Reviewed items below which the gold head is not fitted."""

FOLDS = 5
"""Parts that gold is cut into, to see how a correction does on gold that it was not taught."""

WORSE = -1.0
"""Standard errors under another, on gold it was not taught, at which something is dropped."""

ALMOST = 1 - 1e-9
"""Stands for certainty where a weighted mean of certainties might round above 1."""


@dataclass(frozen=True)
class Reviewed:
    """What is said of the reviewed items that have votes, and what they are.

    Parameters
    ----------
    said : Statement
        One row each.
    label : int array of shape (n_gold,)
    weight : float array of shape (n_gold,)
        Inverse inclusion probabilities.
    row : int array of shape (n_gold,)
        Their patterns.
    """

    said: Statement
    label: NDArray[np.int32]
    weight: NDArray[np.float64]
    row: NDArray[np.int64]

    @classmethod
    def of(cls, ensemble: Ensemble, patterns: Patterns, gold: Gold) -> "Reviewed":
        """Read the reviewed items; their gold must have been drawn at random."""
        row = patterns.of_item[gold.item]
        seen = patterns.covered[row]
        chance = np.ones(gold.n_gold) if gold.probability is None else gold.probability
        said = ensemble.statement(patterns.fired[row[seen]])
        return cls(said, gold.label[seen], 1 / chance[seen], row[seen])

    def head(self, ensemble: Ensemble, at: NDArray[np.int64] | None = None) -> GoldHead | None:
        """Fit the gold head on all of them or some; ``None`` if they are too few."""
        at = np.arange(len(self.label)) if at is None else at
        if len(at) < MIN_HEAD:
            return None
        members = ensemble.reading.members
        ibcc = members.models["ibcc"]
        evidence = ibcc.evidence_ if isinstance(ibcc, IBCC) else np.empty(0)
        head = GoldHead(members.events, evidence)
        return head.fit(self.said.rows(at), self.label[at], self.weight[at])

    def without_gold(self) -> NDArray[np.float64]:
        """Return the posteriors of the consensus that saw no gold."""
        return normalised(self.said.base)


def cross_fitted(reviewed: Reviewed, ensemble: Ensemble, random_state: int) -> NDArray[np.float64]:
    """Return posteriors of the reviewed items by heads that were not taught them.

    Returns
    -------
    float array of shape (n_gold, n_classes)
    """
    n = len(reviewed.label)
    posterior = reviewed.without_gold()
    fold = np.random.default_rng(random_state).permutation(n) % FOLDS
    for part in range(min(FOLDS, n)):
        out = np.flatnonzero(fold == part)
        head = reviewed.head(ensemble, np.flatnonzero(fold != part))
        if head is not None:
            posterior[out] = normalised(head.logit(reviewed.said.rows(out)))
    return posterior


@dataclass(frozen=True, slots=True)
class Comparison:
    """A model against a simpler one, on gold that it was not taught.

    Parameters
    ----------
    n : int
        Gold items with votes.
    model, majority : float
        Accuracy of each; ``majority`` is the simpler one's, 0..1, ties at their expectation, weighted to the population.
    deviations : float
        Their difference, in standard errors of the paired differences.
    log_loss : float
        Of the model, in nats an item.
    """

    n: int
    model: float
    majority: float
    deviations: float
    log_loss: float


def compare(
    posterior: NDArray[np.float64],
    other: NDArray[np.float64],
    label: NDArray[np.int32],
    weight: NDArray[np.float64],
) -> Comparison:
    """Compare two posteriors of the same reviewed items, row by row.

    Parameters
    ----------
    posterior, other : float arrays of shape (n_gold, n_classes)
        Neither was taught these items.
    label : int array of shape (n_gold,)
    weight : float array of shape (n_gold,)
        Inverse inclusion probabilities.
    """
    if not len(label):
        return Comparison(0, float("nan"), float("nan"), 0.0, float("nan"))
    ours, theirs = hits(posterior, label), hits(other, label)
    given = posterior[np.arange(len(label)), label]
    gap = weight * (ours - theirs)
    spread = float(np.sqrt(np.sum(gap**2)))
    total = float(weight.sum())
    return Comparison(
        len(label),
        float(weight @ ours) / total,
        float(weight @ theirs) / total,
        float(gap.sum()) / spread if spread > 0 else 0.0,
        float(weight @ -np.log(np.maximum(given, 1e-12))) / total,
    )


def majority_of(reviewed: Reviewed, events: Events) -> NDArray[np.float64]:
    """Return the shares of the votes on the reviewed items."""
    prior = np.full(events.n_classes, 1.0 / events.n_classes)
    return vote_shares(reviewed.said.fired, own_class(events), prior)


def calibrated(posterior: NDArray[np.float64], reviewed: Reviewed) -> Calibration:
    """Compare the confidence of cross-fitted posteriors with gold."""
    sure = np.minimum(posterior.max(axis=1, initial=0.0), ALMOST)
    return calibration(sure, hits(posterior, reviewed.label), reviewed.weight)


def hits(score: NDArray[np.float64], label: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return how right each row is: 1 over the number of leaders if the truth leads, else 0."""
    leads = score >= score.max(axis=1, keepdims=True) - TIE
    return leads[np.arange(len(label)), label] / np.maximum(leads.sum(axis=1), 1)
