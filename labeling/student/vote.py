"""Where the student speaks, and labels made with it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from labeling.errors import VotesError
from labeling.votes import Votes

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Trust:
    """How much voters and student count where both speak.

    Attributes
    ----------
    voters, student : float
        ``>= 0``. 1 takes what each says beyond the prior at its word, 0 does not listen to it, and
        above 1 it was too modest.
    scale : float
        ``> 0``. What both together are stretched by: below 1 they were too sure. It changes no label.
    """

    voters: float = 1.0
    student: float = 1.0
    scale: float = 1.0

    def __str__(self) -> str:
        weights = f"voters count {self.voters:.2f}, the student {self.student:.2f}"
        return f"{weights}, both stretched by {self.scale:.2f}"


TRUST = Trust()
"""Without gold both count in full: on nine sets a calibrated, cross-fitted student never lost."""


def covered(votes: Votes) -> NDArray[np.bool_]:
    """Tell on which items any voter spoke; shape (n_items,).

    As weights for :meth:`labeling.student.student.Student.fit`, these leave out what is only prior.

    Examples
    --------
    >>> covered(Votes.from_matrix([[0, -1], [-1, -1]], n_classes=2)).tolist()
    [True, False]
    """
    spoken = np.zeros(votes.n_items, dtype=bool)
    spoken[votes.item] = True
    return spoken


def with_student(
    consensus: NDArray[np.float64],
    student: NDArray[np.float64],
    votes: Votes,
    trust: Trust = TRUST,
    heard: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Put consensus and student together: the student alone where nobody voted.

    Parameters
    ----------
    consensus, student : float arrays of shape (n_items, K)
        The student's must be cross-fitted and calibrated: one that has seen the consensus of an
        item only repeats it, and one that knows little must say so.
    votes : Votes
    trust : Trust
        Weights of both where others voted. See :func:`labeling.student.trust.settle_trust`.
    heard : bool array of shape (n_items,), optional
        Where the consensus says something: where anybody voted, if not given. Of several classes an
        item silence about one says something too (:mod:`labeling.consensus.several.silence`).

    Returns
    -------
    float array of shape (n_items, K)
        ``(prior * (consensus / prior) ** voters * (student / prior) ** student) ** scale``,
        normalised; the prior is the mean consensus of the items that are heard, which both
        opinions hold already. With a weight of 1 and one of 0 it is what one of them says alone.

    Notes
    -----
    Logarithmic opinion pool, Genest & Zidek (1986), Statistical Science 1(1).

    Examples
    --------
    >>> votes = Votes.from_matrix([[0], [-1]], n_classes=2)
    >>> consensus, student = np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([[0.2, 0.8], [0.2, 0.8]])
    >>> with_student(consensus, student, votes, Trust(student=0)).round(2).tolist()
    [[0.5, 0.5], [0.2, 0.8]]
    """
    _fits(student, votes)
    _fits(consensus, votes)
    spoken = covered(votes) if heard is None else heard
    pooled = np.array(student, dtype=np.float64)
    prior = log_prior(consensus, spoken)
    both = beyond(consensus[spoken], prior), beyond(student[spoken], prior)
    pooled[spoken] = np.exp(log_pool(prior, *both, trust))
    return pooled


def log_prior(consensus: NDArray[np.float64], heard: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the log of the mean consensus of the items that are heard; shape (K,)."""
    shares = consensus[heard].mean(axis=0) if heard.any() else np.ones(consensus.shape[1])
    return np.log(np.maximum(shares, _TINY))


def beyond(proba: NDArray[np.float64], prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what probabilities of shape (n, K) say beyond a log prior of shape (K,), in nats."""
    return np.log(np.maximum(proba, _TINY)) - prior


def log_pool(
    prior: NDArray[np.float64],
    voters: NDArray[np.float64],
    student: NDArray[np.float64],
    trust: Trust,
) -> NDArray[np.float64]:
    """Pool what both say beyond a prior; returns log probabilities of shape (n, K)."""
    logits = prior + trust.voters * voters + trust.student * student
    return log_softmax(trust.scale * logits, axis=1)


def _fits(proba: NDArray[np.float64], votes: Votes) -> None:
    if proba.shape != (votes.n_items, votes.n_classes):
        raise VotesError(
            f"probabilities have shape {proba.shape}, but the votes are about {votes.n_items} "
            f"items and {votes.n_classes} classes"
        )
