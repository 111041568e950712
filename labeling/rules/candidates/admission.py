"""Which candidates are admitted: those whose precision is surely high enough, on reviews no model saw.

Precision is the share of right votes among all items that a rule votes on. Its lower bounds hold for
all candidates at once, whatever the rules have to do with each other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.counted import counted
from labeling.quality.estimates.labelled import LabelledBatch
from labeling.quality.estimates.weighted import draw_weight
from labeling.rules.analysis import NEAR_DUPLICATE

ERROR = 0.05
"""Chance that the bound of any candidate is above its precision, of all that a task ever has."""

STAKES = (0.95, 0.6)
"""Shares of the greatest stake that are bet side by side against a precision; two, as each costs evidence."""

HALVINGS = 20
"""Steps of looking for a bound: to a millionth."""


@dataclass(frozen=True, slots=True, eq=False)
class Reviewed:
    """Reviewed items, drawn at random, and what each stands for.

    Parameters
    ----------
    gold : int array of shape (n_reviewed,)
        The class that people settled on.
    weight : float array of shape (n_reviewed,)
        Items that a review stands for, above 0.
    """

    gold: NDArray[np.int32]
    weight: NDArray[np.float64]

    @classmethod
    def of(cls, batches: Sequence[LabelledBatch]) -> "Reviewed":
        """Return the settled draws of some batches, one after the other."""
        weights = [draw_weight(one.audited()) for one in batches]
        return cls(
            np.concatenate([np.zeros(0, np.int32), *(b.gold[b.judged] for b in batches)]),
            np.concatenate(
                [np.zeros(0), *(w[b.judged] for w, b in zip(weights, batches, strict=True))]
            ),
        )

    def shares(self, n_classes: int) -> NDArray[np.float64]:
        """Return the share of each class among all items, by the weights."""
        total = np.bincount(self.gold, self.weight, n_classes)
        return total / max(total.sum(), 1e-12)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What reviews say of one candidate.

    Attributes
    ----------
    votes : int
        Items of all batches that it votes on.
    reviewed, correct : int
        Reviews of items that it votes on, and of them of its class.
    low : float
        Lower bound of its precision, 0..1; NaN where it was not measured.
    floor : float
        What the bound has to reach: the floor asked for, and more than the share of the class.
    why : str
        Why it is not admitted; empty if it is.
    """

    votes: int
    reviewed: int
    correct: int
    low: float
    floor: float
    why: str = ""


def error_of(question: int) -> float:
    """Return the part of :data:`ERROR` that the candidates of one question may use.

    Parameters
    ----------
    question : int
        Its number among those that were asked about a task's rules, from 1.

    Notes
    -----
    The parts of all questions that might ever be asked add up to :data:`ERROR` (6 / pi^2 is one over
    the sum of 1 / k^2).

    Examples
    --------
    >>> round(error_of(1), 4), round(error_of(2), 4), round(sum(map(error_of, range(1, 9999))), 4)
    (0.0304, 0.0076, 0.05)
    """
    return ERROR * 6 / (math.pi * question) ** 2


def lowest_precision(
    right: NDArray[np.bool_], weight: NDArray[np.float64], most: float, error: float
) -> float:
    """Return a lower bound of the weighted share of right votes.

    Parameters
    ----------
    right : bool array of shape (n,)
        Of the reviews that a rule votes on.
    weight : float array of shape (n,)
        Items that each stands for, at most ``most``.
    most : float
        Greatest weight of any review, whether the rule votes on it or not.
    error : float
        Chance that the bound is above the share, in (0, 1).

    Notes
    -----
    A bet against "the share is at most m" multiplies its stake by ``1 + s w (right - m) / (m most)``
    with each review. Where it is so, the product is 1 at most on average: factors of draws without
    replacement are no dearer than with (Maclaurin's inequality), and those of batches with other
    shares and weights no dearer than of their mean (of arithmetic and geometric mean). Shares
    against which it passed 1 / error are out of bounds (Markov; Waudby-Smith & Ramdas 2024,
    doi:10.1093/jrsssb/qkad009).

    Examples
    --------
    >>> round(lowest_precision(np.ones(30, bool), np.ones(30), 1.0, 0.05), 2)
    0.89
    """
    if not right.any():
        return 0.0
    scaled = weight / most
    low, high = 0.0, float((weight * right).sum() / weight.sum())
    for _ in range(HALVINGS):
        share = (low + high) / 2
        over = scaled * (right - share) / share
        gain = np.log1p(np.outer(STAKES, over)).sum(axis=1)
        rich = np.logaddexp.reduce(gain) - np.log(len(STAKES)) >= np.log(1 / error)
        low, high = (share, high) if rich else (low, share)
    return low


