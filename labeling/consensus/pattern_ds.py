"""PatternDS: Dawid-Skene on vote patterns, made safe for rules."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from labeling.consensus.events import Events
from labeling.consensus.patterns import Patterns, compress
from labeling.consensus.posterior import checked_balance, most_probable, normalised
from labeling.consensus.redundancy import event_weights, redundancy
from labeling.gold import Gold
from labeling.votes import Votes

SKILL = 0.4
"""Prior belief that a voter knows (1) rather than guesses (0)."""

RHO = 0.05
"""Correlation assumed between any two votes on an item."""

ABSTAIN_WORTH = 0.5
"""Worth of a silence against a vote."""

RHO_ABSTAIN = 0.3
"""Correlation assumed between any two silences on an item."""

GOLD_WEIGHT = 2.0
"""Items that one reviewed item counts for."""

PATTERNS_FITTED = 50_000
"""Patterns used for fitting; more of them move no parameter that matters."""


class PatternDS:
    r"""Our label model.

    An event :math:`e` is voter :math:`j` saying :math:`v`, and :math:`\theta_e(k) = P(e \mid y=k)`
    *includes the decision to speak*, which is what lets a rule for one class carry evidence.

    .. math::
        \theta_e(k) &= \frac{\sum_p c_p X_{pe} \gamma_{pk} + S_0 q_e R_e(k)}{N_k + S_0 \pi_k} \\
        \operatorname{logit}_{pk} &= \log \pi_k
            + \frac{\sum_{e \in p} w_{ep} \log \theta_e(k)}{1 + \rho (d_p - 1)}
            + \frac{a \sum_{j \text{ silent}} \log(1 - \sum_v \theta_{jv}(k))}{1 + \rho_a (m_p - 1)}

    with :math:`q_e` the firing rate, :math:`R_e(k) = (1 - s) \pi_k + s [k = v]`,
    :math:`S_0 = 10 + n / \text{votes per covered item}`, :math:`d_p` votes and :math:`m_p` silences.

    Parameters
    ----------
    n_classes : int
        Number of classes, at least 2.
    class_balance : float array of shape (n_classes,), optional
        Shares of the classes, if known; uniform by default and never re-estimated.
    use_confidence : bool
        Tell apart thirds of each voter's confidences.
    n_iterations : int
        Rounds of EM.

    Attributes
    ----------
    class_balance_ : float array of shape (n_classes,)
        The prior.
    theta_ : float array of shape (n_events, n_classes)
        Probability of each event in each class.

    Examples
    --------
    >>> votes = Votes.from_matrix([[0, 0, -1], [-1, 1, 1], [-1, -1, -1]], n_classes=2)
    >>> PatternDS(2).fit(votes).predict(votes).tolist()
    [0, 1, -1]
    """

    class_balance_: NDArray[np.float64]
    theta_: NDArray[np.float64]
    events_: Events
    redundancy_: sparse.csr_array

    def __init__(
        self,
        n_classes: int,
        *,
        class_balance: ArrayLike | None = None,
        use_confidence: bool = False,
        n_iterations: int = 20,
    ) -> None:
        self.n_classes = n_classes
        self.class_balance = class_balance
        self.use_confidence = use_confidence
        self.n_iterations = n_iterations

    def fit(self, votes: Votes, gold: Gold | None = None) -> Self:
        """Learn what each event says about the class; gold items are held at their label."""
        self.class_balance_ = checked_balance(self.class_balance, self.n_classes)
        self.events_ = Events.of(votes, use_confidence=self.use_confidence)
        patterns = compress(votes, self.events_)
        taught = np.zeros((patterns.n_patterns, self.n_classes))
        if gold is not None:
            np.add.at(taught, (patterns.of_item[gold.item], gold.label), 1.0)
        return self._fit(patterns, taught)

    def _fit(self, patterns: Patterns, taught: NDArray[np.float64]) -> Self:
        part = patterns.thinned(PATTERNS_FITTED)
        taught = taught[np.searchsorted(patterns.key, part.key)]
        unlabelled = np.maximum(part.count - taught.sum(axis=1), 0.0)
        n_covered = float(part.count[part.covered].sum())
        n_votes = float(part.count @ part.n_votes)
        total = float(part.count.sum())
        strength = 10.0 + n_covered / max(n_votes / max(n_covered, 1.0), 1e-12)
        rate = np.asarray(part.fired.T @ part.count) / max(total, 1.0)
        own = self.events_.label[:, None] == np.arange(self.n_classes)
        shape = (1 - SKILL) * self.class_balance_ + SKILL * own
        pseudo = strength * np.maximum(rate, 1e-9)[:, None] * shape
        posterior = self._majority(part.fired)
        self.redundancy_ = redundancy(part, self.events_, posterior)
        for _ in range(self.n_iterations):
            mass = unlabelled[:, None] * posterior + GOLD_WEIGHT * taught
            mass[~part.covered] = 0.0
            told = np.asarray(part.fired.T @ mass)
            size = mass.sum(axis=0) + strength * self.class_balance_
            self.theta_ = np.clip((told + pseudo) / size, 1e-12, 1 - 1e-6)
            posterior = normalised(self.logit(part.fired))
        return self

    def _majority(self, fired: sparse.csr_array) -> NDArray[np.float64]:
        own = (self.events_.label[:, None] == np.arange(self.n_classes)).astype(np.float64)
        share = np.asarray(fired @ own)
        total = share.sum(axis=1, keepdims=True)
        return np.where(total > 0, share / np.maximum(total, 1.0), self.class_balance_)

    def logit(self, fired: sparse.csr_array) -> NDArray[np.float64]:
        """Return the log posterior of each pattern up to a constant, (n_patterns, n_classes)."""
        events = self.events_
        speaks = np.zeros((events.n_voters, self.n_classes))
        np.add.at(speaks, events.voter, self.theta_)
        silent = np.log1p(-np.minimum(speaks, 1 - 1e-6))
        n_votes = np.diff(fired.indptr)
        n_silent = events.n_voters - n_votes
        vote_worth = 1.0 / (1.0 + RHO * np.maximum(n_votes - 1, 0))
        silence_worth = ABSTAIN_WORTH / (1.0 + RHO_ABSTAIN * np.maximum(n_silent - 1, 0))
        said = np.asarray(event_weights(fired, self.redundancy_) @ np.log(self.theta_))
        unsaid = silent.sum(axis=0) - np.asarray(fired @ silent[events.voter])
        logit = np.log(self.class_balance_) + vote_worth[:, None] * said
        logit += silence_worth[:, None] * unsaid
        logit[n_votes == 0] = np.log(self.class_balance_)
        return logit

    def predict_proba(self, votes: Votes) -> NDArray[np.float64]:
        """Return posteriors, shape (n_items, n_classes); the prior where nobody voted."""
        patterns = compress(votes, self.events_)
        return normalised(self.logit(patterns.fired))[patterns.of_item]

    def predict(self, votes: Votes) -> NDArray[np.int64]:
        """Return the most probable class, -1 for a tie and where nobody voted."""
        label = most_probable(self.predict_proba(votes))
        label[np.bincount(votes.item, minlength=votes.n_items) == 0] = -1
        return label
