"""Votes with a known truth, for tests of the statistics."""

import numpy as np

from labeling.votes import Votes


def rules(n=4000, n_classes=2, n_voters=20, seed=0, balance=None, coverage=(0.02, 0.2)):
    """Rules for one class each: 60 to 95 % of the chance to fire goes to their own class."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(n_classes, n, p=balance)
    matrix = np.full((n, n_voters), -1)
    for voter in range(n_voters):
        label = voter % n_classes
        cover, right = rng.uniform(*coverage), rng.uniform(0.6, 0.95)
        own = min(cover * right * n_classes, 0.95)
        other = cover * (1 - right) * n_classes / (n_classes - 1)
        matrix[rng.random(n) < np.where(truth == label, own, other), voter] = label
    return matrix, truth


def people(n=1500, n_classes=3, n_voters=20, per_item=5, seed=0, right=(0.5, 0.95)):
    """People who are handed ``per_item`` items each time and answer all of them."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n)
    accuracy = rng.uniform(*right, n_voters)
    matrix = np.full((n, n_voters), -1)
    for item in range(n):
        who = rng.choice(n_voters, per_item, replace=False)
        wrong = rng.random(per_item) > accuracy[who]
        shift = np.where(wrong, rng.integers(1, n_classes, per_item), 0)
        matrix[item, who] = (truth[item] + shift) % n_classes
    return matrix, truth, accuracy


def accuracy(posterior, truth, matrix):
    """Share of covered items that are right, ties at their expectation."""
    covered = (matrix >= 0).any(axis=1)
    leads = posterior >= posterior.max(axis=1, keepdims=True) - 1e-9
    share = leads[np.arange(len(truth)), truth] / leads.sum(axis=1)
    return float(share[covered].mean())


def as_votes(matrix, n_classes):
    """The matrix as votes."""
    return Votes.from_matrix(matrix, n_classes)
