"""Simulated votes for the speed benchmarks."""

import numpy as np

from labeling.votes import Votes


def one_class_rules(n_items: int, n_voters: int = 50, seed: int = 0) -> np.ndarray:
    """Return a matrix (n_items, n_voters) of rules for one of two classes each, -1 for silence.

    Voter ``j`` says only class ``j mod 2``; it fires with probability ``2 cov acc`` on items of that
    class and ``2 cov (1 - acc)`` on others, ``cov ~ U(.02, .2)``, ``acc ~ U(.6, .95)``.
    """
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n_items).astype(np.int8)
    matrix = np.full((n_items, n_voters), -1, dtype=np.int8)
    for voter in range(n_voters):
        coverage, accuracy = rng.uniform(0.02, 0.2), rng.uniform(0.6, 0.95)
        own = truth == voter % 2
        fires = np.where(own, 2 * coverage * accuracy, 2 * coverage * (1 - accuracy))
        matrix[rng.random(n_items) < fires, voter] = voter % 2
    return matrix


def many_classes(
    n_items: int, n_voters: int, n_classes: int, coverage: float, seed: int = 0
) -> Votes:
    """Return votes of rules for one class each that fire on ``coverage`` of the items, 70 % right."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_items)
    order = np.argsort(truth, kind="stable")
    start = np.searchsorted(truth[order], np.arange(n_classes + 1))
    items, voters, labels = [], [], []
    for voter in range(n_voters):
        label = voter % n_classes
        own = order[start[label] : start[label + 1]]
        right = rng.choice(own, min(int(0.7 * coverage * n_items), len(own)), replace=False)
        wrong = rng.choice(n_items, int(0.3 * coverage * n_items), replace=False)
        said = np.union1d(right, wrong)
        items.append(said)
        voters.append(np.full(len(said), voter, dtype=np.int32))
        labels.append(np.full(len(said), label, dtype=np.int32))
    item, voter = np.concatenate(items), np.concatenate(voters)
    by_item = np.lexsort((voter, item))
    label = np.concatenate(labels)
    return Votes(item[by_item], voter[by_item], label[by_item], n_items, n_voters, n_classes)


def crowd(n_items: int, n_voters: int, per_item: int, n_classes: int, seed: int = 0) -> Votes:
    """Return ``per_item`` votes an item of people who are right 60 to 95 % of the time."""
    rng = np.random.default_rng(seed)
    accuracy = rng.uniform(0.6, 0.95, n_voters)
    truth = rng.integers(0, n_classes, n_items).astype(np.int32)
    item = np.repeat(np.arange(n_items, dtype=np.int64), per_item)
    step = n_voters // per_item
    first = rng.integers(0, step, n_items, dtype=np.int32)
    voter = (first[:, None] + step * np.arange(per_item, dtype=np.int32)).ravel()
    label = np.repeat(truth, per_item)
    for part in range(0, len(label), 10_000_000):
        these = slice(part, part + 10_000_000)
        wrong = rng.random(len(label[these])) > accuracy[voter[these]]
        shift = rng.integers(1, n_classes, int(wrong.sum()), dtype=np.int32)
        label[these][wrong] = (label[these][wrong] + shift) % n_classes
    return Votes(item, voter, label, n_items, n_voters, n_classes)
