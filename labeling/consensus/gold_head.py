"""The gold head: a few reviewed items teach a label model its scale, its bias and its voters."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from labeling.consensus.events import Events
from labeling.consensus.linear import Terms
from labeling.consensus.posterior import log_evidence, normalised

SD_SCALE = 0.5
"""Prior standard deviation of the log of the common scale."""

SD_BIAS = 0.25
"""Prior standard deviation of a class's bias, in nats."""

SD_VOTER = 0.3
"""Prior standard deviation of the factor on one voter's evidence."""


class GoldHead:
    r"""Multinomial logistic regression with the label model as its offset.

    .. math:: \text{logit} = e^t \Big(\text{base} + \sum_j (1 + a_j)\, \text{evidence}_j\Big) + b

    by penalised maximum likelihood, each reviewed item weighted by the inverse of its inclusion
    probability. With nothing to learn from it is the label model itself; it calibrates, and
    learns the class balance. Fit it on items drawn at random only: on items that were chosen
    because they are hard it learns that everything is hard.

    Attributes
    ----------
    scale_ : float
        :math:`e^t`; below 1 where the label model was too sure.
    bias_ : float array of shape (n_classes,)
        :math:`b`, in nats.
    voter_ : float array of shape (n_voters,)
        :math:`1 + a_j`; how much more than the label model thinks a voter's word is worth.
    """

    scale_: float
    bias_: NDArray[np.float64]
    voter_: NDArray[np.float64]

    def __init__(self, events: Events) -> None:
        self.events = events

    def fit(
        self,
        terms: Terms,
        label: NDArray[np.int32],
        weight: NDArray[np.float64],
    ) -> Self:
        """Learn from reviewed items.

        Parameters
        ----------
        terms : Terms
            What the label model says of each reviewed item, one row each.
        label : int array of shape (n_gold,)
            Their reviewed classes.
        weight : float array of shape (n_gold,)
            Inverse inclusion probabilities; scaled to a mean of 1.
        """
        n_classes, voter = self.events.n_classes, self.events.voter
        weight = weight / weight.mean()
        truth = label[:, None] == np.arange(n_classes)
        active = np.unique(voter[np.unique(terms.weight.indices)])
        column = np.searchsorted(active, voter)
        used = np.unique(terms.weight.indices)
        x = terms.weight[:, used]
        log_theta, column = terms.log_theta[used], column[used]
        log_theta = log_theta - log_theta.mean(axis=1, keepdims=True)
        base = terms.base - terms.base.mean(axis=1, keepdims=True)

        def loss(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            t, b, a = at[0], at[1 : 1 + n_classes], at[1 + n_classes :]
            inner = base + np.asarray(x @ ((1 + a[column])[:, None] * log_theta))
            logit = np.exp(t) * inner + b
            fit = log_evidence(logit) - logit[truth]
            penalty = (t / SD_SCALE) ** 2 + np.sum((b / SD_BIAS) ** 2) + np.sum((a / SD_VOTER) ** 2)
            slope = weight[:, None] * (normalised(logit) - truth)
            by_event = (np.asarray(x.T @ slope) * log_theta).sum(axis=1)
            gradient = np.concatenate(
                [
                    [np.exp(t) * np.sum(slope * inner) + t / SD_SCALE**2],
                    slope.sum(axis=0) + b / SD_BIAS**2,
                    np.exp(t) * np.bincount(column, by_event, len(active)) + a / SD_VOTER**2,
                ]
            )
            return float(weight @ fit + penalty / 2), gradient

        start = np.zeros(1 + n_classes + len(active))
        found = minimize(loss, start, jac=True, method="L-BFGS-B").x
        self.scale_ = float(np.exp(found[0]))
        self.bias_ = found[1 : 1 + n_classes]
        self.voter_ = np.ones(self.events.n_voters)
        self.voter_[active] += found[1 + n_classes :]
        return self

    def logit(self, terms: Terms) -> NDArray[np.float64]:
        """Return the corrected log posterior up to a constant, (n_patterns, n_classes)."""
        log_theta = terms.log_theta - terms.log_theta.mean(axis=1, keepdims=True)
        base = terms.base - terms.base.mean(axis=1, keepdims=True)
        worth = self.voter_[self.events.voter][:, None]
        return self.scale_ * (base + np.asarray(terms.weight @ (worth * log_theta))) + self.bias_
