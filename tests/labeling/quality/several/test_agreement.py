import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.errors import QualityError
from labeling.quality.agreement import krippendorff_alpha
from labeling.quality.several.agreement import masi_alpha, masi_distance
from labeling.votes import Votes

SETS = arrays(bool, 4)


def by_pairs(item, chosen):
    """Alpha by its definition, pair by pair."""
    kept = [i for i in range(len(item)) if (item == item[i]).sum() >= 2]
    n = len(kept)
    inside = outside = 0.0
    for i in kept:
        for j in kept:
            if i != j:
                apart = float(masi_distance(chosen[i], chosen[j]))
                outside += apart
                if item[i] == item[j]:
                    inside += apart / ((item == item[i]).sum() - 1)
    return 1 - (n - 1) * inside / outside if outside else math.nan


@given(SETS, SETS)
def test_a_distance_is_one_both_ways_and_0_for_the_same_alone(one, other):
    apart = float(masi_distance(one, other))
    assert apart == float(masi_distance(other, one))
    assert 0 <= apart <= 1
    assert (apart == 0) == bool((one == other).all())


def test_distances_are_those_of_the_paper():
    sets = np.array(
        [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]], dtype=bool
    )
    first = masi_distance(sets[:1], sets)
    assert first == pytest.approx([0, 1 - 4 / 9, 1 - 1 / 12, 1, 1])


@given(arrays(bool, st.tuples(st.integers(2, 14), st.just(3))), st.integers(0, 99))
def test_alpha_is_that_of_its_definition(chosen, seed):
    item = np.random.default_rng(seed).integers(0, 5, len(chosen))
    found, wanted = masi_alpha(item, chosen), by_pairs(item, chosen)
    assert (math.isnan(found) and math.isnan(wanted)) or found == pytest.approx(wanted)


def test_with_one_class_each_it_is_the_alpha_of_single_labels():
    rng = np.random.default_rng(0)
    matrix = rng.integers(0, 3, (40, 3))
    votes = Votes.from_matrix(matrix, 3)
    found = masi_alpha(votes.item, np.eye(3, dtype=bool)[votes.label])
    assert found == pytest.approx(krippendorff_alpha(votes))


def test_reviewers_who_agree_in_part_agree_more_than_strangers():
    rng = np.random.default_rng(1)
    truth = rng.random((200, 5)) < 0.4
    item = np.tile(np.arange(200), 2)
    near = np.concatenate([truth, truth ^ (rng.random(truth.shape) < 0.1)])
    strangers = np.concatenate([truth, rng.random(truth.shape) < 0.4])
    assert masi_alpha(item, near) > 0.5
    assert abs(masi_alpha(item, strangers)) < 0.1


def test_reviews_without_a_row_each_are_refused():
    with pytest.raises(QualityError, match="2 reviews need as many rows"):
        masi_alpha(np.array([0, 1]), np.ones((1, 2), dtype=bool))
