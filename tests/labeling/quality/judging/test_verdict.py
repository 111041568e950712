import numpy as np

from labeling.quality.judging.alternative import alternative_test
from labeling.quality.judging.verdict import verdict
from tests.labeling.quality.judging.worlds import panel_of


def judged(seed, n_items, people, model, epsilon=0.15):
    panel = panel_of(np.random.default_rng(seed), n_items, people, [model])
    return verdict(alternative_test(panel, epsilon)[0])


def test_two_people_are_too_few():
    found = judged(0, 100, [0.9, 0.9], 0.9)
    assert found.answer == "too few people"
    assert "there are 2 people, and 3 are needed" in found.told


def test_twenty_items_are_too_few_and_ten_more_are_named():
    found = judged(0, 20, [0.9] * 3, 0.9)
    assert (found.answer, found.more) == ("too few items", 10)
    assert "about 10 items more would tell" in found.told


def test_as_many_items_more_as_are_named_mostly_tell():
    open_ = [judged(seed, 40, [0.7] * 3, 0.7) for seed in range(40)]
    more = [one.more for one in open_ if one.answer == "too few items" and one.more]
    assert len(more) > 15
    n_items = 40 + int(np.median(more))
    told = [judged(100 + seed, n_items, [0.7] * 3, 0.7).answer for seed in range(60)]
    assert np.mean([one == "yes" for one in told]) > 0.6


def test_what_is_behind_by_just_what_is_allowed_promises_nothing():
    found = [judged(seed, 4000, [0.8] * 3, 0.679, 0.1) for seed in range(6)]
    assert {one.answer for one in found} <= {"too few items", "no", "yes"}
    assert any(one.more is None or one.more > 1000 for one in found)
