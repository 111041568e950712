import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import binomtest

from labeling.errors import QualityError
from labeling.quality.estimates.intervals import Interval, merge_thin, stratified_score, wilson
from labeling.quality.estimates.weighted import weighted_share


@pytest.mark.parametrize(("k", "n"), [(92, 100), (0, 7), (7, 7), (1, 3), (299, 300)])
def test_wilson_agrees_with_scipy(k, n):
    reference = binomtest(k, n).proportion_ci(0.95, method="wilson")
    interval = wilson(k, n)
    assert interval.low == pytest.approx(reference.low, abs=1e-9)
    assert interval.high == pytest.approx(reference.high, abs=1e-9)


def test_wilson_of_92_in_100_is_the_published_one():
    interval = wilson(92, 100)
    assert (interval.low, interval.high) == pytest.approx((0.85002, 0.95891), abs=1e-5)


@given(st.integers(1, 400), st.floats(0, 1), st.integers(0, 500))
def test_one_stratum_is_wilson(n, share, more):
    k = round(share * n)
    one, other = stratified_score([k], [n], [n + more]), wilson(k, n, n + more)
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-5)


@given(st.integers(1, 400), st.floats(0, 1), st.integers(0, 500))
def test_a_finite_population_is_wilson_with_more_reviews(n, share, more):
    k, population = round(share * n), n + more
    interval = wilson(k, n, population)
    if population == n:
        assert (interval.low, interval.high) == pytest.approx((k / n, k / n))
    else:
        effective = n * (population - 1) / (population - n)
        other = wilson(k / n * effective, effective)
        assert interval.low == pytest.approx(other.low, abs=1e-6)
        assert interval.high == pytest.approx(other.high, abs=1e-6)


@given(
    st.lists(
        st.tuples(st.integers(2, 60), st.floats(0, 1), st.integers(0, 300)), min_size=1, max_size=5
    )
)
def test_bounds_hold_the_point_and_stay_in_range(rows):
    n = [row[0] for row in rows]
    k = [round(row[0] * row[1]) for row in rows]
    sizes = [row[0] + row[2] for row in rows]
    interval = stratified_score(k, n, sizes)
    assert 0 <= interval.low <= interval.point <= interval.high <= 1
    errors = stratified_score(np.subtract(n, k), n, sizes)
    assert 1 - errors.high == pytest.approx(interval.low, abs=1e-6)
    assert 1 - errors.low == pytest.approx(interval.high, abs=1e-6)


def test_the_bound_solves_its_own_equation():
    k, n, sizes = np.array([29, 15]), np.array([30, 20]), np.array([800, 200])
    weight, z = sizes / sizes.sum(), 1.959964
    effective = n * (sizes - 1) / (sizes - n)
    high = stratified_score(k, n, sizes).high
    grid = np.linspace(1e-4, 1 - 1e-4, 200_001)
    first = grid
    second = (high - weight[0] * first) / weight[1]
    first, second = (x[(second > 0) & (second < 1)] for x in (first, second))
    likelihood = sum(
        e * (share * np.log(p) + (1 - share) * np.log(1 - p))
        for e, share, p in zip(effective, k / n, (first, second), strict=True)
    )
    at = int(np.argmax(likelihood))
    variance = sum(
        w**2 * p * (1 - p) / e
        for w, p, e in zip(weight, (first[at], second[at]), effective, strict=True)
    )
    assert (weight @ (k / n) - high) ** 2 == pytest.approx(z**2 * variance, rel=1e-3)


def test_no_review_means_no_knowledge_and_no_error():
    for interval in (wilson(0, 0), wilson(0, 0, 50), stratified_score([0, 0], [0, 0], [10, 20])):
        assert math.isnan(interval.point)
        assert (interval.low, interval.high) == (0, 1)
        assert not interval.measured


def test_all_right_and_all_wrong_stay_one_sided_and_open():
    right, wrong = stratified_score([20, 20], [20, 20], [400, 100]), wilson(0, 40)
    assert (right.point, right.high) == (1, 1)
    assert 0.8 < right.low < 0.95
    assert (wrong.point, wrong.low) == (0, 0)
    assert 0.05 < wrong.high < 0.2


@given(
    st.lists(st.tuples(st.integers(5, 20), st.integers(30, 300)), min_size=2, max_size=4),
    st.booleans(),
)
@example([(18, 31), (6, 61)], True)
@example([(13, 227), (16, 76), (12, 273)], True)
def test_reviews_that_all_agree_leave_room_for_doubt_however_their_weights_round(strata, right):
    weight = np.concatenate([np.full(n, size / n) for n, size in strata])
    interval = weighted_share(np.full(len(weight), right), weight)
    assert interval.width > 0.01


def test_a_stratum_without_reviews_joins_its_neighbour():
    k, n, sizes = merge_thin(
        np.array([20.0, 0.0, 9.0]), np.array([20.0, 0.0, 10.0]), np.array([500.0, 300.0, 200.0])
    )
    assert (k.tolist(), n.tolist(), sizes.tolist()) == ([20, 9], [20, 10], [800, 200])
    lonely = stratified_score([0, 18], [0, 20], [1, 999])
    assert lonely.point == pytest.approx(0.9)


def test_a_stratum_reviewed_completely_is_known_exactly():
    everything = stratified_score([45, 3], [50, 5], [50, 5])
    assert everything.low == everything.high == pytest.approx(48 / 55)
    partly = stratified_score([20, 3], [20, 5], [95, 5])
    assert partly.high == pytest.approx(0.95 + 0.05 * 3 / 5)


@pytest.mark.parametrize(
    ("k", "n", "sizes", "level"),
    [([3], [2], [9], 0.95), ([-1], [2], [9], 0.95), ([1], [5], [4], 0.95), ([1], [2], [9], 1.0)],
)
def test_contradictory_counts_are_refused_with_the_numbers(k, n, sizes, level):
    with pytest.raises(QualityError, match=r"stratum 0 has|level"):
        stratified_score(k, n, sizes, level)


def test_strata_of_unknown_size_are_refused():
    with pytest.raises(QualityError, match="finite sizes"):
        stratified_score([1, 1], [2, 2], [math.inf, 5])


def test_width_is_the_distance_of_the_bounds():
    assert Interval(0.5, 0.25, 0.75).width == 0.5
