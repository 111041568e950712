"""What each strategy prefers, on cases small enough to see the answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.gold import Gold
from labeling.sampling.diversity import typical_first, unsure_of_clusters
from labeling.sampling.rereview import label_errors, suspicious_gold
from labeling.sampling.teaching import most_teaching
from labeling.sampling.uncertainty import disagreement, entropy, least_confidence, margin
from labeling.votes import Votes


@given(st.integers(0, 10_000), st.integers(2, 8))
def test_every_uncertainty_lies_in_0_to_1_and_is_highest_for_the_even_row(seed, k):
    proba = np.random.default_rng(seed).dirichlet(np.ones(k), 20)
    proba[0] = 1 / k
    for score in (least_confidence, margin, entropy):
        values = score(proba)
        assert np.all((values >= 0) & (values <= 1 + 1e-9))
        assert values[0] == pytest.approx(values.max())


@given(st.integers(0, 10_000))
def test_disagreement_is_symmetric_and_zero_with_oneself(seed):
    a, b = np.random.default_rng(seed).dirichlet(np.ones(3), (2, 10))
    np.testing.assert_allclose(disagreement(a, b), disagreement(b, a))
    assert disagreement(a, a).max() < 1e-12


def test_typical_takes_one_of_each_blob_before_a_second():
    rng = np.random.default_rng(0)
    centres = np.eye(5)
    features = np.repeat(centres, 20, axis=0) + rng.normal(0, 0.02, (100, 5))
    ranked, _ = typical_first(features, 5, np.empty(0, dtype=np.int64), seed=0)
    assert sorted((ranked[:5] // 20).tolist()) == [0, 1, 2, 3, 4]


def test_typical_goes_where_nobody_has_been():
    features = np.repeat(np.eye(4), 10, axis=0) + np.random.default_rng(1).normal(0, 0.01, (40, 4))
    ranked, _ = typical_first(features, 2, np.array([0, 10]), seed=0)
    assert {int(i) // 10 for i in ranked[:2]} == {2, 3}


def test_margin_cluster_spreads_over_clusters():
    features = np.repeat(np.eye(3), 30, axis=0) + np.random.default_rng(2).normal(0, 0.01, (90, 3))
    score = np.linspace(1, 0.9, 90)
    ranked = unsure_of_clusters(features, score, np.arange(90), 9, seed=0)
    assert sorted(ranked.tolist()) == list(range(90))
    assert {int(i) // 30 for i in ranked[:9]} == {0, 1, 2}


def test_the_review_that_teaches_most_is_of_the_commonest_doubtful_pattern():
    matrix = [[0, 1]] * 50 + [[1, -1]] * 50 + [[0, -1]] * 5
    posterior = np.array([[0.5, 0.5]] * 50 + [[0.01, 0.99]] * 50 + [[0.5, 0.5]] * 5)
    votes = Votes.from_matrix(matrix, 2)
    ranked, gain = most_teaching(votes, posterior)
    assert ranked[0] < 50
    assert gain[ranked[0]] > gain[ranked[1]] > 0


def test_a_pattern_that_is_reviewed_enough_gives_way_to_another():
    votes = Votes.from_matrix([[0, 1]] * 60 + [[1, 0]] * 40, 2)
    posterior = np.full((100, 2), 0.5)
    gold = Gold(np.arange(20), (np.arange(20) % 2).astype(np.int32))
    assert most_teaching(votes, posterior, gold)[0][0] >= 60
    assert most_teaching(votes, posterior)[0][0] < 60


def test_planted_label_errors_are_found_and_come_first():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 600)
    proba = np.full((600, 3), 0.05)
    proba[np.arange(600), truth] = 0.9
    label = truth.copy()
    wrong = rng.choice(600, 30, replace=False)
    label[wrong] = (label[wrong] + 1) % 3
    found, quality = label_errors(label, proba)
    assert set(found[:30].tolist()) == set(wrong.tolist())
    assert quality[wrong].max() < np.delete(quality, wrong).min()


def test_suspicious_gold_speaks_of_items_not_of_positions():
    item = np.arange(199, 99, -1)
    label = (item % 2).astype(np.int32)
    proba = np.where(np.arange(200)[:, None] % 2 == [0, 1], 0.95, 0.05)
    label[item == 140] = 1
    assert suspicious_gold(Gold(item, label), proba)[0].tolist() == [140]


def test_gold_of_one_class_has_nothing_to_dispute():
    assert len(label_errors(np.zeros(5, dtype=np.int64), np.tile([0.4, 0.6], (5, 1)))[0]) == 0
