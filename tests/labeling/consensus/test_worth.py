import numpy as np
import pytest

from labeling.consensus.label_model import LabelModel
from labeling.errors import LabelingError
from labeling.votes import Votes
from tests.labeling.consensus.simulated import rules


def models(right, n=1500, n_classes=3, seed=0):
    """Independent models, each right with its own probability."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n)
    said = [np.where(rng.random(n) < p, truth, rng.integers(0, n_classes, n)) for p in right]
    return np.column_stack(said)


def worth(matrix, n_classes=3):
    votes = Votes.from_matrix(matrix, n_classes)
    return LabelModel(n_classes).fit(votes).worth(votes)


def test_independent_voters_are_worth_what_they_are_many():
    assert worth(models([0.6, 0.65, 0.7, 0.6, 0.65, 0.7])).effective == pytest.approx(6, abs=0.7)


def test_siblings_are_found_by_the_errors_they_share_and_worth_less():
    matrix = models([0.5, 0.6, 0.7, 0.65, 0.6, 0.55])
    echo = np.where(np.random.default_rng(1).random(1500) < 0.97, matrix[:, 0], 0)
    found = worth(np.column_stack([matrix, echo]))
    assert found.voters[0].siblings == [6]
    assert found.voters[6].siblings == [0]
    assert found.voters[0].worth < 0.7 < found.voters[2].worth
    assert found.effective < 6.5


def test_a_rule_entered_twice_is_named_and_loses_nothing():
    matrix, _ = rules(n=3000, n_voters=8)
    found = worth(np.column_stack([matrix, matrix[:, 2]]), 2)
    assert found.voters[8].siblings == [2]
    assert found.voters[8].worth == 0
    assert found.voters[8].lost == 0
    assert 8 not in found.kept


def test_the_best_voter_is_missed_most_and_a_guesser_not_at_all():
    found = worth(models([0.9, 0.4, 0.4, 0.4, 0.0]))
    lost = [voter.lost for voter in found.voters]
    assert max(lost) == lost[0] > 0.05
    assert lost[4] < 0.01
    assert found.kept[0] == 0
    assert 4 not in found.kept
    assert found.cost <= 0.005


def test_a_method_that_knows_no_siblings_says_so():
    votes = Votes.from_matrix(models([0.7, 0.7, 0.7]), 3)
    with pytest.raises(LabelingError, match="of the ensemble only, and this is majority"):
        LabelModel(3, method="majority").fit(votes).worth(votes)
