"""Weighted majority vote: voters count by how often they agree with the rest."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.linear import own_class
from labeling.consensus.counts.patterns import Patterns, compress
from labeling.consensus.counts.posterior import checked_balance, most_probable
from labeling.consensus.models.majority import vote_counts
from labeling.votes import Votes


class WeightedMajority:
    r"""Iterative weighted majority voting.

    .. math:: v_j = \max(0, K \hat w_j - 1), \qquad \hat y_i = \arg\max_k \sum_{j: y_{ij} = k} v_j

    with :math:`\hat w_j` the share of voter ``j``'s votes that agree with :math:`\hat y`, starting
    at the plain majority. Li & Yu (2014), "Error Rate Bounds and Iterative Weighted Majority
    Voting for Crowdsourcing", arXiv 1411.4086, algorithm 1 (negative weights are cut off).

    Parameters
    ----------
    n_classes : int
        Number of classes, at least 2.
    class_balance : float array of shape (n_classes,), optional
        Prior used where nobody with weight voted; uniform by default.
    n_iterations : int
        Rounds.

    Attributes
    ----------
    weight_ : float array of shape (n_voters,)
        :math:`v_j`, from 0 (no better than chance) to ``n_classes - 1``.
    class_balance_ : float array of shape (n_classes,)
        The prior.

    Examples
    --------
    >>> votes = Votes.from_matrix([[0, 0, 1], [1, 1, 0], [0, 0, 0], [1, 1, 0]], n_classes=2)
    >>> WeightedMajority(2).fit(votes).weight_.round(1).tolist()
    [1.0, 1.0, 0.0]
    """

    weight_: NDArray[np.float64]
    class_balance_: NDArray[np.float64]

    def __init__(
        self, n_classes: int, *, class_balance: ArrayLike | None = None, n_iterations: int = 10
    ) -> None:
        self.n_classes = n_classes
        self.class_balance = class_balance
        self.n_iterations = n_iterations

    def fit(self, votes: Votes) -> Self:
        """Learn the weights."""
        events = Events(votes.n_voters, votes.n_classes)
        return self.fit_patterns(compress(votes, events)[0], events)

    def fit_patterns(self, patterns: Patterns, events: Events) -> Self:
        """Learn the weights from distinct patterns."""
        self.class_balance_ = checked_balance(self.class_balance, self.n_classes)
        own, fired = own_class(events), patterns.fired
        label = most_probable(np.asarray(fired @ own))
        for _ in range(self.n_iterations):
            judged = np.asarray(fired.T @ (patterns.count * (label >= 0)))
            said = label[:, None] == np.arange(self.n_classes)
            right = np.asarray(fired.T @ (patterns.count[:, None] * said))[own > 0]
            n_judged, n_right = (np.bincount(events.voter, n) for n in (judged, right))
            share = np.where(n_judged > 0, n_right / np.maximum(n_judged, 1), 1.0)
            self.weight_ = np.maximum(self.n_classes * share - 1.0, 0.0)
            label = most_probable(np.asarray(fired @ (own * self.weight_[events.voter][:, None])))
        return self

    def predict_proba(self, votes: Votes) -> NDArray[np.float64]:
        """Return shares of weight, shape (n_items, n_classes); the prior where there is none."""
        share = vote_counts(votes, self.weight_)
        total = share.sum(axis=1)
        none = total <= 0
        share[none] = self.class_balance_
        share[~none] /= total[~none, None]
        return share

    def predict(self, votes: Votes) -> NDArray[np.int64]:
        """Return the class with most weight, -1 for a tie and where nobody with weight voted."""
        return most_probable(vote_counts(votes, self.weight_))