def admit(
    votes: NDArray[np.int64],
    on_reviewed: NDArray[np.bool_],
    labels: Sequence[int],
    reviewed: Reviewed,
    n_classes: int,
    at_least: float,
    twins: Sequence[str],
    risk: float = ERROR,
) -> list[Verdict]:
    """Decide on each candidate.

    Parameters
    ----------
    votes : int array of shape (n_candidates,)
        Items of all batches that each votes on.
    on_reviewed : bool array of shape (n_candidates, n_reviewed)
        On which reviewed items.
    labels : sequence of n_candidates int
        For which class.
    reviewed : Reviewed
    n_classes : int
    at_least : float
        What the bound of any has to reach, 0..1.
    twins : sequence of n_candidates str
        The rule that votes on nearly the same items; empty where there is none.
    risk : float
        Chance that the bound of any of them is above its precision, in (0, 1).

    Notes
    -----
    Candidates that no review could admit, even if all were right, are not measured: that is known
    without asking what is right, and the risk is shared among the others (Tarone 1990,
    Biometrics 46, 515-522).
    """
    shares = reviewed.shares(n_classes)
    floors = [max(at_least, float(shares[label])) for label in labels]
    most = float(reviewed.weight.max(initial=1.0))
    open_to = [at for at, twin in enumerate(twins) if not twin]

    def could(at: int, error: float) -> bool:
        weight = reviewed.weight[on_reviewed[at]]
        return lowest_precision(np.ones(len(weight), bool), weight, most, error) > floors[at]

    measured, error = list[int](), risk
    for many in range(1, len(open_to) + 1):
        error = risk / many
        measured = [at for at in open_to if could(at, error)]
        if len(measured) <= many:
            break
    found: list[Verdict] = []
    for at, (label, floor) in enumerate(zip(labels, floors, strict=True)):
        fired = on_reviewed[at]
        right = reviewed.gold[fired] == label
        told = (int(votes[at]), int(fired.sum()), int(right.sum()))
        if twins[at]:
            why = f"votes on nearly the same items as {twins[at]}"
            found.append(Verdict(*told, float("nan"), floor, why))
        elif at not in measured:
            why = f"votes on {counted(told[1], 'reviewed item')}, too few to admit it even if it is right on all"
            found.append(Verdict(*told, float("nan"), floor, why))
        else:
            low = lowest_precision(right, reviewed.weight[fired], most, error)
            why = (
                ""
                if low > floor
                else f"is right on {told[2]} of {counted(told[1], 'reviewed item')}, so surely on at least {low:.1%} "
                f"of all, and more than {floor:.1%} is asked for"
            )
            found.append(Verdict(*told, low, floor, why.replace("%", " %")))
    return found


def like(
    one: NDArray[np.int64], other: NDArray[np.int64], both: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which pairs of rules vote on nearly the same items, from how many each and both vote on.

    Examples
    --------
    >>> like(np.array([10]), np.array([10, 50]), np.array([[10, 10]])).tolist()
    [[True, False]]
    """
    union = one[:, None] + other[None] - both
    return both >= NEAR_DUPLICATE * np.maximum(union, 1)
