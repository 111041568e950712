"""The gold head: a few reviewed items teach a consensus its scale, its bias, its members and voters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.posterior import log_evidence, normalised

SD_SCALE = 0.5
"""Prior standard deviation of the log of the common scale."""

SD_BIAS = 0.25
"""Prior standard deviation of a class's bias, in nats."""

SD_MEMBER = 0.1
"""Prior standard deviation of the weight of one member's log posterior."""

SD_VOTER = 0.1
"""Prior standard deviation of the weight of one voter's evidence."""


@dataclass(frozen=True)
class Statement:
    """What is said of some patterns before gold has a say.

    Parameters
    ----------
    base : float array of shape (n_patterns, n_classes)
        Log posterior of the consensus, up to a constant.
    opinions : float array of shape (n_patterns, n_classes, n_members)
        Log posteriors of its members, up to a constant.
    fired : sparse array of shape (n_patterns, n_events)
        The votes.
    """

    base: NDArray[np.float64]
    opinions: NDArray[np.float64]
    fired: sparse.csr_array

    def rows(self, at: NDArray[np.int64]) -> "Statement":
        """Return the same of some of the patterns."""
        return Statement(self.base[at], self.opinions[at], self.fired[at])


class GoldHead:
    r"""Multinomial logistic regression with the consensus as its offset.

    .. math::
        \text{logit} = e^t \, \text{base} + \sum_m c_m \, \text{opinion}_m
            + \sum_j a_j \, \text{evidence}_j + b

    by penalised maximum likelihood, each reviewed item weighted by the inverse of its inclusion
    probability. With nothing to learn from it is the consensus itself (a ridge towards a given
    answer); it calibrates, learns the class balance, and who is worth more or less than was thought.
    Fit it on items drawn at random only: on items that were chosen because they are hard it learns
    that everything is hard. Stacking: Wolpert (1992), *Neural Networks* 5(2).

    Parameters
    ----------
    events : Events
        Numbering of the votes.
    evidence : float array of shape (n_events, n_classes)
        Log probability of each event in each class.

    Attributes
    ----------
    scale_ : float
        :math:`e^t`; below 1 where the consensus was too sure.
    bias_ : float array of shape (n_classes,)
        :math:`b`, in nats.
    member_ : float array of shape (n_members,)
        :math:`c_m`; 0 leaves a member as it sits.
    voter_ : float array of shape (n_voters,)
        :math:`a_j`; 0 leaves a voter as it is.
    """

    scale_: float
    bias_: NDArray[np.float64]
    member_: NDArray[np.float64]
    voter_: NDArray[np.float64]

    def __init__(self, events: Events, evidence: NDArray[np.float64]) -> None:
        self.events = events
        self.evidence = evidence - evidence.mean(axis=1, keepdims=True)

    def fit(
        self, said: Statement, label: NDArray[np.int32], weight: NDArray[np.float64]
    ) -> "GoldHead":
        """Learn from reviewed items.

        Parameters
        ----------
        said : Statement
            What is said of each reviewed item, one row each.
        label : int array of shape (n_gold,)
            Their reviewed classes.
        weight : float array of shape (n_gold,)
            Inverse inclusion probabilities; scaled to a mean of 1.
        """
        n_classes, voter = self.events.n_classes, self.events.voter
        weight = weight / weight.mean()
        truth = label[:, None] == np.arange(n_classes)
        used = np.unique(said.fired.indices)
        active, column = np.unique(voter[used], return_inverse=True)
        x, evidence = said.fired[:, used], self.evidence[used]
        base, opinions = _centred(said.base), _centred(said.opinions)
        parts = np.cumsum([1, n_classes, opinions.shape[2]])
        spread = np.concatenate(
            [
                [SD_SCALE],
                np.full(n_classes, SD_BIAS),
                np.full(opinions.shape[2], SD_MEMBER),
                np.full(len(active), SD_VOTER),
            ]
        )

        def loss(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            t, bias, member, by_voter = at[0], *np.split(at, parts)[1:]
            scale = np.exp(t)
            logit = scale * base + bias + opinions @ member
            logit += np.asarray(x @ (by_voter[column][:, None] * evidence))
            slope = weight[:, None] * (normalised(logit) - truth)
            by_event = (np.asarray(x.T @ slope) * evidence).sum(axis=1)
            gradient = np.concatenate(
                [
                    [scale * np.sum(slope * base)],
                    slope.sum(axis=0),
                    np.einsum("ik,ikm->m", slope, opinions),
                    np.bincount(column, by_event, len(active)),
                ]
            )
            fit = float(weight @ (log_evidence(logit) - logit[truth]))
            return fit + float(np.sum((at / spread) ** 2)) / 2, gradient + at / spread**2

        found = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B").x
        self.scale_ = float(np.exp(found[0]))
        _, self.bias_, self.member_, by_voter = np.split(found, parts)
        self.voter_ = np.zeros(self.events.n_voters)
        self.voter_[active] = by_voter
        return self

    def logit(self, said: Statement) -> NDArray[np.float64]:
        """Return the corrected log posterior up to a constant, (n_patterns, n_classes)."""
        by_event = self.voter_[self.events.voter][:, None] * self.evidence
        return (
            self.scale_ * _centred(said.base)
            + self.bias_
            + _centred(said.opinions) @ self.member_
            + np.asarray(said.fired @ by_event)
        )


def _centred(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    return logit - logit.mean(axis=1, keepdims=True)
