"""How often each voter's votes are repeated by others on the same items, and a model made of it."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.linear import LinearModel, Terms, own_class
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.counts.posterior import TIE

VOTER_PULL, EVENT_PULL = 2.0, 4.0
"""Votes that the panel's rate counts for in a voter's, and a voter's in that of one of its classes."""

EXTREME = 0.02
"""Least distance of a rate from 0 and 1 before its logarithm is taken."""


class AgreementWeighted(LinearModel):
    r"""One weight a voter, from how often others on the same items say the same.

    .. math:: w_j = \log \frac{a_j (K - 1)}{1 - a_j}

    with :math:`a_j` the share of the other votes on its items that repeat the voter's, drawn towards
    the panel's. The one-step form of worker agreement with aggregate (Wawa, Appen; in
    crowd-kit, Ustalov et al. 2021, arXiv 2109.08584), each vote compared with the others alone.

    Attributes
    ----------
    panel_rate_ : float
        Share of all pairs of votes on an item that agree, 0..1.
    voter_rate_ : float array of shape (n_voters,)
        :math:`a_j`.
    event_rate_ : float array of shape (n_events,)
        The same by what is said.
    """

    panel_rate_: float
    voter_rate_: NDArray[np.float64]
    event_rate_: NDArray[np.float64]

    def __init__(self, n_classes: int) -> None:
        self.n_classes = n_classes

    def fit_patterns(self, patterns: Patterns, events: Events, taught: NDArray[np.float64]) -> Self:
        """Learn the rates; gold has no part in them."""
        del taught
        self.events_ = events
        self.asked_ = np.ones(events.n_voters, dtype=np.bool_)
        self.class_balance_ = np.full(self.n_classes, 1.0 / self.n_classes)
        self.log_likelihood_ = float("nan")
        fired, label = patterns.fired, events.label[patterns.fired.indices]
        said = np.asarray(fired @ own_class(events))
        row = np.repeat(np.arange(patterns.n_patterns), patterns.n_votes)
        others = said.sum(axis=1)[row] - fired.data
        heard = others > TIE
        count = patterns.count[row] * fired.data * heard
        repeated = (said[row, label] - fired.data) / np.where(heard, others, 1.0)
        same = np.bincount(fired.indices, count * repeated, events.n_events)
        met = np.bincount(fired.indices, count, events.n_events)
        self.panel_rate_ = float(same.sum() / max(met.sum(), 1.0))
        by_voter = [np.bincount(events.voter, part, events.n_voters) for part in (same, met)]
        self.voter_rate_ = (by_voter[0] + VOTER_PULL * self.panel_rate_) / (
            by_voter[1] + VOTER_PULL
        )
        prior = self.voter_rate_[events.voter]
        self.event_rate_ = (same + EVENT_PULL * prior) / (met + EVENT_PULL)
        return self

    def terms(self, fired: sparse.csr_array) -> Terms:
        """Return the parts of the log posterior of each pattern."""
        rate = np.clip(self.voter_rate_, EXTREME, 1 - EXTREME)
        weight = np.log(rate * (self.n_classes - 1) / (1 - rate))
        base = np.zeros((fired.shape[0], self.n_classes))
        return Terms(base, fired, own_class(self.events_) * weight[self.events_.voter][:, None])
