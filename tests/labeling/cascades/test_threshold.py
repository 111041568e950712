"""Where a cascade asks: the promise holds exactly, with any scores, ties and models."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from labeling.cascades.promise import Promise, least_gold, needed
from labeling.cascades.threshold import (
    SILENT,
    Gold,
    cheap_is_enough,
    find_threshold,
    nothing_proven,
)
from labeling.errors import LabelingError


def decide(score, tie, cheap, dear, n, promise):
    """Find where to ask about all but the first ``n`` items, out of those."""
    size = len(score) - n
    free = cheap_is_enough(score[:n], cheap[:n], size, promise)
    return free or find_threshold(Gold(score[:n], tie[:n], cheap[:n], dear[:n]), size, promise)


def misses(found, score, tie, cheap, dear, n, promise):
    right = np.where(found.asked(score[n:], tie[n:]), dear[n:], cheap[n:]).mean()
    return found.proven and right < promise.target - 1e-9


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.4, 0.5, 0.6]), st.sampled_from([0.1, 0.2, 0.3]))
def test_of_all_ways_to_part_gold_from_the_batch_few_enough_break_the_promise(seed, target, risk):
    """Not a simulation: every one of the 462 ways is met, so that the share is the probability itself."""
    rng, promise = np.random.default_rng(seed), Promise(target, risk)
    score = rng.integers(0, 4, 11) / 4 if rng.random() < 0.5 else rng.random(11)
    score = np.where(rng.random(11) < 0.1, SILENT, score)
    tie, cheap = rng.random(11), (rng.random(11) < rng.uniform(0.2, 0.9)) & ~np.isneginf(score)
    dear = rng.random(11) < rng.uniform(0.3, 0.95)
    broken = 0
    for chosen in combinations(range(11), 6):
        dealt = np.array([*chosen, *sorted(set(range(11)) - set(chosen))])
        of = [values[dealt] for values in (score, tie, cheap, dear)]
        broken += misses(decide(*of, 6, promise), *of, 6, promise)
    assert broken / 462 <= risk


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("target", [0.8, 0.85])
def test_batches_below_the_target_are_no_more_than_promised_and_nearly_as_many(coarse, target):
    promise, replays, missed, asked = Promise(target, 0.1), 400, 0, 0.0
    for seed in range(replays):
        rng = np.random.default_rng(seed)
        score = rng.beta(4, 1.2, 1_100)
        cheap, dear = rng.random(1_100) < score, rng.random(1_100) < 0.93
        score = np.round(score, 1) if coarse else score
        tie = rng.random(1_100)
        found = decide(score, tie, cheap, dear, 300, promise)
        missed += misses(found, score, tie, cheap, dear, 300, promise)
        asked += found.asked(score[300:], tie[300:]).mean() / replays
    assert missed <= binom.ppf(0.999, replays, 0.1)
    assert missed >= 0.04 * replays  # it is not kept by asking more than it takes
    assert asked < 0.75


def test_the_cheap_side_alone_is_taken_where_it_is_enough_and_no_dear_answer_is_needed():
    score, right = np.full(300, 0.9), np.arange(300) >= 6
    found = cheap_is_enough(score, right, 1_000, Promise(0.9, 0.1))
    assert found is not None
    assert found.proven
    assert not found.asked(np.array([0.0, 1.0]), np.zeros(2)).any()
    assert found.asked(np.array([SILENT]), np.zeros(1)).all()


def test_where_the_dear_side_does_not_reach_the_target_everything_is_asked_and_nothing_proven():
    rng = np.random.default_rng(1)
    gold = Gold(rng.random(300), rng.random(300), rng.random(300) < 0.6, rng.random(300) < 0.8)
    found = find_threshold(gold, 1_000, Promise(0.9, 0.1))
    assert (found.asks, found.proven) == ("everywhere", False)
    assert found.asked(np.array([1.0]), np.zeros(1)).all()


def test_without_gold_everything_is_asked():
    none = np.zeros(0)
    gold = Gold(none, none, none.astype(bool), none.astype(bool))
    for found in (
        find_threshold(gold, 10, Promise(0.9, 0.1)),
        nothing_proven(0, 10, Promise(0.9, 0.1)),
    ):
        assert (found.asks, found.proven, found.n_gold) == ("everywhere", False, 0)


def test_what_is_silent_is_asked_wherever_the_threshold_lies():
    rng = np.random.default_rng(2)
    score = np.where(np.arange(400) < 40, SILENT, rng.random(400))
    cheap = (rng.random(400) < 0.99) & ~np.isneginf(score)
    found = find_threshold(
        Gold(score, rng.random(400), cheap, np.ones(400, bool)), 1_000, Promise(0.95, 0.1)
    )
    assert found.proven
    assert found.asked(np.array([SILENT, 2.0]), np.zeros(2)).tolist() == [True, False]


def test_ties_are_parted_by_the_item_so_that_a_share_of_equal_scores_is_asked():
    rng = np.random.default_rng(3)
    tie, cheap = rng.random(500), rng.random(500) < 0.85
    found = find_threshold(
        Gold(np.full(500, 0.7), tie, cheap, np.ones(500, bool)), 2_000, Promise(0.93, 0.1)
    )
    asked = found.asked(np.full(2_000, 0.7), rng.random(2_000)).mean()
    assert 0.4 < asked < 0.95


@given(st.integers(1, 400), st.integers(1, 3_000), st.floats(0.5, 0.99), st.floats(0.01, 0.3))
def test_more_risk_needs_no_more_right_ones_and_a_higher_target_no_fewer(n, size, target, risk):
    one = needed(n, size, Promise(target, risk))
    assert needed(n, size, Promise(target, risk / 2)) >= one
    assert needed(n, size, Promise((1 + target) / 2, risk)) >= one
    assert 0 < one <= n + 1


def test_the_least_gold_is_what_suffices_if_all_of_it_is_right():
    promise = Promise(0.95, 0.05)
    least = least_gold(500, promise)
    assert needed(least, 500, promise) <= least
    assert needed(least - 1, 500, promise) > least - 1


@pytest.mark.parametrize(("target", "risk"), [(90, 0.1), (0.9, 0), (1.0, 0.1)])
def test_a_promise_outside_zero_and_one_is_refused_by_name(target, risk):
    with pytest.raises(LabelingError, match="between 0 and 1"):
        Promise(target, risk)


@pytest.mark.timeout(30)
def test_how_much_a_strict_promise_takes_is_told_at_once():
    strict = Promise(target=0.999, risk=0.001)
    assert least_gold(2_000, strict) > 10_000
    small = Promise(target=0.95, risk=0.02)
    least = least_gold(60, small)
    assert needed(least, 60, small) == least
    assert needed(least - 1, 60, small) == least
