"""Bayesian Dawid-Skene: a confusion matrix a voter, with a prior that keeps it from collapsing."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.special import psi

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.linear import LinearModel, Terms, own_class, vote_shares
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.counts.posterior import checked_balance, log_evidence, normalised

RIGHT, WRONG = 4.0, 1.0
"""Votes that each row of a confusion matrix is credited with: on its own class, on any other."""

GOLD_WEIGHT = 2.0
"""Items that one reviewed item counts for."""


class IBCC(LinearModel):
    r"""Independent Bayesian classifier combination, by variational Bayes.

    .. math::
        \alpha^{(j)}_{kl} = \alpha^0_{kl} + \sum_i q_{ik} [v_{ij} = l], \qquad
        \log q_{ik} = \log \pi_k + \sum_j \psi(\alpha^{(j)}_{k v_{ij}})
            - \psi\bigl(\textstyle\sum_l \alpha^{(j)}_{kl}\bigr)

    Kim & Ghahramani (2012), "Bayesian Classifier Combination", AISTATS, section 2; the variational
    form of Simpson et al. (2013), arXiv 1206.1831, eqs. 12-24. It starts at the shares of the
    votes. The class balance is uniform or what the caller says, never estimated unless asked for:
    for rules of one class each an estimate runs away to a single class.

    Parameters
    ----------
    n_classes : int
        Number of classes, at least 2.
    class_balance : float array of shape (n_classes,), optional
        Shares of the classes, if known.
    estimate_balance : bool
        Estimate the class balance instead, from the posteriors and one pseudo item a class.
    n_iterations : int
        Most rounds.
    tolerance : float
        Stop when no posterior moves by more than this, 0..1.

    Attributes
    ----------
    evidence_ : float array of shape (n_events, n_classes)
        Expected log probability of each event in each class.
    class_balance_ : float array of shape (n_classes,)
        The prior.

    Examples
    --------
    >>> from labeling.votes import Votes
    >>> votes = Votes.from_matrix([[0, 0, 1], [1, 1, 0], [0, 0, 0]], n_classes=2)
    >>> IBCC(2).fit(votes).predict(votes).tolist()
    [0, 1, 0]
    """

    evidence_: NDArray[np.float64]

    def __init__(
        self,
        n_classes: int,
        *,
        class_balance: ArrayLike | None = None,
        estimate_balance: bool = False,
        n_iterations: int = 60,
        tolerance: float = 1e-3,
    ) -> None:
        self.n_classes = n_classes
        self.class_balance = class_balance
        self.estimate_balance = estimate_balance
        self.n_iterations = n_iterations
        self.tolerance = tolerance

    def fit_patterns(self, patterns: Patterns, events: Events, taught: NDArray[np.float64]) -> Self:
        """Learn from distinct patterns; ``taught`` counts gold by (pattern, class)."""
        self.events_ = events
        self.asked_ = np.ones(events.n_voters, dtype=np.bool_)
        own = own_class(events)
        covered = patterns.covered
        fired = patterns.fired[covered]
        turned = sparse.csr_array(fired.T)
        taught = taught[covered]
        unlabelled = np.maximum(patterns.count[covered] - taught.sum(axis=1), 0.0)
        credit = np.where(own > 0, RIGHT, WRONG) / events.n_levels
        shape = (events.n_voters, self.n_classes * events.n_levels, self.n_classes)
        balance = checked_balance(self.class_balance, self.n_classes)
        posterior = vote_shares(fired, own, np.full(self.n_classes, 1.0 / self.n_classes))
        logit = np.zeros_like(posterior)
        for _ in range(self.n_iterations):
            mass = unlabelled[:, None] * posterior + GOLD_WEIGHT * taught
            if self.estimate_balance:
                size = 1.0 + mass.sum(axis=0)
                balance = size / size.sum()
            alpha = credit + np.asarray(turned @ mass)
            row = np.asarray(psi(alpha.reshape(shape).sum(axis=1)), dtype=np.float64)
            self.evidence_ = np.asarray(psi(alpha)) - np.repeat(row, shape[1], axis=0)
            self.class_balance_ = balance
            logit = self.terms(fired).logit()
            before, posterior = posterior, normalised(logit)
            if np.abs(posterior - before).max(initial=0.0) < self.tolerance:
                break
        self.log_likelihood_ = float(patterns.count[covered] @ log_evidence(logit))
        return self

    def terms(self, fired: sparse.csr_array) -> Terms:
        """Return the parts of the log posterior of each pattern."""
        base = np.tile(np.log(self.class_balance_), (fired.shape[0], 1))
        return Terms(base, fired, self.evidence_)
