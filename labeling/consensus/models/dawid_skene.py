"""Dawid & Skene's model as they published it: the peer that ours is compared with."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.linear import LinearModel, Terms, own_class, vote_shares
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.counts.posterior import log_evidence, normalised

LEAST = 1e-10
"""Stands for a probability of 0, whose logarithm would veto a class for ever."""


class DawidSkene(LinearModel):
    r"""Maximum likelihood for a confusion matrix a voter and the class balance.

    .. math::
        \pi^{(j)}_{kl} = \frac{\sum_i T_{ik} n^{(j)}_{il}}{\sum_{l'} \sum_i T_{ik} n^{(j)}_{il'}},
        \quad p_k = \frac{\sum_i T_{ik}}{I}, \quad
        T_{ik} \propto p_k \prod_j \prod_l (\pi^{(j)}_{kl})^{n^{(j)}_{il}}

    Dawid & Skene (1979), "Maximum likelihood estimation of observer error-rates using the EM
    algorithm", Applied Statistics 28(1), eqs. 2.3-2.5. Silence says nothing, there is no prior,
    and EM starts at the majority. It needs voters that speak for several classes: a rule for one
    class says that class whatever the truth is, so its row is (0, 1, 0, ...) and it has no say.

    Parameters
    ----------
    n_classes : int
        Number of classes, at least 2.
    n_iterations : int
        Most rounds of EM.
    tolerance : float
        Stop when the log likelihood of an item gains less than this, in nats.

    Attributes
    ----------
    confusion_ : float array of shape (n_voters, n_classes, n_classes)
        ``confusion_[j, k, l]``: probability that ``j`` says ``l`` when it is ``k``.
    class_balance_ : float array of shape (n_classes,)
        Estimated.

    Examples
    --------
    >>> from labeling.votes import Votes
    >>> votes = Votes.from_matrix([[0, 0, 1], [1, 1, 1], [0, 0, 0], [1, 1, 0]], n_classes=2)
    >>> DawidSkene(2).fit(votes).predict(votes).tolist()
    [0, 1, 0, 1]
    """

    confusion_: NDArray[np.float64]

    def __init__(self, n_classes: int, *, n_iterations: int = 100, tolerance: float = 1e-5) -> None:
        self.n_classes = n_classes
        self.n_iterations = n_iterations
        self.tolerance = tolerance

    def fit_patterns(self, patterns: Patterns, events: Events, taught: NDArray[np.float64]) -> Self:
        """Learn from distinct patterns; ``taught`` counts gold by (pattern, class)."""
        self.events_ = events
        self.asked_ = np.ones(events.n_voters, dtype=np.bool_)
        covered = patterns.covered
        prior = np.full(self.n_classes, 1.0 / self.n_classes)
        posterior = vote_shares(patterns.fired, own_class(events), prior)
        unlabelled = np.maximum(patterns.count - taught.sum(axis=1), 0.0)
        n_covered = max(float(patterns.count[covered].sum()), 1.0)
        shape = (events.n_voters, self.n_classes, self.n_classes)
        self.log_likelihood_ = -np.inf
        for _ in range(self.n_iterations):
            mass = unlabelled[:, None] * posterior + taught
            mass[~covered] = 0.0
            self.class_balance_ = np.maximum(mass.sum(axis=0) / n_covered, LEAST)
            self.class_balance_ /= self.class_balance_.sum()
            said = np.asarray(patterns.fired.T @ mass).reshape(shape).transpose(0, 2, 1)
            total = said.sum(axis=2, keepdims=True)
            self.confusion_ = np.where(total > 0, said / np.maximum(total, LEAST), prior)
            logit = self.terms(patterns.fired).logit()
            posterior = normalised(logit)
            before = self.log_likelihood_
            self.log_likelihood_ = float(patterns.count[covered] @ log_evidence(logit)[covered])
            if self.log_likelihood_ - before < self.tolerance * n_covered:
                break
        return self

    def terms(self, fired: sparse.csr_array) -> Terms:
        """Return the parts of the log posterior of each pattern."""
        theta = self.confusion_.transpose(0, 2, 1).reshape(self.events_.n_events, self.n_classes)
        base = np.tile(np.log(self.class_balance_), (fired.shape[0], 1))
        return Terms(base, fired, np.log(np.maximum(theta, LEAST)))
