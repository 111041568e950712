"""Macro-F1 by class, and what a majority by class reaches with a threshold of its own."""

import numpy as np

from bench.several.sets import SeveralSet
from labeling.gold import Gold

THRESHOLDS = (0.5, 0.4, 0.3)
"""Shares of yes above which a majority by class says yes."""

GRID = np.arange(0.025, 0.8, 0.025)
"""What gold chooses a threshold of the majority from."""


RESAMPLES = 300
"""Bootstrap samples of items."""


def shares(one: SeveralSet) -> np.ndarray:
    """Return the share of yes of each unit, 0 where nobody voted."""
    yes = np.bincount(one.votes.item, one.votes.label, one.votes.n_items)
    return yes / np.maximum(np.bincount(one.votes.item, minlength=one.votes.n_items), 1)


def f1_by_class(given: np.ndarray, gold: np.ndarray, question: np.ndarray) -> np.ndarray:
    """Return F1 of each class that is true of any item, in points."""
    found = []
    for q in np.unique(question[gold == 1]):
        at = question == q
        union = given[at].sum() + gold[at].sum()
        found.append(200 * (given[at] & (gold[at] == 1)).sum() / union)
    return np.array(found)


def macro_f1(given: np.ndarray, gold: np.ndarray, question: np.ndarray) -> float:
    """Return the mean of F1 over the classes, in points."""
    return float(f1_by_class(given, gold, question).mean())


def log_loss(chance: np.ndarray, gold: np.ndarray) -> float:
    """Return the mean log loss of probabilities of yes, in nats a question."""
    stated = np.where(gold == 1, chance, 1 - chance)
    return float(-np.log(np.maximum(stated, 1e-6)).mean())


def one_threshold(one: SeveralSet, share: np.ndarray, gold: Gold) -> np.ndarray:
    """Return the share, for all classes, at which the majority's macro-F1 on gold is best."""
    question = one.units.question[gold.item]
    score = [macro_f1(share[gold.item] > t, gold.label, question) for t in GRID]
    return np.full(one.n_questions, GRID[int(np.argmax(score))])


def thresholds_by_class(one: SeveralSet, share: np.ndarray, gold: Gold) -> np.ndarray:
    """Return the share of each class at which its F1 on gold is best; .5 without gold of it."""
    found = np.full(one.n_questions, 0.5)
    for q in range(one.n_questions):
        at = gold.item[one.units.question[gold.item] == q]
        truth = one.gold[at]
        if truth.any():
            score = [macro_f1(share[at] > t, truth, np.zeros(len(at))) for t in GRID]
            found[q] = GRID[int(np.argmax(score))]
    return found


def gap_error(
    draws: list[tuple[np.ndarray, np.ndarray, np.ndarray]], one: SeveralSet, seed: int = 0
) -> tuple[float, float]:
    """Return by how much macro-F1 of one answer is above that of another, and the standard error of that.

    The paired bootstrap over items (Efron and Tibshirani 1993, *An Introduction to the Bootstrap*,
    section 10.3), and what draws of gold differ by. Each draw is what one and the other say of all units,
    and the units that are scored.
    """
    rng = np.random.default_rng(seed)
    question, item = one.units.question, one.units.item
    often = rng.multinomial(
        one.units.n_items, np.full(one.units.n_items, 1 / one.units.n_items), RESAMPLES
    )
    gaps, spread = [], np.zeros(RESAMPLES)
    for ours, theirs, at in draws:
        gap = np.zeros(RESAMPLES + 1)
        weights = [np.ones(int(at.sum())), *(each[item[at]].astype(float) for each in often)]
        for given, sign in ((ours[at], 1), (theirs[at], -1)):
            for k, weight in enumerate(weights):
                gap[k] += sign * _weighted(given, one.gold[at], question[at], weight)
        gaps.append(gap[0])
        spread += gap[1:]
    between = np.var(gaps, ddof=1) / len(gaps) if len(gaps) > 1 else 0.0
    return float(np.mean(gaps)), float(np.sqrt(np.var(spread / len(draws)) + between))


def _weighted(
    given: np.ndarray, gold: np.ndarray, question: np.ndarray, weight: np.ndarray
) -> float:
    yes = gold == 1
    both = np.bincount(question, weight * (given & yes))
    union = np.bincount(question, weight * given) + np.bincount(question, weight * yes)
    there = np.bincount(question, weight * yes) > 0
    return float((200 * both[there] / union[there]).mean())
