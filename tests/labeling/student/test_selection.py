"""Which items with a vote teach: those that agree with their neighbours, or by how sure voters are."""

import numpy as np
from scipy import sparse

from labeling.gold import Gold
from labeling.student import switches
from labeling.student.learning.selection import KEPT, cut_statistic, subset, weighting
from labeling.student.learning.tricks import Prepared
from labeling.student.switches import choose
from labeling.student.text import TextStudent


def clusters(n: int, noise: float = 0.25):
    """Points around one of three centres, and labels some of which are wrong."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, n)
    x = np.eye(3)[y] * 2 + rng.normal(scale=0.5, size=(n, 3))
    wrong = rng.random(n) < noise
    said = np.where(wrong, (y + rng.integers(1, 3, n)) % 3, y)
    return sparse.csr_matrix(x), y, said, wrong


def prepared(x) -> Prepared:
    return Prepared(None, x, x)


def test_wrong_labels_stand_out_among_their_neighbours_few_or_many():
    for n in (300, 3_000):
        x, _, said, wrong = clusters(n)
        statistic = cut_statistic(x, said)
        assert statistic[wrong].mean() > statistic[~wrong].mean() + 2
        lower = np.argsort(statistic)[: n // 2]
        assert wrong[lower].mean() < wrong.mean() / 4


def test_labels_by_chance_have_no_statistic():
    x, _, _, _ = clusters(2_000)
    statistic = cut_statistic(x, np.random.default_rng(1).integers(0, 2, 2_000))
    assert abs(statistic.mean()) < 0.15
    assert 0.7 < statistic.std() < 1.3


def test_a_subset_keeps_the_same_share_of_every_class_and_nothing_that_taught_nothing():
    x, _, said, wrong = clusters(900)
    said[:20] = 2
    rows = np.ones(900)
    rows[-100:] = 0
    kept = subset(prepared(x), np.eye(3)[said], rows)
    assert not kept[-100:].any()
    for label in range(3):
        own = (said == label) & (rows > 0)
        assert abs(np.mean(kept[own] > 0) - KEPT) < 0.01
    assert wrong[kept > 0].mean() < wrong[rows > 0].mean() / 3


def test_few_items_or_one_class_are_not_chosen_among():
    x, _, said, _ = clusters(15)
    np.testing.assert_array_equal(subset(prepared(x), np.eye(3)[said], np.ones(15)), np.ones(15))
    x, _, _, _ = clusters(100)
    one = np.tile([1.0, 0.0, 0.0], (100, 1))
    np.testing.assert_array_equal(subset(prepared(x), one, np.ones(100)), np.ones(100))


def test_sure_items_weigh_more_and_all_together_as_much_as_before():
    targets = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0], [0.7, 0.3]])
    rows = np.array([1.0, 1.0, 1.0, 0.0])
    found = weighting(prepared(None), targets, rows)
    assert found[0] == found[3] == 0
    assert found[2] > found[1] > 0
    assert found.sum() == rows.sum()
    np.testing.assert_array_equal(weighting(prepared(None), targets[:1], rows[:1]), rows[:1])


def test_a_selection_that_gold_says_helps_is_turned_on_and_one_that_harms_is_not(monkeypatch):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 600)
    texts = [f"{'good' if label else 'bad'} w{rng.integers(60)} w{rng.integers(60)}" for label in y]
    wrong = rng.random(600) < 0.5
    soft = np.where((y ^ wrong)[:, None] == [0, 1], 0.9, 0.1)
    monkeypatch.setitem(
        switches.SELECTIONS, "subset", lambda _prepared, _targets, rows: rows * ~wrong
    )
    monkeypatch.setitem(
        switches.SELECTIONS, "weighting", lambda _prepared, _targets, rows: rows * wrong
    )
    monkeypatch.setattr("labeling.student.student.GOLD_PENALTY", 1e4)
    item = np.arange(150)
    gold = Gold(item, y[item].astype(np.int32), np.full(150, 0.25))
    student, report = choose(TextStudent(2), texts, soft, gold, names=("subset", "weighting"))
    assert [switch.kept for switch in report] == [True, False]
    assert student.subset
    assert not student.weighting
