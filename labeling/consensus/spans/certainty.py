"""How likely whole answers are right and hold each class, given how likely their spans are."""

# scipy publishes partial types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from labeling.consensus.spans.agreement import Counts
from labeling.consensus.spans.said import BelievedSpans
from labeling.span_votes import ReviewedSpans

COMPLETE = 0.9
"""How likely an answer lacks nothing, before gold says."""

LEAST = 0.01
"""No answer is held for less likely, or for more than 1 minus it."""

SHIFT, SLOPE = 2.0, 0.5
"""Standard deviations of what gold may do to log odds: shift them, and stretch them."""

MISSED, WORTH = 0.1, 5.0
"""Share of items that hold a class of which nothing was found, before gold says, and what it counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Certain:
    """How sure answers are, as wholes and by class.

    Parameters
    ----------
    answer : float array of shape (n_items,)
        How likely each item's list of spans is right as a whole, the empty one too, 0..1.
    holds : float array of shape (n_items, n_types)
        How likely each item holds any span of each type, 0..1.
    """

    answer: NDArray[np.float64]
    holds: NDArray[np.float64]


def certain(found: BelievedSpans, gold: ReviewedSpans) -> Certain:
    """Return how sure answers are, by their spans and by what gold shows of answers like them.

    A class of which nothing was found is there as often as in reviewed items of which nothing of it was
    found. An answer is never surer than what it says of a class: where gold shows answers to be right more
    often than their spans were thought to be, it shows so of their classes too.

    Parameters
    ----------
    found : BelievedSpans
        The answers.
    gold : ReviewedSpans
        Of none or some of the same items.

    Examples
    --------
    >>> from labeling.spans import Spans
    >>> spans = Spans.of([(0, 0, 5, 0)], n_items=2, n_types=1)
    >>> nobody = ReviewedSpans(Spans.of([], 2, 1), np.zeros(0, dtype=np.int64))
    >>> sure = certain(BelievedSpans(spans, np.array([0.8])), nobody)
    >>> sure.answer.round(2).tolist(), sure.holds.round(2).tolist()
    ([0.72, 0.89], [[0.82], [0.1]])
    """
    shape = found.spans.n_items, found.spans.n_types
    here, true = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    here[found.spans.item, found.spans.type] = True
    true[gold.spans.item, gold.spans.type] = True
    silent, held = ~here[gold.item], true[gold.item]
    missed = ((silent & held).sum(axis=0) + MISSED * WORTH) / (silent.sum(axis=0) + WORTH)
    holds = found.presence(missed)
    known = np.flatnonzero(gold.mask)
    counts = Counts.of(found.spans.of_items(gold.mask), gold.spans.of_items(gold.mask))
    answer = certainty(found.all_right(), known, 2 * counts.both == counts.all)
    whole = answer[:, None]
    return Certain(answer, np.where(here, np.maximum(holds, whole), np.minimum(holds, 1 - whole)))


def certainty(
    all_right: NDArray[np.float64], item: NDArray[np.int64], right: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how likely each answer is right as a whole, 0..1.

    Log odds are shifted and stretched to what gold shows (Platt 1999, *Advances in Large Margin
    Classifiers*), from where a normal prior holds them without any: spans that nobody proposed are
    told of by gold alone.

    Parameters
    ----------
    all_right : float array of shape (n_items,)
        How likely all spans that are given are right.
    item : int array of shape (n_gold,)
        Items of which gold is known.
    right : bool array of shape (n_gold,)
        Whether their answers equal it.

    Examples
    --------
    >>> sure, none = np.array([1.0, 0.5]), np.zeros(0, dtype=np.int64)
    >>> certainty(sure, none, none.astype(bool)).round(2).tolist()
    [0.89, 0.45]
    >>> gold = np.zeros(50, dtype=np.int64)
    >>> certainty(sure, gold, np.arange(50) < 25).round(1).tolist()
    [0.5, 0.1]
    """
    odds = logit(np.clip(np.clip(all_right, LEAST, 1 - LEAST) * COMPLETE, LEAST, 1 - LEAST))
    if not len(item):
        return expit(odds)
    seen, sign = odds[item], np.where(right, 1.0, -1.0)

    def loss(at: NDArray[np.float64]) -> float:
        margin = sign * (at[0] + np.exp(at[1]) * seen)
        held = (at[0] / SHIFT) ** 2 + (at[1] / SLOPE) ** 2
        return float(np.sum(np.logaddexp(0.0, -margin)) + held / 2)

    found: Any = minimize(loss, np.zeros(2), method="BFGS")
    return expit(found.x[0] + np.exp(found.x[1]) * odds)
