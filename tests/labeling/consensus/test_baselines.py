import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.consensus.models.dawid_skene import DawidSkene
from labeling.consensus.models.majority import Majority
from labeling.consensus.models.one_coin import OneCoin
from labeling.consensus.models.weighted_majority import WeightedMajority
from labeling.gold import Gold
from labeling.votes import Votes
from tests.labeling.consensus.simulated import accuracy, people

MATRICES = arrays(
    np.int8, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=st.integers(-1, 2)
)


def dawid_skene_by_the_paper(matrix, n_classes, rounds):
    """Dawid & Skene (1979), eqs. 2.3 to 2.5, item by item and voter by voter."""
    n, m = matrix.shape
    belief = np.array([[np.sum(row == k) for k in range(n_classes)] for row in matrix], float)
    belief /= belief.sum(axis=1, keepdims=True)
    for _ in range(rounds):
        share = belief.sum(axis=0) / n
        confusion = np.full((m, n_classes, n_classes), 1 / n_classes)
        for j in range(m):
            for k in range(n_classes):
                said = np.array([belief[matrix[:, j] == v, k].sum() for v in range(n_classes)])
                if said.sum() > 0:
                    confusion[j, k] = said / said.sum()
        for i in range(n):
            p = share.copy()
            for j in range(m):
                if matrix[i, j] >= 0:
                    p = p * np.maximum(confusion[j, :, matrix[i, j]], 1e-10)
            belief[i] = p / p.sum()
    return belief


def test_dawid_skene_is_the_published_one():
    matrix, _, _ = people(n=120, n_voters=6, per_item=4, seed=3)
    ours = DawidSkene(3, n_iterations=7, tolerance=-1).fit(Votes.from_matrix(matrix, 3))
    reference = dawid_skene_by_the_paper(matrix, 3, rounds=7)
    assert ours.predict_proba(Votes.from_matrix(matrix, 3)) == pytest.approx(reference, abs=1e-8)


def test_dawid_skene_never_loses_likelihood():
    matrix, _, _ = people(n=200, seed=5)
    votes = Votes.from_matrix(matrix, 3)
    scores = [
        DawidSkene(3, n_iterations=n, tolerance=-1).fit(votes).log_likelihood_ for n in range(1, 9)
    ]
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(scores))


def test_dawid_skene_holds_gold_at_its_label():
    votes = Votes.from_matrix([[0, 0], [0, 1], [0, 1], [0, 0], [1, 1]], 2)
    gold = Gold(np.array([1, 2]), np.array([1, 1], dtype=np.int32))
    assert DawidSkene(2).fit(votes).predict_proba(votes)[1, 1] < 0.6
    assert DawidSkene(2).fit(votes, gold).predict_proba(votes)[1, 1] > 0.9


@settings(deadline=None)
@given(MATRICES)
def test_majority_is_a_count_of_hands(matrix):
    posterior = (
        Majority(3).fit(Votes.from_matrix(matrix, 3)).predict_proba(Votes.from_matrix(matrix, 3))
    )
    for row, p in zip(matrix, posterior, strict=True):
        said = row[row >= 0]
        counts = [np.mean(said == k) for k in range(3)] if len(said) else [1 / 3] * 3
        assert p == pytest.approx(counts)


@settings(max_examples=50, deadline=None)
@given(MATRICES)
def test_weighted_majority_sums_to_one_and_leaves_silence_undecided(matrix):
    votes = Votes.from_matrix(matrix, 3)
    model = WeightedMajority(3).fit(votes)
    assert model.predict_proba(votes).sum(axis=1) == pytest.approx(1)
    assert (model.predict(votes)[(matrix < 0).all(axis=1)] == -1).all()


def test_weighted_majority_follows_the_good_voter_against_two_guessers():
    matrix, truth, _ = people(n=3000, n_classes=2, n_voters=7, per_item=7, right=(0.55, 0.6))
    rng = np.random.default_rng(1)
    matrix[:, 0] = np.where(rng.random(3000) < 0.97, truth, 1 - truth)
    votes = Votes.from_matrix(matrix, 2)
    plain = accuracy(Majority(2).fit(votes).predict_proba(votes), truth, matrix)
    weighted = accuracy(WeightedMajority(2).fit(votes).predict_proba(votes), truth, matrix)
    assert weighted > plain + 0.05


def test_one_coin_finds_each_voters_accuracy():
    matrix, _, right = people(n=4000, n_voters=12, per_item=6, seed=2)
    model = OneCoin(3).fit(Votes.from_matrix(matrix, 3))
    assert np.abs(model.accuracy_ - right).max() < 0.04


def test_one_coin_beats_majority_where_voters_differ():
    matrix, truth, _ = people(n=4000, n_voters=12, per_item=5, right=(0.35, 0.95), seed=2)
    votes = Votes.from_matrix(matrix, 3)
    plain = accuracy(Majority(3).fit(votes).predict_proba(votes), truth, matrix)
    assert accuracy(OneCoin(3).fit(votes).predict_proba(votes), truth, matrix) > plain + 0.03
