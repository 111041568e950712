"""How good candidates are class by class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.pilots.bounds import Bounds, bounds_of
from labeling.pilots.drawing import FLOOR
from labeling.pilots.trial import Trial
from labeling.pilots.verdict import ALPHA


@dataclass(frozen=True, slots=True)
class ByClass:
    """Figures of one class, each bound of shape (n_candidates,).

    Attributes
    ----------
    recall, precision : Bounds
        How much of what is of the class is called so, and how much of what is called so is of it.
    named, called : int arrays of shape (n_candidates,)
        Reviewed items that people named the class of, and of which the candidate did.
    """

    recall: Bounds
    precision: Bounds
    named: NDArray[np.int64]
    called: NDArray[np.int64]


def by_class(
    trial: Trial, named: NDArray[np.bool_], called: NDArray[np.bool_], floor: float = FLOOR
) -> ByClass:
    """Tell how good candidates are on one class.

    Both figures are shares of weights, so that items count for what they stand for; bounds hold at
    every moment, as those of :func:`labeling.pilots.verdict.compare` do: that a share is at most r is the
    same as that weight times (right - r) is at most 0 on average.

    Parameters
    ----------
    trial : Trial
    named : bool array of shape (n_items,)
        Whether people named the class.
    called : bool array of shape (n_items, n_candidates)
        Whether candidates did.
    floor : float
        Least probability that any item of the trial may have had.

    Examples
    --------
    >>> gold = np.array([1, 0] * 100)
    >>> answers = np.stack([gold, np.ones_like(gold)], axis=1)
    >>> trial = Trial(answers, gold, np.ones(200), np.ones(200, bool), np.full((200, 2), 0.5))
    >>> told = by_class(trial, gold == 1, answers == 1)
    >>> told.recall.value.tolist(), told.precision.value.tolist()
    ([1.0, 1.0], [1.0, 0.5])
    """
    inside = trial.judged[:, None] & trial.asked
    so = trial.weight[:, None] * named[:, None]
    said = trial.weight[:, None] * called
    both = so * called
    known = inside & (trial.weight > 0)[:, None]
    recall, precision = (
        bounds_of(both, inside, 0.0, 1 / floor, ALPHA, (0.0, 1.0), np.where(inside, of, 0.0))
        for of in (so, said)
    )
    return ByClass(
        recall,
        precision,
        (known & named[:, None]).sum(axis=0),
        (known & called).sum(axis=0),
    )
