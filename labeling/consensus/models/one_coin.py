"""One coin a voter: each is right with one probability, whatever the class."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.linear import LinearModel, Terms, own_class, vote_shares
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.counts.posterior import checked_balance, log_evidence, normalised

RIGHT, WRONG = 2.0, 1.0
"""Votes that each voter is credited with before it cast any."""

PULL = 50.0
"""Items that the uniform prior on the class balance counts for."""

GOLD_WEIGHT = 2.0
"""Items that one reviewed item counts for."""


class OneCoin(LinearModel):
    r"""Dawid-Skene with one number a voter instead of a confusion matrix.

    .. math::
        P(v \mid j, y=k) = \begin{cases} a_j & v = k \\ (1 - a_j) / (K - 1) & v \ne k \end{cases}

    fitted by EM from the majority, with a Beta(2, 1)-like prior on :math:`a_j`. Few parameters:
    the better model where voters cast few votes, and where hard items make all voters err alike,
    which a confusion matrix mistakes for a habit.

    Demartini, Difallah & Cudré-Mauroux (2012), "ZenCrowd", WWW, sections 4.2-4.3; Zhang et al.
    (2016), "Spectral Methods Meet EM", JMLR 17, section 4.

    Parameters
    ----------
    n_classes : int
        Number of classes, at least 2.
    class_balance : float array of shape (n_classes,), optional
        Shares of the classes; estimated if not given.
    n_iterations : int
        Rounds of EM.

    Attributes
    ----------
    accuracy_ : float array of shape (n_voters,)
        :math:`a_j`.
    class_balance_ : float array of shape (n_classes,)
        The prior.
    log_likelihood_ : float
        Of the votes of covered items, in nats, given who spoke.

    Examples
    --------
    >>> from labeling.votes import Votes
    >>> votes = Votes.from_matrix([[0, 0, 1], [1, 1, 0], [0, 0, 0]], n_classes=2)
    >>> OneCoin(2).fit(votes).predict(votes).tolist()
    [0, 1, 0]
    """

    accuracy_: NDArray[np.float64]

    def __init__(
        self, n_classes: int, *, class_balance: ArrayLike | None = None, n_iterations: int = 30
    ) -> None:
        self.n_classes = n_classes
        self.class_balance = class_balance
        self.n_iterations = n_iterations

    def fit_patterns(self, patterns: Patterns, events: Events, taught: NDArray[np.float64]) -> Self:
        """Learn from distinct patterns; ``taught`` counts gold by (pattern, class)."""
        self.events_ = events
        self.asked_ = np.ones(events.n_voters, dtype=np.bool_)
        fired, covered = patterns.fired, patterns.covered
        own = own_class(events)
        cast = np.bincount(events.voter, np.asarray(fired.T @ patterns.count), events.n_voters)
        balance = checked_balance(self.class_balance, self.n_classes)
        posterior = vote_shares(fired, own, balance)
        unlabelled = np.maximum(patterns.count - taught.sum(axis=1), 0.0)
        extra = np.asarray(fired.T @ ((GOLD_WEIGHT - 1) * taught.sum(axis=1)))
        cast = cast + np.bincount(events.voter, extra, events.n_voters)
        logit = np.zeros_like(posterior)
        for _ in range(self.n_iterations):
            mass = unlabelled[:, None] * posterior + GOLD_WEIGHT * taught
            mass[~covered] = 0.0
            if self.class_balance is None:
                size = mass.sum(axis=0)
                balance = (size + PULL / self.n_classes) / (size.sum() + PULL)
            hits = (np.asarray(fired.T @ mass) * own).sum(axis=1)
            right = np.bincount(events.voter, hits, events.n_voters)
            self.accuracy_ = np.clip((right + RIGHT) / (cast + RIGHT + WRONG), 1e-6, 1 - 1e-6)
            self.class_balance_ = balance
            logit = self.terms(fired).logit()
            posterior = normalised(logit)
        self.log_likelihood_ = float(patterns.count[covered] @ log_evidence(logit)[covered])
        return self

    def terms(self, fired: sparse.csr_array) -> Terms:
        """Return the parts of the log posterior of each pattern."""
        accuracy = self.accuracy_[self.events_.voter][:, None]
        own = self.events_.label[:, None] == np.arange(self.n_classes)
        theta = np.where(own, accuracy, (1 - accuracy) / (self.n_classes - 1))
        base = np.tile(np.log(self.class_balance_), (fired.shape[0], 1))
        return Terms(base, fired, np.log(theta))
