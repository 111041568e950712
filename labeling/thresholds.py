"""From which probability on a class is given: by class, for F1 or for precision."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import LabelingError

BELIEVED = 100.0
"""Reviewed items that what is believed of all items counts for."""

HALF = 10.0
"""Reviewed items of the class that .5 counts for, where nothing is believed of all items."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a threshold is chosen for: F1, or as many items as a precision allows.

    Parameters
    ----------
    precision : float or None
        Least share of given classes that are right, above 0 and below 1; ``None`` for F1.
    """

    precision: float | None = None

    def __post_init__(self) -> None:
        if self.precision is not None and not 0 < self.precision < 1:
            raise LabelingError(
                f"a precision to keep lies above 0 and below 1, got {self.precision}; leave it out "
                f"for F1"
            )


F1 = Goal()


def threshold(
    probability: NDArray[np.float64],
    yes: NDArray[np.bool_],
    weight: NDArray[np.float64],
    believed: NDArray[np.float64] | None = None,
    goal: Goal = F1,
) -> float:
    """Return the probability above which a class is given, 0..1; 1 where no item may have it.

    Parameters
    ----------
    probability : float array of shape (n_reviewed,)
        Of the class, blind to the reviews; any number of items, also none.
    yes : bool array of shape (n_reviewed,)
        Whether people gave the class.
    weight : float array of shape (n_reviewed,)
        Items that each stands for; relative.
    believed : float array of shape (n_items,), optional
        Calibrated probabilities of all items. They count for :data:`BELIEVED` reviewed items, with
        themselves as the share of yes: few reviews then say little against them. Without, the
        threshold is drawn towards .5, all the way without a reviewed item of the class.
    goal : Goal

    Notes
    -----
    The plug-in rule: of calibrated probabilities the F1-optimal threshold is half the F1 that it
    yields (Lipton, Elkan & Narayanaswamy 2014, ECML), at most .5.

    Examples
    --------
    >>> sure = np.array([0.9, 0.8, 0.4, 0.2])
    >>> truly = np.array([True, True, True, False])
    >>> round(threshold(sure, truly, np.ones(4), believed=np.linspace(0, 1, 201)), 2)
    0.39
    >>> threshold(sure[:0], truly[:0], np.ones(0))
    0.5
    """
    reviews = weight / weight.mean() if len(weight) else weight
    if believed is None or not len(believed):
        positives = float(reviews @ yes)
        found = _best(probability, yes.astype(np.float64), reviews, goal) if positives else 0.5
        return (positives * found + HALF * 0.5) / (positives + HALF)
    each = BELIEVED / len(believed)
    return _best(
        np.concatenate([believed, probability]),
        np.concatenate([believed, yes.astype(np.float64)]),
        np.concatenate([np.full(len(believed), each), reviews]),
        goal,
    )


def _best(
    probability: NDArray[np.float64],
    share: NDArray[np.float64],
    weight: NDArray[np.float64],
    goal: Goal,
) -> float:
    order = np.argsort(-probability, kind="stable")
    at = probability[order]
    given = np.cumsum(weight[order])
    right = np.cumsum((weight * share)[order])
    last = np.append(at[1:] < at[:-1], True)
    if goal.precision is None:
        worth = np.where(last, 2 * right / (given + right[-1]), -1.0)
        cut = int(worth.argmax())
    else:
        kept = np.flatnonzero(last & (right >= goal.precision * given - 1e-12))
        if not len(kept):
            return 1.0
        cut = int(kept[-1])
    below = at[cut + 1] if cut + 1 < len(at) else 0.0
    return float((at[cut] + below) / 2)
