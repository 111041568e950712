"""How unsure a classifier is of each item; higher means ask a person sooner.

Every score takes probabilities of shape (n, K) and returns one number an item in 0..1.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

Proba = NDArray[np.float64]
Scores = NDArray[np.float64]


def least_confidence(proba: Proba) -> Scores:
    """Return one minus the largest probability.

    Notes
    -----
    Lewis & Gale (1994), "A sequential algorithm for training text classifiers", SIGIR.

    Examples
    --------
    >>> least_confidence(np.array([[0.7, 0.2, 0.1]])).round(2).tolist()
    [0.3]
    """
    return 1 - proba.max(axis=1)


def margin(proba: Proba) -> Scores:
    """Return one minus the gap between the two likeliest classes ("breaking ties").

    Notes
    -----
    Scheffer, Decomain & Wrobel (2001), "Active hidden Markov models for information extraction",
    IDA. On texts it beats entropy (Schröder, Niekler & Potthast 2021, arXiv 2107.05687).

    Examples
    --------
    >>> margin(np.array([[0.7, 0.2, 0.1]])).round(2).tolist()
    [0.5]
    """
    top = np.partition(proba, -2, axis=1)
    return 1 - (top[:, -1] - top[:, -2])


def entropy(proba: Proba) -> Scores:
    """Return the entropy of each row as a share of the largest possible, ``log K``.

    Notes
    -----
    Shannon (1948); as a query score Settles & Craven (2008), EMNLP.

    Examples
    --------
    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [1.0, 0.0]
    """
    return entr(proba).sum(axis=1) / np.log(proba.shape[1])


def disagreement(voters: Proba, student: Proba) -> Scores:
    """Return how far apart the voters' consensus and the student are.

    Parameters
    ----------
    voters, student : float arrays of shape (n, K)
        Two opinions on the same items.

    Returns
    -------
    float array of shape (n,)
        Jensen-Shannon divergence in bits: 0 if they agree, 1 if they contradict each other.

    Notes
    -----
    Lin (1991), IEEE Trans. Inf. Theory 37(1), eq. 4.4; a committee of two as in McCallum & Nigam
    (1998), ICML.

    Examples
    --------
    >>> disagreement(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])).tolist()
    [1.0]
    """
    mixture = (voters + student) / 2
    bits = entr(mixture) - (entr(voters) + entr(student)) / 2
    return np.maximum(bits.sum(axis=1) / np.log(2), 0.0)
