import numpy as np
import pytest

from labeling.consensus.label_model import LabelModel
from labeling.gold import Gold
from labeling.votes import Votes
from tests.labeling.consensus.simulated import people, rules


def test_voters_accuracies_lie_in_their_intervals():
    inside = []
    for seed in range(8):
        matrix, _, right = people(n=1500, n_voters=15, per_item=7, right=(0.7, 0.95), seed=seed)
        model = LabelModel(3).fit(Votes.from_matrix(matrix, 3))
        for voter, truth in zip(model.voters_, right, strict=True):
            inside.append(voter.interval[0] - 0.01 <= truth <= voter.interval[1] + 0.01)
    assert np.mean(inside) >= 0.9


def test_a_confusion_says_which_class_is_taken_for_which():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 2000)
    good = [np.where(rng.random(2000) < 0.9, truth, rng.integers(0, 3, 2000)) for _ in range(5)]
    blind = np.where((truth == 2) & (rng.random(2000) < 0.8), 1, truth)
    votes = Votes.from_matrix(np.column_stack([*good, blind]), 3)
    voter = LabelModel(3, method="pattern_ds").fit(votes).voters_[5]
    assert voter.confusion[2, 1] == pytest.approx(0.8, abs=0.05)
    assert voter.confusion_low[2, 1] < 0.8 < voter.confusion_high[2, 1] + 0.02
    assert voter.confusion.sum(axis=1) == pytest.approx([1, 1, 1])


def test_accuracy_on_gold_is_weighted_to_the_population():
    matrix = np.array([[0], [0], [0], [0]])
    gold = Gold(np.array([0, 1, 2]), np.array([0, 1, 1]), np.array([0.1, 1.0, 1.0]))
    voter = LabelModel(2).fit(Votes.from_matrix(matrix, 2), gold).voters_[0]
    assert voter.gold_accuracy.point == pytest.approx(10 / 12)


def test_gold_intervals_cover_the_truth():
    inside, total = 0, 0
    for seed in range(10):
        matrix, truth = rules(n=3000, n_voters=8, coverage=(0.1, 0.2), seed=seed)
        some = np.random.default_rng(seed).choice(3000, 300, replace=False)
        gold = Gold(some, truth[some].astype(np.int32), np.full(300, 0.1))
        model = LabelModel(2).fit(Votes.from_matrix(matrix, 2), gold)
        for j, voter in enumerate(model.voters_):
            spoke = matrix[:, j] >= 0
            right = np.mean(matrix[spoke, j] == truth[spoke])
            inside += voter.gold_accuracy.low <= right <= voter.gold_accuracy.high
            total += 1
    assert inside / total >= 0.9


def test_a_voter_below_chance_is_pointed_out():
    matrix, truth, _ = people(n=1000, n_classes=2, n_voters=6, per_item=6, right=(0.7, 0.9))
    matrix[:, 4] = np.where(np.random.default_rng(0).random(1000) < 0.2, truth, 1 - truth)
    some = np.arange(0, 1000, 5)
    gold = Gold(some, truth[some].astype(np.int32), np.full(200, 0.2))
    warnings = LabelModel(2).fit(Votes.from_matrix(matrix, 2), gold).warnings_
    assert any("voter 4 is right on" in w and "below chance" in w for w in warnings)


def test_one_voter_that_decides_everything_is_pointed_out():
    matrix = np.full((400, 3), -1)
    matrix[:, 0] = np.arange(400) % 2
    matrix[:20, 1] = 1
    matrix[:10, 2] = 0
    warnings = LabelModel(2).fit(Votes.from_matrix(matrix, 2)).warnings_
    assert any("voter 0 casts 93% of the votes" in w for w in warnings)
    assert any("only 20 items have two votes" in w for w in warnings)


def test_a_sound_panel_raises_no_doubt():
    matrix, _, _ = people(n=1000)
    assert LabelModel(3).fit(Votes.from_matrix(matrix, 3)).warnings_ == []
