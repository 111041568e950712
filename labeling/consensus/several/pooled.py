"""What voters can do in every question, each voter's skill in one drawn towards that in the others."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit, psi

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.linear import RHO_ASKED, own_class
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.ensemble.members import COMMON, majority_shares
from labeling.consensus.models.ibcc import GOLD_WEIGHT, RIGHT, WRONG

STRENGTH = 10.0
"""Items that a voter's other questions count for in one question, at most."""

ROUNDS, STILL = 60, 1e-3
"""Most rounds, and by how much no posterior may move in the last."""

GONE = 0.005
"""Share of the items under which an answer is given up. Voters often say a rare class of many items that
are not of it: that it is given less often than named is no sign of collapse."""

PATTERNS_FITTED = 20_000
"""Patterns of a question that are used for fitting; more move no parameter that matters."""


class PooledSkills:
    r"""Bayesian Dawid-Skene over several yes-or-no questions that the same voters answer.

    Each question has a confusion of each voter, whose prior is what the voter did in its other
    questions, and counts for at most :data:`STRENGTH` items:

    .. math::
        \alpha^{(jq)}_{kl} = s\,\frac{\alpha^0_{kl} + \sum_{r \ne q} n^{(jr)}_{kl}}
            {\sum_l \alpha^0_{kl} + \sum_{r \ne q} n^{(jr)}_{kl}} + n^{(jq)}_{kl}

    A voter with few votes in a question borrows from its others; one with many is judged by these.
    The share of yes is estimated for each question. Variational Bayes as in
    :class:`labeling.consensus.models.ibcc.IBCC`, which this is for a single question; priors over voters as
    in Kim & Ghahramani (2012), AISTATS.

    Parameters
    ----------
    class_balance : float array of shape (n_questions,), optional
        Shares of yes, if known.

    Attributes
    ----------
    evidence_ : float array of shape (n_questions, n_events, 2)
        Expected log probability of each event where the answer is no and where it is yes.
    balance_ : float array of shape (n_questions,)
        Shares of yes.
    collapsed_ : bool array of shape (n_questions,)
        Questions in which an answer that voters often give is hardly left any item.

    Examples
    --------
    >>> from labeling.consensus.counts.patterns import compress
    >>> from labeling.votes import Votes
    >>> votes = [Votes.from_matrix(rows, 2) for rows in ([[1, 1, 0], [0, 0, 0]], [[1, 1, 1], [0, 0, 1]])]
    >>> said = [compress(one, Events(3, 2))[0] for one in votes]
    >>> skills = PooledSkills().fit(said, Events(3, 2))
    >>> skills.evidence_.shape, bool((skills.logit(0, said[0].fired) > 0).any())
    ((2, 6, 2), True)
    """

    evidence_: NDArray[np.float64]
    balance_: NDArray[np.float64]
    collapsed_: NDArray[np.bool_]

    def __init__(self, class_balance: NDArray[np.float64] | None = None) -> None:
        self.class_balance = class_balance

    def fit(
        self,
        patterns: Sequence[Patterns],
        events: Events,
        taught: Sequence[NDArray[np.float64]] | None = None,
    ) -> Self:
        """Learn from the patterns of each question; ``taught`` counts its gold by (pattern, answer)."""
        told = taught or [np.zeros((one.n_patterns, 2)) for one in patterns]
        parts = [_Part(one, gold, events) for one, gold in zip(patterns, told, strict=True)]
        credit = np.where(own_class(events) > 0, RIGHT, WRONG)
        counts = np.stack([part.count() for part in parts])
        for _ in range(ROUNDS):
            self.balance_ = self._balance(parts)
            self.evidence_ = _evidence(counts, credit)
            moved = 0.0
            for q, part in enumerate(parts):
                moved = max(moved, part.believe(self.logit(q, part.fired, sober=False)))
                counts[q] = part.count()
            if moved < STILL:
                break
        self.collapsed_ = np.array([part.collapsed() for part in parts])
        return self

    def logit(
        self, question: int, fired: sparse.csr_array, *, sober: bool = True
    ) -> NDArray[np.float64]:
        """Return log odds of yes, shape (n_patterns,).

        Sober, they are divided by ``1 + RHO_ASKED (n - 1)``: people and models err together on hard
        items (:meth:`labeling.consensus.counts.linear.LinearModel.sobered_terms`).
        """
        no, yes = self.evidence_[question].T
        share = self.balance_[question]
        odds = np.log(share / (1 - share)) + np.asarray(fired @ (yes - no))
        n_votes = np.diff(fired.indptr)
        return odds / (1 + RHO_ASKED * np.maximum(n_votes - 1, 0)) if sober else odds

    def _balance(self, parts: Sequence["_Part"]) -> NDArray[np.float64]:
        if self.class_balance is not None:
            return self.class_balance
        mass = np.array([part.mass().sum(axis=0) for part in parts]) + 1.0
        return mass[:, 1] / mass.sum(axis=1)


class _Part:
    """The patterns of one question that hold a vote, and what is believed of them while fitting."""

    def __init__(self, patterns: Patterns, taught: NDArray[np.float64], events: Events) -> None:
        part = patterns.thinned(PATTERNS_FITTED, taught.sum(axis=1) > 0).with_votes()
        self.fired = part.fired
        self.taught = taught[np.searchsorted(patterns.key, part.key)]
        self.turned = sparse.csr_array(self.fired.T)
        self.unlabelled = np.maximum(part.count - self.taught.sum(axis=1), 0.0)
        self.share = majority_shares(self.fired, events)
        self.yes = self.share[:, 1]

    def mass(self) -> NDArray[np.float64]:
        """Return items by (pattern, answer)."""
        believed = np.stack([1 - self.yes, self.yes], axis=1)
        return self.unlabelled[:, None] * believed + GOLD_WEIGHT * self.taught

    def count(self) -> NDArray[np.float64]:
        """Return believed votes, shape (n_events, 2)."""
        return np.asarray(self.turned @ self.mass())

    def believe(self, logit: NDArray[np.float64]) -> float:
        """Take new posteriors; return by how much any moved."""
        before, self.yes = self.yes, np.asarray(expit(logit))
        return float(np.abs(self.yes - before).max(initial=0.0))

    def collapsed(self) -> bool:
        total = max(float(self.unlabelled.sum()), 1.0)
        named = self.unlabelled @ self.share / total
        given = np.array([self.unlabelled @ (self.yes < 0.5), self.unlabelled @ (self.yes >= 0.5)])
        return bool(((named > COMMON) & (given / total < GONE)).any())


def _evidence(counts: NDArray[np.float64], credit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return expected log probabilities; ``counts`` of shape (n_questions, n_events, 2)."""
    shape = (*counts.shape[:1], -1, 2, 2)
    votes = counts.reshape(shape)
    prior = credit.reshape(shape[1:])
    elsewhere = votes.sum(axis=0) - votes
    believed = prior + elsewhere
    seen = elsewhere.sum(axis=2, keepdims=True)
    worth = np.maximum(STRENGTH * seen / (seen + STRENGTH), prior.sum(axis=1, keepdims=True))
    alpha = worth * believed / believed.sum(axis=2, keepdims=True) + votes
    total = np.asarray(psi(alpha.sum(axis=2, keepdims=True)), dtype=np.float64)
    return (np.asarray(psi(alpha), dtype=np.float64) - total).reshape(counts.shape)
