"""Posteriors over classes: priors, normalising, and the label read off them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.errors import LabelingError
from labeling.votes import ABSTAIN, Votes

TIE = 1e-9
"""Two classes whose scores differ by less than this share the lead, and the item is undecided."""


NUDGE = 1e-6
"""By how much a class that is lifted leads at least."""


def checked_balance(balance: ArrayLike | None, n_classes: int) -> NDArray[np.float64]:
    """Return a class prior of shape (n_classes,) that sums to 1; uniform for ``None``.

    Raises
    ------
    LabelingError
        If it has another length, or a class without any probability.

    Examples
    --------
    >>> checked_balance([3, 1], 2).tolist()
    [0.75, 0.25]
    """
    if balance is None:
        return np.full(n_classes, 1.0 / n_classes)
    prior = np.asarray(balance, dtype=np.float64)
    if prior.shape != (n_classes,) or not bool(np.all(np.isfinite(prior) & (prior > 0))):
        raise LabelingError(
            f"class_balance needs {n_classes} shares above 0, one for each class, got "
            f"{prior.tolist()}"
        )
    return prior / prior.sum()


def by_column(table: ArrayLike) -> NDArray[np.float64]:
    """Return a table whose columns lie together: a few long columns are then reduced fast."""
    return np.asfortranarray(table, dtype=np.float64)


def normalised(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the softmax of each row of ``logit``, shape (n, n_classes)."""
    by_class = np.array(logit.T, order="C")  # reducing over few columns is slow row by row
    by_class -= by_class.max(axis=0)
    np.exp(by_class, out=by_class)
    by_class /= by_class.sum(axis=0)
    return by_class.T


def log_evidence(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``log sum_k exp(logit_k)`` of each row, shape (n,)."""
    top = logit.max(axis=1, initial=-np.inf)
    return top + np.log(np.exp(logit - top[:, None]).sum(axis=1))


def leaders(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each class's share of the lead: 1 for a lone leader, 1/2 each for two that tie."""
    lead = (share >= share.max(axis=1, keepdims=True, initial=-np.inf) - TIE).astype(np.float64)
    return lead / np.maximum(lead.sum(axis=1, keepdims=True), 1.0)


def most_probable(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class that leads each row, :data:`~labeling.votes.ABSTAIN` where none leads alone.

    A tie is not decided by the order of the classes, which means nothing.

    Examples
    --------
    >>> most_probable(np.array([[0.1, 0.9], [0.5, 0.5]])).tolist()
    [1, -1]
    """
    label = np.full(len(score), ABSTAIN, dtype=np.int64)
    if score.size:
        leads = score >= score.max(axis=1, keepdims=True) - TIE
        alone = leads.sum(axis=1) == 1
        label[alone] = np.argmax(score[alone], axis=1)
    return label


def lifted(posterior: NDArray[np.float64], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return posteriors in which the wanted classes of each row lead, together if there are several.

    Where another class led, theirs are lifted just above it: the order is given, the doubt stays.

    Examples
    --------
    >>> lifted(np.array([[0.25, 0.75]]), np.array([[True, False]])).round(3).tolist()
    [[0.5, 0.5]]
    """
    theirs = np.where(wanted, 0.0, posterior).max(axis=1, initial=0.0)
    own = np.where(wanted, posterior, 0.0)
    several = wanted.sum(axis=1) > 1
    low = own.max(axis=1, initial=0.0) <= theirs
    rows = np.flatnonzero(low | several)
    level = np.maximum(own.max(axis=1, initial=0.0), theirs + NUDGE)[rows]
    kept = posterior.copy()
    kept[rows] = np.where(wanted[rows], level[:, None], posterior[rows])
    kept[rows] /= kept[rows].sum(axis=1, keepdims=True)
    return kept


def decided(posterior: NDArray[np.float64], votes: Votes) -> NDArray[np.int64]:
    """Return the class that leads each posterior, -1 for a tie and where nobody voted."""
    label = most_probable(posterior)
    label[np.bincount(votes.item, minlength=votes.n_items) == 0] = ABSTAIN
    return label
