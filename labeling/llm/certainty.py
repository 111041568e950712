"""How likely each vote of a voter is right: by what gold shows to tell it best."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

RATE = "rate"
"""How often votes of the voter for the class were right; known of every vote."""

ENOUGH = 40
"""Reviewed votes that a voter needs; below it nothing is said of its votes."""

FOLDS = 5

EDGE = 1e-3
"""Probabilities are kept that far from 0 and 1, so that their log-odds are finite."""

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

    Each source is brought to mean what it says by a logistic fit on its log-odds, with a level for
    each class (Platt 1999, "Probabilistic outputs for support vector machines"), drawn towards
    leaving it as it is. The source that predicts held-out gold best, by its log-loss, is taken; the
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
    fold = np.array([_fold(one) for one in item])
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
    x = np.zeros(len(codes)) if values is None else _log_odds(np.nan_to_num(values, nan=0.5))

    def fitted(of: NDArray[np.bool_]) -> NDArray[np.float64]:
        return _fit(x[of], codes[of], right[of], weight[of], int(codes.max()) + 1)

    def at(found: NDArray[np.float64], where: NDArray[np.bool_]) -> NDArray[np.float64]:
        return _expit(found[0] * x[where] + found[1] + found[2:][codes[where]])

    told = at(fitted(known), np.ones(len(codes), dtype=np.bool_))
    for held in range(FOLDS):
        out, others = known & (fold == held), known & (fold != held)
        if out.any():
            told[out] = at(fitted(others), out)
    return np.clip(told, EDGE, 1 - EDGE)


def _fit(
    x: NDArray[np.float64],
    codes: NDArray[np.int64],
    right: NDArray[np.float64],
    weight: NDArray[np.float64],
    n_classes: int,
) -> NDArray[np.float64]:
    """Return slope, level and a level for each class, by the penalised weighted log-loss: it is convex."""
    prior = np.zeros(2 + n_classes)
    prior[0] = 1.0
    precision = np.array([1 / SLOPE**2, 1 / LEVEL**2, *[1 / CLASS**2] * n_classes])

    def loss(found: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = found[0] * x + found[1] + found[2:][codes]
        off = found - prior
        miss = weight * (_expit(z) - right)
        value = float(weight @ (np.logaddexp(0, z) - right * z) + 0.5 * precision @ off**2)
        by_class = np.bincount(codes, miss, minlength=n_classes)
        return value, np.array([miss @ x, miss.sum(), *by_class]) + precision * off

    return np.asarray(minimize(loss, prior, jac=True, method="L-BFGS-B").x)


def _loss(p: NDArray[np.float64], right: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(weight @ -(right * np.log(p) + (1 - right) * np.log1p(-p)))


def _log_odds(p: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(p, EDGE, 1 - EDGE)
    return np.log(p) - np.log1p(-p)


def _expit(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cast("object", expit(z)), dtype=np.float64)


def _fold(item: str) -> int:
    """Fold of an item: the same in every batch and for every voter."""
    return int(hashlib.sha256(item.encode()).hexdigest()[:8], 16) % FOLDS
