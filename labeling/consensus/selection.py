"""What gold decides: whether its corrections, the consensus without them, or the majority is published."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.linear import own_class, vote_shares
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.counts.posterior import TIE, lifted, normalised
from labeling.consensus.counts.vote_counts import GoldCounts
from labeling.consensus.ensemble.ensemble import Ensemble, in_pieces
from labeling.consensus.ensemble.gold_head import GoldHead, Statement
from labeling.consensus.ensemble.members import majority_shares
from labeling.consensus.models.ibcc import IBCC
from labeling.quality.estimates.calibration import Calibration, calibration

MIN_HEAD = 10
"""Reviewed items below which the gold head is not fitted."""

FEW_REVIEWS = 30
"""Reviewed items with votes below which a correction turns labels only if it did better for it."""

FOLDS = 5
"""Parts that gold is cut into, to see how a correction does on gold that it was not taught."""

WORSE = -1.0
"""Standard errors under another, on gold it was not taught, at which something is dropped."""

BALANCE_PRIOR = 10.0
"""Reviewed items that the votes' idea of the class balance counts for, against gold."""

ALMOST = 1 - 1e-9
"""Stands for certainty where a weighted mean of certainties might round above 1."""


@dataclass(frozen=True)
class Corrected:
    """An ensemble, and what gold corrects of it.

    Parameters
    ----------
    ensemble : Ensemble
    head : GoldHead or None
        ``None`` where gold corrects nothing.
    keep_labels : bool
        Correct the confidence alone: few reviews that prove no gain turn no label.
    """

    ensemble: Ensemble
    head: GoldHead | None = None
    keep_labels: bool = False

    def posterior(self, fired: sparse.csr_array) -> NDArray[np.float64]:
        """Return posteriors of patterns with a vote, shape (n_patterns, n_classes).

        Where two or more spoke, all alike, even gold does not overrule them.
        """
        head = self.head
        if head is None:
            return self.ensemble.posterior(fired)
        said = self.ensemble.statement
        return in_pieces(
            lambda part: read(head, said(part), self.ensemble, keep_labels=self.keep_labels), fired
        )


def read(
    head: GoldHead, said: Statement, ensemble: Ensemble, *, keep_labels: bool = False
) -> NDArray[np.float64]:
    """Return corrected posteriors; where two or more spoke, all alike, even gold overrules nobody."""
    posterior = normalised(head.logit(said))
    share = majority_shares(said.fired, ensemble.reading.members.events)
    wanted = posterior >= posterior.max(axis=1, keepdims=True, initial=0.0)
    if keep_labels:
        wanted = said.base >= said.base.max(axis=1, keepdims=True, initial=-np.inf) - TIE
    alike = (share.max(axis=1, initial=0.0) == 1) & (np.diff(said.fired.indptr) > 1)
    wanted[alike] = share[alike] == 1
    return lifted(posterior, wanted)


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
    def of(cls, ensemble: Ensemble, patterns: Patterns, gold: GoldCounts) -> "Reviewed":
        """Read the reviewed items; their gold must have been drawn at random."""
        row = gold.rows(patterns)
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
            posterior[out] = read(head, reviewed.said.rows(out), ensemble)
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What gold says.

    Parameters
    ----------
    head : GoldHead or None
        The correction, unless it was too little or did worse than none.
    keep_labels : bool
        Whether it may correct the confidence alone.
    against_majority : Comparison
        What would be published, against the majority.
    calibration : Calibration
        Of what would be published.
    majority_is_better : bool
        Whether the majority is to be published instead.
    why : str
        In plain words.
    """

    head: GoldHead | None
    keep_labels: bool
    against_majority: Comparison
    calibration: Calibration
    majority_is_better: bool
    why: str


def decide(ensemble: Ensemble, patterns: Patterns, gold: GoldCounts, random_state: int) -> Verdict:
    """Let gold that was drawn at random correct the ensemble, or choose beside it.

    The correction is dropped where it does worse than the ensemble on gold that it was not taught,
    and the ensemble where it does worse than the majority, each by :data:`WORSE`.
    """
    reviewed = Reviewed.of(ensemble, patterns, gold)
    label, weight = reviewed.label, reviewed.weight
    head, without = reviewed.head(ensemble), reviewed.without_gold()
    unseen = cross_fitted(reviewed, ensemble, random_state)
    correction = compare(unseen, without, label, weight)
    why = (
        f"what the voters agree on, corrected by {len(label)} reviewed items: right on "
        f"{correction.model:.0%} of reviewed items that it was not taught, on "
        f"{correction.majority:.0%} without them"
    )
    keep = len(label) < FEW_REVIEWS and correction.deviations <= 0
    if keep:
        unseen = without
        why = f"what the voters agree on; {len(label)} reviewed items correct how sure it is, and turn no label"
    if correction.deviations < WORSE:
        head, unseen = None, without
    prior = np.full(ensemble.reading.members.events.n_classes, 1.0)
    own = own_class(ensemble.reading.members.events)
    shares = vote_shares(patterns.fired[reviewed.row], own, prior / prior.sum())
    compared = compare(unseen, shares, label, weight)
    worse = compared.deviations < WORSE
    if worse:
        why = (
            f"on {compared.n} gold items the majority is right on {compared.majority:.0%}, "
            f"the members together on {compared.model:.0%}"
        )
    return Verdict(head, keep, compared, calibrated(unseen, reviewed), worse, why)


def balance_with_gold(balance: NDArray[np.float64], gold: GoldCounts) -> NDArray[np.float64]:
    """Return shares of the classes, the votes' idea of them corrected by gold drawn at random."""
    chance = np.ones(gold.n_gold) if gold.probability is None else 1 / gold.probability
    seen = np.bincount(gold.label, chance / chance.mean(), len(balance))
    believed = seen + BALANCE_PRIOR * balance
    return believed / believed.sum()


def calibrated(posterior: NDArray[np.float64], reviewed: Reviewed) -> Calibration:
    """Compare the confidence of cross-fitted posteriors with gold."""
    sure = np.minimum(posterior.max(axis=1, initial=0.0), ALMOST)
    return calibration(sure, hits(posterior, reviewed.label), reviewed.weight)


def hits(score: NDArray[np.float64], label: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return how right each row is: 1 over the number of leaders if the truth leads, else 0."""
    leads = score >= score.max(axis=1, keepdims=True) - TIE
    return leads[np.arange(len(label)), label] / np.maximum(leads.sum(axis=1), 1)
