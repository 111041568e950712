"""How likely each vote of a voter is right: by what gold shows to tell it best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.llm.confidence.platt import EDGE, FOLDS, fit, fold_of, log_odds, predicted

RATE = "rate"
"""How often votes of the voter for the class were right; known of every vote."""

ENOUGH = 40
"""Reviewed votes that a voter needs; below it nothing is said of its votes."""

SLOPE, LEVEL, CLASS = 1.0, 1.0, 1.0
"""Standard deviations of what is fitted, in log-odds: of the slope around 1, of the level and of a
class's distance from it around 0; chosen on simulated voters and on votes of people."""


@dataclass(frozen=True, slots=True, eq=False)
class Certainty:
    """How likely votes are right, and who says so.

    Attributes
    ----------
    probability : float array of shape (n_votes,)
        In (0, 1); NaN where too little gold is known of the voter.
    source : list of str or None
        Name of what tells it: of ``sources``, or :data:`RATE`.
    """

    probability: NDArray[np.float64]
    source: list[str | None]


def certainty(
    label: Sequence[str],
    sources: Mapping[str, NDArray[np.float64]],
    right: NDArray[np.float64],
    item: Sequence[str],
    weight: NDArray[np.float64] | None = None,
    enough: int = ENOUGH,
) -> Certainty:
    """Tell of one voter's votes how likely they are right.

    Each source is brought to mean what it says by :func:`labeling.llm.confidence.platt.fit`, with a level for each
    class. The source that predicts held-out gold best, by its log-loss, is taken; the
    first of equals. Where it says nothing of a vote, the rate does.

    Parameters
    ----------
    label : sequence of str
        What each vote says, length n_votes.
    sources : mapping of str to float array of shape (n_votes,)
        What may tell how likely a vote is right, each 0..1, NaN where it says nothing.
    right : float array of shape (n_votes,)
        1 where the vote agrees with gold, 0 where it does not, NaN where there is none. A vote with gold
        is predicted by a fit that did not see it.
    item : sequence of str
        Item of each vote: folds are of items.
    weight : float array of shape (n_votes,), optional
        What gold stands for: the inverse of the probability it was drawn with.
    enough : int
        Reviewed votes that are needed.

    Examples
    --------
    >>> right = np.array([1.0, 1.0, 1.0, 0.0] * 20 + [np.nan])
    >>> told = certainty(["spam"] * 81, {}, right, [str(n) for n in range(81)])
    >>> round(float(told.probability[-1]), 2), told.source[-1]
    (0.74, 'rate')
    """
    n = len(label)
    known = ~np.isnan(right)
    if known.sum() < enough:
        return Certainty(np.full(n, np.nan), [None] * n)
    names = {name: at for at, name in enumerate(dict.fromkeys(label))}
    codes = np.array([names[one] for one in label], dtype=np.int64)
    each = np.ones(n) if weight is None else np.where(known, weight, 0.0)
    each = each * known.sum() / each[known].sum()
    fold = np.array([fold_of(one) for one in item])
    rate = _predicted(None, codes, right, known, each, fold)
    loss, best, told = _loss(rate[known], right[known], each[known]), RATE, rate
    said: NDArray[np.bool_] = np.ones(n, dtype=np.bool_)
    for name, values in reversed(list(sources.items())):
        speaks = ~np.isnan(values)
        if (speaks & known).sum() < enough:
            continue
        mine = _predicted(values, codes, right, known & speaks, each, fold)
        mine = np.where(speaks, mine, rate)
        of_mine = _loss(mine[known], right[known], each[known])
        if of_mine <= loss:
            loss, best, told, said = of_mine, name, mine, speaks
    return Certainty(told, [best if spoke else RATE for spoke in said.tolist()])


def _predicted(
    values: NDArray[np.float64] | None,
    codes: NDArray[np.int64],
    right: NDArray[np.float64],
    known: NDArray[np.bool_],
    weight: NDArray[np.float64],
    fold: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Predict every vote by a fit on all gold, and those with gold by a fit on the other folds."""
    x = np.zeros(len(codes)) if values is None else log_odds(np.nan_to_num(values, nan=0.5))
    precision = (1 / SLOPE**2, 1 / LEVEL**2, *[1 / CLASS**2] * (int(codes.max()) + 1))

    def fitted(of: NDArray[np.bool_]) -> NDArray[np.float64]:
        return fit(x[of], right[of], precision, weight[of], codes[of])

    told = predicted(fitted(known), x, codes)
    for held in range(FOLDS):
        out, others = known & (fold == held), known & (fold != held)
        if out.any():
            told[out] = predicted(fitted(others), x[out], codes[out])
    return np.clip(told, EDGE, 1 - EDGE)


def _loss(p: NDArray[np.float64], right: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(weight @ -(right * np.log(p) + (1 - right) * np.log1p(-p)))
