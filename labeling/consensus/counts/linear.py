"""Label models whose log posterior is a sum over the events of a pattern."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.confidences import Confidences
from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import Patterns, compress
from labeling.consensus.counts.posterior import by_column, most_probable, normalised
from labeling.consensus.counts.vote_counts import count_votes
from labeling.gold import Gold
from labeling.votes import ABSTAIN, Votes

RHO_ASKED = 0.2
"""Correlation assumed between the errors of voters that answer when asked."""


class Terms:
    """The parts of a log posterior: ``base + weight @ log_theta``.

    Parameters
    ----------
    base : float array of shape (n_patterns, n_classes)
        Prior, and whatever silence says.
    weight : sparse array of shape (n_patterns, n_events)
        Worth of each event in each pattern, 0..1.
    log_theta : float array of shape (n_events, n_classes)
        Log probability of each event in each class.
    """

    def __init__(
        self,
        base: NDArray[np.float64],
        weight: sparse.csr_array,
        log_theta: NDArray[np.float64],
    ) -> None:
        self.base = base
        self.weight = weight
        self.log_theta = log_theta

    def logit(self) -> NDArray[np.float64]:
        """Return the log posterior up to a constant, shape (n_patterns, n_classes)."""
        return self.base + np.asarray(self.weight @ self.log_theta)


class LinearModel(ABC):
    """What such models share: fitting on items, and reading posteriors off patterns.

    Attributes
    ----------
    asked_ : bool array of shape (n_voters,)
        Voters that answer when asked.
    class_balance_ : float array of shape (n_classes,)
        The prior.
    events_ : Events
        Numbering of the events.
    log_likelihood_ : float
        Of the votes of covered items, in nats, given who spoke.
    """

    n_classes: int
    asked_: NDArray[np.bool_]
    class_balance_: NDArray[np.float64]
    events_: Events
    log_likelihood_: float

    use_confidence: bool = False

    def fit(self, votes: Votes, gold: Gold | None = None) -> Self:
        """Learn from votes; gold items are held at their label."""
        events = Confidences.of(votes).events(used=self.use_confidence)
        counts, _ = count_votes(votes, events, gold)
        return self.fit_patterns(counts.patterns, events, counts.taught)

    @abstractmethod
    def fit_patterns(self, patterns: Patterns, events: Events, taught: NDArray[np.float64]) -> Self:
        """Learn from distinct patterns; ``taught`` counts gold by (pattern, class)."""

    @abstractmethod
    def terms(self, fired: sparse.csr_array) -> Terms:
        """Return the parts of the log posterior of each pattern."""

    def sobered_terms(self, fired: sparse.csr_array) -> Terms:
        """Return the same terms, less sure of itself the more people or models spoke.

        They err together on hard items, which the model counts as so many separate errors. The
        log posterior is divided by ``1 + RHO_ASKED (n - 1)``; the order of the classes stays.
        """
        terms = self.terms(fired)
        if not self.asked_.any():
            return terms
        n_asked = np.asarray(fired @ self.asked_[self.events_.voter].astype(np.float64))
        scale = 1.0 / (1.0 + RHO_ASKED * np.maximum(n_asked - 1, 0))
        weight = terms.weight.copy()
        weight.data = weight.data * np.repeat(scale, np.diff(weight.indptr))
        return Terms(terms.base * scale[:, None], weight, terms.log_theta)

    def predict_proba(self, votes: Votes) -> NDArray[np.float64]:
        """Return posteriors, shape (n_items, n_classes); the prior where nobody voted."""
        patterns, of_item = compress(votes, self.events_)
        return normalised(self.terms(patterns.fired).logit())[of_item]

    def predict(self, votes: Votes) -> NDArray[np.int64]:
        """Return the most probable class, -1 for a tie and where nobody voted."""
        label = most_probable(self.predict_proba(votes))
        label[np.bincount(votes.item, minlength=votes.n_items) == 0] = ABSTAIN
        return label


def vote_shares(
    fired: sparse.csr_array, own: NDArray[np.float64], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of each pattern's votes by class; ``prior`` where there are none.

    Parameters
    ----------
    fired : sparse array of shape (n_patterns, n_events)
        Weights of the events in each pattern.
    own : float array of shape (n_events, n_classes)
        What each event counts for each class, see :func:`own_class`.
    prior : float array of shape (n_classes,)
        Shares where nothing counts.
    """
    share = by_column(fired @ own)
    total = share.sum(axis=1, keepdims=True)
    return np.where(total > 0, share / np.where(total > 0, total, 1.0), prior)


def own_class(events: Events) -> NDArray[np.float64]:
    """Return 1 where an event says a class, 0 elsewhere, shape (n_events, n_classes)."""
    return (events.label[:, None] == np.arange(events.n_classes)).astype(np.float64)
