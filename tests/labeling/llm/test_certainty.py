"""How likely votes are right: from whatever gold shows to tell it best."""

import numpy as np
import pytest

from labeling.llm.confidence.certainty import ENOUGH, certainty


def voter(rng, n=600, classes=3, reviewed=100):
    """Labels of a voter, how likely each is right, whether it is, and gold of some."""
    label = rng.integers(0, classes, n)
    chance = rng.beta(2, 1, n)
    is_right = (rng.random(n) < chance).astype(float)
    gold = np.full(n, np.nan)
    some = rng.permutation(n)[:reviewed]
    gold[some] = is_right[some]
    return [str(one) for one in label], chance, is_right, gold, [f"i{at}" for at in range(n)]


def test_a_source_that_knows_is_taken_and_one_that_only_guesses_is_not():
    taken = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        label, chance, _, gold, item = voter(rng)
        told = certainty(label, {"stated": rng.random(600), "student": chance}, gold, item)
        taken.append(told.source[0])
    assert taken.count("student") >= 18


def test_where_nothing_tells_it_is_how_often_votes_for_the_class_were_right():
    rng = np.random.default_rng(3)
    label = ["rare"] * 200 + ["common"] * 400
    is_right = np.array([rng.random() < (0.3 if one == "rare" else 0.9) for one in label]) * 1.0
    gold = np.where(rng.random(600) < 0.5, is_right, np.nan)
    told = certainty(label, {}, gold, [str(at) for at in range(600)])
    assert set(told.source) == {"rate"}
    assert told.probability[:200].mean() == pytest.approx(0.3, abs=0.08)
    assert told.probability[200:].mean() == pytest.approx(0.9, abs=0.05)


def test_after_100_reviews_a_source_that_is_far_too_sure_is_off_by_6_points_at_most():
    errors = []
    for seed in range(30):
        rng = np.random.default_rng(100 + seed)
        label, chance, is_right, gold, item = voter(rng, 4000)
        overconfident = chance**0.5
        told = certainty(label, {"stated": overconfident}, gold, item)
        new = np.isnan(gold)
        at = np.searchsorted(
            np.quantile(told.probability[new], np.arange(0.1, 1, 0.1)), told.probability[new]
        )
        off = (told.probability - is_right)[new]
        errors.append(sum(abs(off[at == one].sum()) for one in range(10)) / new.sum())
    assert np.mean(errors) < 0.06


def test_gold_weighs_what_it_stands_for():
    right = np.array([1.0, 0.0] * 100)
    weight = np.where(right == 1, 9.0, 1.0)
    told = certainty(["a"] * 200, {}, right, [str(at) for at in range(200)], weight)
    assert told.probability.mean() == pytest.approx(0.9, abs=0.02)


def test_a_vote_with_gold_is_predicted_without_its_own():
    rng = np.random.default_rng(5)
    right = (rng.random(300) < 0.5) * 1.0
    told = certainty(["a"] * 300, {}, right, [str(at) for at in range(300)])
    assert np.corrcoef(told.probability, right)[0, 1] < 0.05


def test_where_a_source_is_silent_the_rate_tells():
    rng = np.random.default_rng(6)
    label, chance, _, gold, item = voter(rng)
    silent = np.isnan(gold) & (rng.random(600) < 0.3)
    told = certainty(label, {"student": np.where(silent, np.nan, chance)}, gold, item)
    assert {told.source[at] for at in np.flatnonzero(silent)} == {"rate"}
    assert {told.source[at] for at in np.flatnonzero(~silent)} == {"student"}


def test_of_few_reviews_nothing_is_said():
    right = np.array([1.0] * (ENOUGH - 1) + [np.nan])
    told = certainty(["a"] * ENOUGH, {}, right, [str(at) for at in range(ENOUGH)])
    assert set(told.source) == {None}
    assert np.isnan(told.probability).all()


@pytest.mark.parametrize("right", [1.0, 0.0])
def test_of_a_voter_that_is_always_right_or_always_wrong_nothing_is_certain(right):
    rng = np.random.default_rng(8)
    gold = np.full(200, np.nan)
    gold[:100] = right
    items = [str(at) for at in range(200)]
    told = certainty(["a", "b"] * 100, {"stated": rng.random(200)}, gold, items)
    assert np.isfinite(told.probability).all()
    assert np.abs(told.probability - right).max() < 0.1
    assert ((told.probability > 0) & (told.probability < 1)).all()


def test_gold_of_one_class_alone_tells_of_the_others_what_it_tells_of_the_voter():
    label = ["seen"] * 100 + ["unseen"] * 50
    right = np.array([1.0, 1.0, 1.0, 0.0] * 25 + [np.nan] * 50)
    told = certainty(label, {}, right, [str(at) for at in range(150)])
    assert told.probability[:100].mean() == pytest.approx(0.75, abs=0.05)
    assert told.probability[100:] == pytest.approx(told.probability[-1])
    assert 0.5 < told.probability[-1] < 0.75


@pytest.mark.parametrize("known", [0, 1])
def test_of_one_review_or_none_nothing_is_said(known):
    right = np.array([1.0] * known + [np.nan] * 60)
    told = certainty(["a"] * len(right), {}, right, [str(at) for at in range(len(right))])
    assert set(told.source) == {None}
    assert certainty([], {}, np.array([]), []).source == []


def test_a_source_that_says_the_same_of_every_vote_does_not_hide_what_the_rate_tells():
    right = np.array([1.0, 0.0] * 60)
    told = certainty(["a"] * 120, {"stated": np.ones(120)}, right, [str(at) for at in range(120)])
    assert told.probability == pytest.approx(0.5, abs=0.1)
