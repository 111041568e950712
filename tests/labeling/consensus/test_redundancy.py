import numpy as np
import pytest

from labeling.consensus.label_model import LabelModel
from labeling.consensus.models.majority import Majority
from labeling.consensus.models.pattern_ds import PatternDS
from labeling.votes import Votes
from tests.labeling.consensus.simulated import accuracy, people, rules

MOVED, MOST = 0.1, 0.95
"""The bound: a voter that is entered five times moves at most 5 % of the items by 0.1 or more."""


def posterior(matrix, n_classes):
    votes = Votes.from_matrix(matrix, n_classes)
    return LabelModel(n_classes).fit(votes).predict_proba(votes)


@pytest.mark.parametrize("voter", [0, 3, 8])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_a_rule_entered_five_times_counts_once(voter, n_classes):
    matrix, truth = rules(n=6000, n_classes=n_classes, n_voters=12, coverage=(0.05, 0.2))
    copied = np.column_stack([matrix, *[matrix[:, voter]] * 4])
    before, after = posterior(matrix, n_classes), posterior(copied, n_classes)
    assert np.mean(np.abs(after - before).max(axis=1) < MOVED) >= MOST
    spoke = matrix[:, voter] >= 0
    kept = accuracy(after[spoke], truth[spoke], matrix[spoke])
    assert kept == pytest.approx(accuracy(before[spoke], truth[spoke], matrix[spoke]), abs=0.015)


@pytest.mark.parametrize("per_item", [5, 20])
def test_a_person_or_model_entered_five_times_counts_once(per_item):
    matrix, _, _ = people(n=3000, n_voters=20, per_item=per_item, right=(0.6, 0.9))
    copied = np.column_stack([matrix, *[matrix[:, 2]] * 4])
    before = PatternDS(3).fit(Votes.from_matrix(matrix, 3))
    after = PatternDS(3).fit(Votes.from_matrix(copied, 3))
    moved = np.abs(
        after.predict_proba(Votes.from_matrix(copied, 3))
        - before.predict_proba(Votes.from_matrix(matrix, 3))
    ).max(axis=1)
    assert np.mean(moved < MOVED) >= MOST


def groups(n=6000, n_classes=4, seed=0):
    """Three groups of five near copies, and three voters of their own."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n)
    columns = []
    for _ in range(3):
        idea = np.where(rng.random(n) < 0.6, truth, rng.integers(0, n_classes, n))
        idea = np.where(rng.random(n) < 0.5, idea, -1)
        columns += [np.where(rng.random(n) < 0.1, -1, idea) for _ in range(5)]
    for _ in range(3):
        own = np.where(rng.random(n) < 0.8, truth, rng.integers(0, n_classes, n))
        columns.append(np.where(rng.random(n) < 0.4, own, -1))
    return np.column_stack(columns), truth


def test_three_groups_of_copies_do_not_outvote_the_rest():
    matrix, truth = groups()
    plain = (
        Majority(4).fit(Votes.from_matrix(matrix, 4)).predict_proba(Votes.from_matrix(matrix, 4))
    )
    gain = accuracy(posterior(matrix, 4), truth, matrix) - accuracy(plain, truth, matrix)
    assert gain >= 0.04


def test_correlated_voters_are_named():
    matrix, _ = groups()
    model = LabelModel(4).fit(Votes.from_matrix(matrix, 4))
    within = [(pair.first // 5, pair.second // 5) for pair in model.correlated_]
    assert len(within) == 30
    assert all(a == b for a, b in within)
    assert any("pairs of voters repeat each other" in warning for warning in model.warnings_)


def test_independent_voters_are_not_accused():
    matrix, _ = rules(n=6000, n_voters=20)
    assert LabelModel(2).fit(Votes.from_matrix(matrix, 2)).correlated_ == []
    crowd, _, _ = people(n=3000)
    assert PatternDS(3).fit(Votes.from_matrix(crowd, 3)).redundancy_.nnz == 0


def test_people_who_are_handed_the_same_items_are_no_copies():
    matrix, _, _ = people(n=2000, n_voters=4, per_item=4, right=(0.6, 0.8))
    pages = np.full((2000, 40), -1)
    for page in range(10):
        pages[page * 200 : (page + 1) * 200, page * 4 : page * 4 + 4] = matrix[
            page * 200 : (page + 1) * 200
        ]
    assert PatternDS(3).fit(Votes.from_matrix(pages, 3)).redundancy_.nnz == 0
