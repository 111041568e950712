import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import QualityError
from labeling.quality.estimates.accuracy import accuracy
from labeling.quality.estimates.labelled import LabelledBatch, judge
from labeling.quality.family import Budget
from labeling.quality.planning import (
    Effort,
    expected_half_width,
    plan_by_class,
    plan_for_reviews,
    plan_for_width,
    reviews_to_notice,
)
from labeling.sampling.audits.audit import draw_audit


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 0.2), st.floats(0.5, 0.99), st.integers(50, 5000))
def test_the_plan_is_the_smallest_that_is_enough(half_width, share, items):
    plan = plan_for_width(half_width, share, items)
    assert plan.half_width <= half_width or plan.reviews == items
    if plan.reviews > 1:
        assert expected_half_width(plan.reviews - 1, share, items) > half_width


def test_what_was_planned_comes_true_within_a_tenth():
    rng = np.random.default_rng(0)
    g = rng.beta(0.3, 3.5, 3000)
    plan = plan_for_width(0.03, 1 - g.mean(), None, g)
    found = []
    for seed in range(60):
        wrong = rng.random(3000) < g
        sample = draw_audit([f"{i:04}" for i in range(3000)], plan.reviews, seed, g)
        batch = LabelledBatch(
            "a",
            np.zeros(3000, np.int32),
            sample.design,
            sample.item,
            wrong[sample.item].astype(np.int32),
        )
        found.append(accuracy(judge([batch])).interval.width / 2)
    assert np.mean(found) == pytest.approx(0.03, rel=0.1)
    assert plan.reviews < plan_for_width(0.03, 1 - g.mean(), 3000).reviews


def test_both_ways_round_agree_and_cost_what_they_cost():
    plan = plan_for_width(0.05, 0.9, 1000, effort=Effort(12, 30))
    back = plan_for_reviews(plan.reviews, 0.9, 1000, effort=Effort(12, 30))
    assert plan == back
    assert plan.minutes == pytest.approx(plan.reviews / 5)
    assert plan.money == pytest.approx(plan.minutes / 2)


def test_every_class_gets_its_own_reviews():
    plans = plan_by_class(0.05, {"a": 0.9, "b": 0.9, "c": 0.9}, {"a": 5000, "b": 60, "c": 0})
    assert set(plans) == {"a", "b"}
    assert plans["b"].reviews < 60 < plans["a"].reviews


def test_small_drops_take_long_whoever_looks():
    budget = Budget(100, 0.05)
    need = [reviews_to_notice(0.92, 0.92 - drop, budget) for drop in (0.02, 0.05, 0.10)]
    assert need == sorted(need, reverse=True)
    assert 1500 < need[0] < 2100


@pytest.mark.parametrize("half_width", [0.0, 0.5, 2.0])
def test_points_are_told_from_shares(half_width):
    with pytest.raises(QualityError, match=r"± 2 points are 0.02"):
        plan_for_width(half_width, 0.9)


def test_plans_for_nothing_are_refused():
    with pytest.raises(QualityError, match="at least 1 review"):
        plan_for_reviews(0, 0.9)
    with pytest.raises(QualityError, match="more than 0 seconds"):
        Effort(0)
    with pytest.raises(QualityError, match="higher to a lower"):
        reviews_to_notice(0.9, 0.95, Budget())
