"""Several labels an item, with a known truth."""

import numpy as np

from labeling.gold import Gold
from labeling.kinds.units import Units
from labeling.votes import Votes


def several(
    items=400,
    questions=3,
    voters=12,
    per_item=6,
    seed=0,
    prevalence=None,
    right=(0.6, 0.95),
    exclusive=False,
):
    """People who are handed items and answer every question; each as able in one as in another.

    Returns votes on units, the units, and the truth of each, shape (n_units,).
    """
    rng = np.random.default_rng(seed)
    share = np.linspace(0.15, 0.5, questions) if prevalence is None else np.asarray(prevalence)
    truth = rng.random((items, questions)) < share
    if exclusive:
        truth = rng.integers(0, questions, items)[:, None] == np.arange(questions)
    skill = rng.uniform(*right, voters)
    matrix = np.full((items, questions, voters), -1)
    for item in range(items):
        for who in rng.choice(voters, per_item, replace=False):
            wrong = rng.random(questions) > skill[who]
            matrix[item, :, who] = truth[item] ^ wrong
    votes = Votes.from_matrix(matrix.reshape(items * questions, voters), 2)
    return votes, Units.each(items, questions), truth.ravel().astype(np.int64)


def random_gold(units, truth, n=50, seed=0):
    """Whole items drawn at random."""
    items = np.random.default_rng(seed).choice(units.n_items, n, replace=False)
    kept = np.flatnonzero(np.isin(units.item, items))
    return Gold(kept, truth[kept].astype(np.int32), np.full(len(kept), n / units.n_items))


def f1_by_class(given, truth, units):
    """F1 of each class, 0..1."""
    found = []
    for q in range(int(units.question.max()) + 1):
        at = units.question == q
        union = (given[at] == 1).sum() + truth[at].sum()
        found.append(2 * ((given[at] == 1) & (truth[at] == 1)).sum() / max(union, 1))
    return np.array(found)


def majority(votes):
    """1 where most votes say yes, else 0."""
    yes = np.bincount(votes.item, votes.label, votes.n_items)
    return (yes > np.bincount(votes.item, minlength=votes.n_items) / 2).astype(int)


def log_loss(yes, truth):
    """Mean log loss of probabilities of yes."""
    return float(-np.log(np.maximum(np.where(truth == 1, yes, 1 - yes), 1e-9)).mean())
