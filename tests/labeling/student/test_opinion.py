"""A student's opinion of a batch comes from students that have not seen the batch."""

import numpy as np
import pytest

from labeling.gold import Gold
from labeling.student.opinion import form, material
from labeling.student.text import TextStudent

THINGS = ("rain", "snow", "storm", "wind", "sun", "fog", "hail", "heat", "frost", "cloud")
TEXTS = [f"{word} {thing}" for thing in THINGS * 4 for word in ("lovely", "terrible")]
N = len(TEXTS)
GOOD = np.tile([[0.9, 0.1], [0.1, 0.9]], (N // 2, 1))
NO_GOLD = Gold(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32))
EVERYWHERE = np.ones(N, dtype=bool)


def apart(at: np.ndarray) -> np.ndarray:
    return np.arange(len(at))


def ask(posterior: np.ndarray, current: np.ndarray, gold: Gold = NO_GOLD):
    return form(TextStudent(2), TEXTS, posterior, EVERYWHERE, gold, current, twins=apart)


@pytest.mark.parametrize(("first", "out_of_time"), [(N // 2, True), (0, False)])
def test_what_voters_and_people_say_of_an_item_does_not_reach_the_opinion_of_it(first, out_of_time):
    current = np.arange(N) >= first
    turned = GOOD.copy()
    turned[-1] = turned[-1][::-1]
    gold = Gold(np.array([N - 1]), np.array([0], dtype=np.int32))
    plain, other = ask(GOOD, current), ask(turned, current, gold)
    assert plain is not None
    assert other is not None
    assert plain.out_of_time is other.out_of_time is out_of_time
    np.testing.assert_allclose(plain.unseen[-1], other.unseen[-1])
    assert np.mean(plain.unseen.argmax(axis=1) == GOOD[current].argmax(axis=1)) > 0.9


def test_a_batch_that_little_came_before_is_judged_by_cross_fitting():
    opinion = ask(GOOD, np.arange(N) >= 8)
    assert opinion is not None
    assert not opinion.out_of_time
    assert len(opinion.learnt_from) == N


def test_gold_of_earlier_batches_teaches():
    gold = Gold(np.arange(N // 2), (np.arange(N // 2) % 2 == 0).astype(np.int32))
    opinion = ask(GOOD, np.arange(N) >= N // 2, gold)
    assert opinion is not None
    assert opinion.student.n_gold_ == N // 2
    assert np.mean(opinion.unseen.argmax(axis=1) != GOOD[N // 2 :].argmax(axis=1)) > 0.9


def test_there_is_no_opinion_where_one_class_shows():
    assert ask(np.tile([0.9, 0.1], (N, 1)), np.arange(N) >= N // 2) is None


def test_the_newest_gold_is_learnt_from_before_the_newest_votes():
    n = 540
    gold = Gold(np.arange(20), np.zeros(20, dtype=np.int32))
    spoken = np.arange(n) % 2 == 0
    taken = material(spoken, gold, np.arange(n) < n - 10, most=30, unlabelled=3)
    labelled = taken[spoken[taken] | (taken < 20)]
    assert len(labelled) == 30
    assert set(range(20)) < set(taken.tolist())
    assert taken.max() < n - 10
    assert len(taken) == 33
