"""What the strategy gains over random, and when to stop."""

import numpy as np
import pytest

from labeling.errors import GoldError, SamplingError, TooFewSamplesError
from labeling.gold import Gold
from labeling.sampling.gain import measure_gain
from labeling.sampling.stopping import advise, kappa


def by_teaching_quality(quality):
    """A learner whose accuracy is the mean quality of the items it was taught by."""
    n = len(quality)
    rank = np.random.default_rng(5).permutation(n) / n

    def learn(gold: Gold) -> np.ndarray:
        right = rank < quality[gold.item].mean()
        proba = np.zeros((n, 2))
        proba[np.arange(n), np.where(right, 0, 1)] = 1.0
        return proba

    return learn


def arms(n: int = 1000):
    label = np.zeros(60, dtype=np.int32)
    chosen, at_random = Gold(np.arange(60), label), Gold(np.arange(100, 160), label)
    judge = Gold(np.arange(400, 700), np.zeros(300, dtype=np.int32), np.full(300, 0.3))
    return n, chosen, at_random, judge


def test_a_strategy_that_teaches_better_shows_a_gain():
    n, chosen, at_random, judge = arms()
    quality = np.full(n, 0.6)
    quality[:100] = 0.9
    gain = measure_gain(by_teaching_quality(quality), chosen, at_random, judge)
    assert gain.low > 0.15
    assert gain.points == pytest.approx(0.3, abs=0.08)
    assert str(gain).startswith("gain: +")


def test_a_strategy_that_is_no_better_is_told_so():
    n, chosen, at_random, judge = arms()
    quality = np.random.default_rng(0).uniform(0.5, 0.9, n)
    gain = measure_gain(by_teaching_quality(quality), chosen, at_random, judge)
    assert gain.low < 0 < gain.high
    assert str(gain).startswith("no gain: ")


def test_a_queue_cannot_judge_itself():
    n, chosen, at_random, judge = arms()
    with pytest.raises(GoldError, match="learning queue"):
        measure_gain(
            by_teaching_quality(np.ones(n)), chosen, at_random, Gold(judge.item, judge.label)
        )


def test_items_of_the_judge_teach_neither_arm():
    n, chosen, _, judge = arms()
    same = Gold(judge.item[:60], judge.label[:60])
    with pytest.raises(TooFewSamplesError, match="0 random"):
        measure_gain(by_teaching_quality(np.ones(n)), chosen, same, judge)


def test_kappa_of_chance_agreement_is_near_zero():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, (2, 20_000))
    assert abs(kappa(a, b)) < 0.03
    assert kappa(a, a) == 1.0
    assert kappa(np.zeros(5, dtype=int), np.zeros(5, dtype=int)) == 1.0
    with pytest.raises(SamplingError, match="5 and 4"):
        kappa(np.zeros(5, dtype=int), np.zeros(4, dtype=int))


BASE = {"n_items": 10_000, "batch": 50, "usd_per_review": 0.2}
CURVE = [(50, 0.80), (100, 0.85), (200, 0.88)]


def test_it_goes_on_while_labels_are_being_put_right():
    advice = advise([0.8, 0.9, 0.95], CURVE, **BASE)
    assert not advice.stop
    assert advice.usd == pytest.approx(10)
    assert advice.usd_per_fixed == pytest.approx(advice.usd / advice.labels_fixed)


@pytest.mark.parametrize(
    ("kappas", "extra", "why"),
    [
        ([0.9, 0.99, 0.995, 0.992], {}, "no longer changes"),
        ([0.8], {"audit_low": 0.96, "target": 0.95}, "has passed the target of 95.0%"),
        ([0.8], {"usd_spent": 95.0, "usd_budget": 100.0}, r"cost \$10.00, and \$5.00 are left"),
        ([0.8], {"usd_per_wrong_label": 0.01}, "more than the"),
    ],
)
def test_it_stops_and_says_why(kappas, extra, why):
    advice = advise(kappas, CURVE, **BASE, **extra)
    assert advice.stop
    import re

    assert re.search(why, advice.why)


def test_without_measurements_it_promises_nothing():
    advice = advise([], [], **BASE)
    assert not advice.stop
    assert np.isnan(advice.labels_fixed)
    assert "too early" in advice.why


def test_a_flat_curve_promises_nothing_for_the_money():
    advice = advise([0.9], [(50, 0.9), (100, 0.89), (200, 0.9), (400, 0.89)], **BASE)
    assert advice.labels_fixed == 0
    assert advice.usd_per_fixed == float("inf")


@pytest.mark.parametrize(
    "curve", [[(7, 0.7), (13, 0.7), (29, 0.7)], [(10, 0.6), (14, 2 / 3), (20, 0.6)]]
)
def test_a_level_curve_puts_no_price_on_labels_that_are_not_put_right(curve):
    advice = advise([0.8, 0.9], curve, n_items=114, batch=5, usd_per_review=0.056)
    assert advice.why == "the next 5 reviews cost $0.28 and put fewer than one label right"


def test_the_rounding_of_a_fit_puts_no_label_right():
    curve = [(8, 1.0), (11, 1.0), (19, 1.0), (26, 1.0), (33, 1.0)]
    advice = advise([0.8, 0.9], curve, n_items=114, batch=5, usd_per_review=0.056)
    assert (advice.labels_fixed, advice.usd_per_fixed) == (0.0, float("inf"))
