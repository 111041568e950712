"""PatternDS: Dawid-Skene on vote patterns, made safe for rules."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.linear import LinearModel, Terms, own_class, vote_shares
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.counts.posterior import checked_balance, log_evidence, normalised
from labeling.consensus.models.panel import LOPSIDED, answers_when_asked, trusted_balance
from labeling.consensus.models.redundancy import event_weights, redundancy, same_places

SKILL = 0.4
"""Prior belief that a voter knows (1) rather than guesses (0)."""

STRENGTH = 4.0
"""Weight of that belief for rules, in data sets of one vote an item; 3 to 5 do as well."""

ROW = 2.0
"""Weight of that belief for voters that answer when asked, in votes by class."""

RHO = 0.05
"""Correlation assumed between any two rules on an item."""

ABSTAIN_WORTH = 0.25
"""Worth of a rule's silence against a vote."""

RHO_ABSTAIN = 0.3
"""Correlation assumed between any two silences on an item."""

PULL = 50.0
"""Items that the prior on the class balance counts for, where the balance is estimated."""

GOLD_WEIGHT = 2.0
"""Items that one reviewed item counts for."""

PATTERNS_FITTED = 50_000
"""Patterns used for fitting; more of them move no parameter that matters."""

_LEAST = 1e-12


class PatternDS(LinearModel):
    r"""Our label model.

    An event :math:`e` is voter :math:`j` saying :math:`v`. For rules
    :math:`\theta_e(k) = P(e \mid y=k)` *includes the decision to speak*, which is what lets a rule
    for one class carry evidence; for voters that answer when asked it is
    :math:`P(v \mid j \text{ asked}, y=k)` and their silence says nothing.

    .. math::
        \theta_e(k) &= \frac{\sum_p c_p X_{pe} \gamma_{pk} + S_0 q_e R_e(k)}{N_k + S_0 \pi_k} \\
        \operatorname{logit}_{pk} &= \log \pi_k
            + \frac{\sum_{e \in p} w_{ep} \log \theta_e(k)}{1 + \rho (d_p - 1)}
            + \frac{a \sum_{j \text{ silent}} \log(1 - \sum_v \theta_{jv}(k))}{1 + \rho_a (m_p - 1)}

    with :math:`q_e` the firing rate, :math:`R_e(k) = (1 - s) \pi_k + s [k = v]`,
    :math:`S_0 = 10 + 4 n / \text{votes per covered item}`, :math:`d_p` rules that spoke and
    :math:`m_p` that did not, and :math:`w_{ep}` from :mod:`labeling.consensus.models.redundancy`.

    The class balance is what the caller says; else uniform, unless trusted votes for one class
    outweigh the rest (:func:`~labeling.consensus.models.panel.trusted_balance`); it is re-estimated only
    where most votes come from voters that answer when asked. Estimated for rules it runs away.

    Parameters
    ----------
    n_classes : int
        Number of classes, at least 2.
    class_balance : float array of shape (n_classes,), optional
        Shares of the classes, if known.
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
    asked_ : bool array of shape (n_voters,)
        Voters that answer when asked.
    redundancy_ : sparse array of shape (n_events, n_events)
        How far two events are one.
    log_likelihood_ : float
        Of the votes of covered items, in nats, given who spoke.

    Examples
    --------
    >>> from labeling.votes import Votes
    >>> votes = Votes.from_matrix([[0, 0, -1], [-1, 1, 1], [-1, -1, -1]], n_classes=2)
    >>> PatternDS(2).fit(votes).predict(votes).tolist()
    [0, 1, -1]
    """

    theta_: NDArray[np.float64]
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

    def fit_patterns(self, patterns: Patterns, events: Events, taught: NDArray[np.float64]) -> Self:
        """Learn from distinct patterns; ``taught`` counts gold by (pattern, class)."""
        part = patterns.thinned(PATTERNS_FITTED, taught.sum(axis=1) > 0)
        taught = taught[np.searchsorted(patterns.key, part.key)]
        self.events_ = events
        self.asked_ = answers_when_asked(part, events)
        asked = self.asked_[events.voter]
        own = own_class(events)
        uniform = np.full(self.n_classes, 1.0 / self.n_classes)
        posterior = vote_shares(part.fired, own, uniform)
        self.redundancy_ = redundancy(part, events, posterior, self.asked_)
        shared = event_weights(part.fired, self.redundancy_)
        posterior = vote_shares(shared, own, uniform)
        cast, counted = part.fired.T @ part.count, np.asarray(shared.T @ part.count)
        estimate = self.class_balance is None and 2 * counted[asked].sum() > counted.sum()
        balance = self._balance(part, shared, lean=not asked.any())
        unlabelled = np.maximum(part.count - taught.sum(axis=1), 0.0)
        n_covered = float(part.count[part.covered].sum())
        strength = 10.0 + STRENGTH * n_covered**2 / max(float(counted.sum()), 1.0)
        pseudo_rate = strength * np.maximum(cast / max(float(part.count.sum()), 1.0), 1e-9)
        worths = self._worths(part.fired, shared)
        for _ in range(self.n_iterations):
            mass = unlabelled[:, None] * posterior + GOLD_WEIGHT * taught
            mass[~part.covered] = 0.0
            size: NDArray[np.float64] = mass.sum(axis=0)
            if estimate:
                balance = (size + PULL / self.n_classes) / (size.sum() + PULL)
            told: NDArray[np.float64] = np.asarray(part.fired.T @ mass)
            shape = (1 - SKILL) * balance + SKILL * own
            rules = (told + pseudo_rate[:, None] * shape) / (size + strength * balance)
            row = (1 - SKILL) / self.n_classes + SKILL * own
            spoke = by_voter(told, events)[events.voter]
            people = (told + ROW * row / events.n_levels) / (spoke + ROW)
            rules[asked] = people[asked]
            self.theta_ = np.clip(rules, _LEAST, 1 - 1e-6)
            self.class_balance_ = balance
            posterior = normalised(self._terms(part.fired, *worths).logit())
        plain = np.log(balance) + np.asarray(part.fired @ self._given_spoken())
        self.log_likelihood_ = float(part.count[part.covered] @ log_evidence(plain)[part.covered])
        return self

    def _balance(
        self, patterns: Patterns, shared: sparse.csr_array, *, lean: bool
    ) -> NDArray[np.float64]:
        if self.class_balance is None and lean:
            trusted = trusted_balance(patterns, shared, self.events_)
            equal = 1.0 / self.n_classes
            if trusted.max() - equal > LOPSIDED * (1 - equal):
                return np.maximum(trusted, 1e-3) / np.maximum(trusted, 1e-3).sum()
        return checked_balance(self.class_balance, self.n_classes)

    def _given_spoken(self) -> NDArray[np.float64]:
        speaks = by_voter(self.theta_, self.events_)[self.events_.voter]
        return np.log(self.theta_ / speaks)

    def terms(self, fired: sparse.csr_array) -> Terms:
        """Return the parts of the log posterior of each pattern."""
        return self._terms(fired, *self._worths(fired, event_weights(fired, self.redundancy_)))

    def _worths(
        self, fired: sparse.csr_array, shared: sparse.csr_array
    ) -> tuple[sparse.csr_array, NDArray[np.float64]]:
        """Return what each vote and what the silences of each pattern are worth."""
        by_rule = (~self.asked_[self.events_.voter]).astype(np.float64)
        n_rules = np.asarray(fired @ by_rule)
        echoed = n_rules if shared is fired else np.asarray(shared @ by_rule)
        spread = np.repeat(1 / (1 + RHO * np.maximum(echoed - 1, 0)), np.diff(fired.indptr))
        if self.asked_.any():
            spread = np.where(by_rule[fired.indices] > 0, spread, 1.0)
        heard = ABSTAIN_WORTH / (
            1 + RHO_ABSTAIN * np.maximum(np.sum(~self.asked_) - n_rules - 1, 0)
        )
        heard[np.diff(fired.indptr) == 0] = 0.0
        return same_places(fired, shared.data * spread), heard

    def _terms(
        self, fired: sparse.csr_array, weight: sparse.csr_array, heard: NDArray[np.float64]
    ) -> Terms:
        base = np.tile(np.log(self.class_balance_), (fired.shape[0], 1))
        rule = ~self.asked_
        if rule.any():
            speaks = by_voter(self.theta_, self.events_) * rule[:, None]
            silent = np.log1p(-np.minimum(speaks, 1 - 1e-6))
            unsaid = silent.sum(axis=0) - np.asarray(fired @ silent[self.events_.voter])
            base += heard[:, None] * unsaid
        return Terms(base, weight, np.log(self.theta_))


def by_voter(by_event: NDArray[np.float64], events: Events) -> NDArray[np.float64]:
    """Sum over the events of each voter: (n_events, n_classes) to (n_voters, n_classes)."""
    shape = (events.n_voters, events.n_classes * events.n_levels, by_event.shape[1])
    return by_event.reshape(shape).sum(axis=1)
