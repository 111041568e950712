import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.errors import LabelingError
from labeling.thresholds import BELIEVED, F1, Goal, threshold

CHANCES = arrays(float, st.integers(1, 40), elements=st.floats(0, 1))
NOBODY = np.zeros(0), np.zeros(0, dtype=bool), np.zeros(0)


@given(CHANCES, CHANCES, st.integers(0, 9), st.sampled_from([F1, Goal(0.8)]))
def test_a_threshold_lies_between_0_and_1(chance, believed, seed, goal):
    rng = np.random.default_rng(seed)
    yes = rng.random(len(chance)) < 0.5
    found = threshold(chance, yes, rng.uniform(1, 9, len(chance)), believed, goal)
    assert 0 <= found <= 1


@given(CHANCES)
def test_without_a_review_it_is_one_half_or_what_is_believed(believed):
    assert threshold(*NOBODY) == 0.5
    found = threshold(*NOBODY, believed=believed)
    given_f1 = (
        2 * believed[believed > found].sum() / max((believed > found).sum() + believed.sum(), 1e-9)
    )
    for other in np.unique(believed):
        at = believed >= other
        assert 2 * believed[at].sum() / (at.sum() + believed.sum()) <= given_f1 + 1e-9


def test_of_calibrated_probabilities_the_threshold_is_half_the_f1_it_yields():
    chance = np.random.default_rng(0).beta(0.5, 2, 40_000)
    found = threshold(*NOBODY, believed=chance)
    at = chance > found
    assert found == pytest.approx(chance[at].sum() / (at.sum() + chance.sum()), abs=0.002)


def test_few_reviews_move_it_little_and_many_all_the_way():
    rng = np.random.default_rng(0)
    believed = rng.beta(0.5, 2, 2000)
    stated = np.clip(believed + 0.3, 0, 1)
    yes = rng.random(2000) < believed
    few, many = (threshold(stated[:n], yes[:n], np.ones(n), stated) for n in (5, 2000))
    plain, truly = threshold(*NOBODY, believed=stated), threshold(*NOBODY, believed=believed) + 0.3
    assert abs(few - plain) < 0.06
    assert abs(many - truly) < 0.06
    assert BELIEVED < 2000


def test_without_beliefs_few_reviews_leave_it_near_one_half():
    chance, yes = np.array([0.2, 0.1]), np.array([True, False])
    assert 0.45 < threshold(chance, yes, np.ones(2)) < 0.5
    many = threshold(np.tile(chance, 200), np.tile(yes, 200), np.ones(400))
    assert many < 0.2


def test_a_precision_is_kept_by_as_many_items_as_possible():
    rng = np.random.default_rng(1)
    chance = rng.random(4000)
    yes = rng.random(4000) < chance
    found = threshold(chance, yes, np.ones(4000), chance, Goal(0.9))
    assert yes[chance > found].mean() == pytest.approx(0.9, abs=0.03)
    assert found == pytest.approx(0.8, abs=0.05)


def test_a_precision_that_no_item_reaches_gives_the_class_to_nobody():
    assert threshold(*NOBODY, believed=np.full(50, 0.4), goal=Goal(0.9)) == 1.0


@pytest.mark.parametrize("precision", [0, 1, -0.5, 1.5])
def test_a_precision_that_is_none_is_refused(precision):
    with pytest.raises(LabelingError, match="above 0 and below 1"):
        Goal(precision)
