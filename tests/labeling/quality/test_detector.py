import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import QualityError
from labeling.quality.alarms.betting import BETS, accrue
from labeling.quality.alarms.detector import Detector


def slow_evidence(batches, target, limit_mass=1.0):
    """The recursion of the paper, one float at a time, not in logarithms."""
    mass = [0.0] * len(BETS)
    highest = []
    for errors, q, population in batches:
        seen, best = 0, 0.0
        for i, (err, prob) in enumerate(zip(errors, q, strict=True)):
            mu = target - seen / population
            z = err / (population * prob)
            for b, bet in enumerate(BETS):
                stake = min(bet / target, 0.9 / mu)
                mass[b] = (mass[b] + (limit_mass if i == 0 else 0)) * (1 + stake * (z - mu))
            best = max(best, sum(mass) / len(mass))
            seen += err
        highest.append(best)
    return highest


def test_evidence_follows_the_recursion():
    rng = np.random.default_rng(5)
    detector, batches, ours = Detector(0.1), [], []
    for t in range(6):
        q = rng.uniform(0.005, 0.02, 30)
        errors = (rng.random(30) < 0.1).astype(int)
        batches.append((errors.tolist(), q.tolist(), 500))
        detector, evidence = detector.update(str(t), errors, 500, q)
        ours.append(math.exp(evidence.log_evidence))
    assert ours == pytest.approx(slow_evidence(batches, 0.1), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 1), max_size=12), max_size=6))
def test_the_state_survives_json(batches):
    kept = stored = Detector(0.08, limit=50)
    for t, errors in enumerate(batches):
        kept, one = kept.update(str(t), errors, 40)
        stored, other = Detector.from_json(stored.to_json()).update(str(t), errors, 40)
        assert one == other
    assert Detector.from_json(stored.to_json()) == kept


def test_a_batch_without_reviews_changes_no_evidence():
    detector, before = Detector(0.08).update("a", [0, 1, 0, 0], 100)
    after, evidence = detector.update("b", [], 100)
    assert after.log_mass == detector.log_mass
    assert not evidence.alarm
    assert evidence.reviews == 0
    assert before.reviews == 4


def test_more_errors_than_the_target_allows_in_all_is_certain():
    _, evidence = Detector(0.02, limit=1e12).update("a", [1, 1, 1, 1], population=100)
    assert evidence.fired
    assert evidence.fired_after == 3


def test_the_alarm_goes_off_with_the_review_that_lifts_evidence_over_the_limit_and_no_later():
    errors, q = [1] * 8, np.full(8, 0.01)
    high = [
        math.exp(Detector(0.1).update("a", errors[:n], 500, q[:n])[1].log_evidence)
        for n in range(1, 9)
    ]
    limit = (high[4] + high[5]) / 2
    assert high[4] < limit < high[5]
    _, evidence = Detector(0.1, limit=limit).update("a", errors, 500, q)
    assert evidence.fired_after == 6


def test_all_right_for_years_never_alarms():
    detector = Detector(0.05)
    for t in range(200):
        detector, evidence = detector.update(str(t), [0] * 50, 1000)
        assert not evidence.alarm


def test_the_alarm_stands_until_reset_and_fires_once():
    detector, fired = Detector(0.05), []
    for t in range(6):
        detector, evidence = detector.update(str(t), [1] * 20 if t < 2 else [0] * 20, 1000)
        fired.append((evidence.fired, evidence.alarm))
    assert fired == [(True, True), *[(False, True)] * 5]


def test_the_estimated_moment_of_change_is_near_the_change():
    rng, misses = np.random.default_rng(3), []
    for _ in range(40):
        detector, t, alarm = Detector(0.08), 0, None
        while alarm is None:
            errors = rng.random(50) < (0.08 if t < 20 else 0.20)
            detector, evidence = detector.update(f"{t:03}", errors.astype(int), 1000)
            alarm = evidence.change_batch if evidence.alarm else None
            t += 1
        misses.append(abs(int(alarm) - 20))
    assert np.median(misses) <= 2


def test_the_bound_on_false_alarms_holds_at_the_limit_of_the_target():
    """Accuracy exactly as promised, 100 batches: at most 5 % alarms, plus three standard errors."""
    rng = np.random.default_rng(11)
    runs, population, n, target = 600, 1000, 50, 0.08
    mass = np.full((runs, len(BETS)), -np.inf)
    alarmed = np.zeros(runs, bool)
    q = np.broadcast_to(1 / (population - np.arange(n)), (runs, n))
    for _ in range(100):
        ranks = rng.random((runs, population)).argpartition(n, axis=1)[:, :n]
        errors = (ranks < population * target).astype(float)
        errors = rng.permuted(errors, axis=1)
        path, gain = accrue(mass, errors, q, np.full(runs, population), target)
        mass = np.logaddexp(mass, 0.0) + gain
        alarmed |= (path >= math.log(2000)).any(axis=1)
    assert alarmed.mean() <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_a_drop_of_ten_points_takes_about_150_reviews():
    rng = np.random.default_rng(12)
    runs, n, target = 300, 50, 0.08
    mass = np.full((runs, len(BETS)), -np.inf)
    delay = np.zeros(runs)
    q = np.broadcast_to(1 / (1000 - np.arange(n)), (runs, n))
    for t in range(20 + 30):
        errors = (rng.random((runs, n)) < (target if t < 20 else 0.18)).astype(float)
        path, gain = accrue(mass, errors, q, np.full(runs, 1000), target)
        mass = np.logaddexp(mass, 0.0) + gain
        hit = path >= math.log(2000)
        new = hit.any(axis=1) & (delay == 0) & (t >= 20)
        delay[new] = (t - 20) * n + hit[new].argmax(axis=1) + 1
    assert (delay > 0).all()
    assert delay.mean() == pytest.approx(150, abs=25)


def test_a_warning_spends_the_bank_and_restart_mass_never_passes_the_batches():
    quiet = Detector(0.08)
    for t in range(10):
        quiet, _ = quiet.update(str(t), [0] * 20, 1000, warned=False)
    assert quiet.bank == pytest.approx(10 * 0.7)
    warned, _ = quiet.update("w", [0] * 20, 1000, warned=True)
    assert warned.bank == pytest.approx(0)


@pytest.mark.parametrize(
    ("errors", "population", "q", "message"),
    [
        ([0, 2], 10, None, "0 or 1"),
        ([0, 1, 0], 2, None, "3 reviews of 2 items"),
        ([0, 1], 10, [0.1, 0.0], "draw probability"),
        ([0, 1], 10, [0.1, 1.2], "draw probability"),
        ([0, 1], 10, [0.1], "draw probability"),
    ],
)
def test_impossible_reviews_are_refused(errors, population, q, message):
    with pytest.raises(QualityError, match=message):
        Detector(0.08).update("a", errors, population, q)


def test_the_same_batch_twice_in_a_row_is_refused():
    detector, _ = Detector(0.08).update("a", [0], 10)
    with pytest.raises(QualityError, match="taken in already"):
        detector.update("a", [0], 10)


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1])
def test_a_target_nobody_can_promise_is_refused(target):
    with pytest.raises(QualityError, match="target error"):
        Detector(target)
