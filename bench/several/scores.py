"""Macro-F1 by class, and what a majority by class reaches with a threshold of its own."""

import numpy as np

from bench.several.sets import SeveralSet
from labeling.gold import Gold

THRESHOLDS = (0.5, 0.4, 0.3)
"""Shares of yes above which a majority by class says yes."""

GRID = np.arange(0.025, 0.8, 0.025)
"""What gold chooses a threshold of the majority from."""


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
