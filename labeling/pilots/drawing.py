"""Which items of a pilot people are asked about: those on which candidates differ that may be the best."""

import numpy as np
from numpy.typing import NDArray

from labeling.pilots.trial import NOT_ASKED, Trial

FLOOR = 0.2
"""Chance of an item on which all agree. It tells nothing of who is better, and all of how good they are."""

PRIOR = 5.0
"""Reviews of which half were right, from which every candidate starts."""


def shares(
    trial: Trial, remaining: NDArray[np.bool_], incumbent: int | None = None
) -> NDArray[np.float64]:
    """Return what each candidate weighs in where people are asked; they add up to 1, shape (n_candidates,).

    It is how likely each is the best. An incumbent weighs as much as all others together: whether
    somebody is better than it is what the pilot is to tell.
    """
    weight = plausible(trial, remaining)
    if incumbent is None:
        return weight / weight.sum()
    weight[incumbent] = 0.0
    if not weight.any():
        weight[:] = 1.0
        weight[incumbent] = 0.0
    total = weight.sum()
    weight[incumbent] = total if total > 0 else 1.0
    return weight / weight.sum()


def least_chance(
    one: NDArray[np.float64], other: NDArray[np.float64], floor: float = FLOOR
) -> NDArray[np.float64]:
    """Return the least chance of an item on which two candidates of these shares differ.

    Known before the item is met, so bets may be as large as it allows.

    Examples
    --------
    >>> least_chance(np.array([0.5, 0.02]), np.array([0.5, 0.9])).round(2)
    array([1. , 0.2])
    """
    smaller = np.minimum(one, other)
    return np.clip(4 * smaller * (1 - smaller), floor, 1.0)


def plausible(trial: Trial, remaining: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how likely each candidate is the best, up to a factor; shape (n_candidates,).

    It is the height of a normal curve at the difference to the leader. Nothing that is published rests on it:
    it only says where reviews tell most.
    """
    inside = trial.judged[:, None] & trial.asked
    n = inside.sum(axis=0)
    mean = (np.where(inside, trial.right(), 0.0).sum(axis=0) + PRIOR / 2) / (n + PRIOR)
    mean = np.where(remaining, mean, -np.inf)
    leader = int(mean.argmax())
    gap = np.where(remaining, mean[leader] - mean, 1.0)
    both = inside & inside[:, [leader]]
    apart = np.where(both, trial.right() - trial.right()[:, [leader]], 0.0)
    m = both.sum(axis=0)
    spread = np.sqrt(((apart**2).sum(axis=0) + PRIOR / 2) / (m + PRIOR) / (m + PRIOR))
    return np.where(remaining, np.exp(-0.5 * (gap / spread) ** 2), 0.0)


def chances(
    answers: NDArray[np.int64], share: NDArray[np.float64], floor: float = FLOOR
) -> NDArray[np.float64]:
    """Return the chance, in [floor, 1], with which people are to be asked about each item.

    Parameters
    ----------
    answers : int array of shape (n_items, n_candidates)
        As :class:`~labeling.pilots.trial.Trial` has them.
    share : float array of shape (n_candidates,)
        What each weighs, up to a factor; see :func:`shares`.

    Examples
    --------
    >>> chances(np.array([[0, 0, 0], [0, 1, 0], [0, 0, 1]]), np.array([1.0, 1.0, 0.1])).round(2)
    array([0.2, 1. , 0.2])
    """
    if np.count_nonzero(share) < 2:
        return np.ones(len(answers))
    weight = np.where(answers == NOT_ASKED, 0.0, share[None])
    total = np.maximum(weight.sum(axis=1), 1e-12)
    same = np.zeros(len(answers))
    for answer in np.unique(answers):
        same += (np.where(answers == answer, weight, 0.0).sum(axis=1) / total) ** 2
    return np.clip(2 * (1 - same), floor, 1.0)
