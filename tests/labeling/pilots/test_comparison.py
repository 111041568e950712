"""Candidates compared: bounds hold whenever one looks, and nothing that is no better is promoted."""

import numpy as np
import pytest

from labeling.pilots.bounds import bounds_of
from labeling.pilots.by_class import by_class
from labeling.pilots.drawing import FLOOR, chances, least_chance, shares
from labeling.pilots.trial import NO_ANSWER, NOT_ASKED, UNKNOWN, Trial
from labeling.pilots.verdict import Say, compare

ROUND, REVIEWS = 25, 150


def world(rng, accuracies, n=2000, alike=0.5, classes=3):
    """Gold and answers of candidates whose mistakes go together, each with exactly its accuracy."""
    gold = rng.integers(0, classes, n)
    hard = rng.random(n)
    answers = np.tile(gold[:, None], len(accuracies))
    for column, accuracy in enumerate(accuracies):
        doubt = alike * hard + (1 - alike) * rng.random(n)
        wrong = np.argsort(-doubt)[: round((1 - accuracy) * n)]
        answers[wrong, column] = (gold[wrong] + rng.integers(1, classes, len(wrong))) % classes
    return gold, answers


def pilot(rng, gold, answers, incumbent=None, looks=None, reviews=REVIEWS):
    """Run a pilot in rounds; return what it told at the end and at each look."""
    n, k = answers.shape
    order = iter(rng.permutation(n))
    met, chosen, chance, share = [], [], [], []
    remaining, told = np.ones(k, bool), []
    while sum(chosen) < reviews:
        weight = shares(trial_of(met, chosen, chance, share, gold, k), remaining, incumbent)
        before = sum(chosen)
        while sum(chosen) < before + ROUND:
            item = next(order)
            row = np.where(remaining, answers[item], NOT_ASKED)
            met.append((item, row))
            chance.append(float(chances(row[None], weight)[0]))
            share.append(weight)
            chosen.append(bool(rng.random() < chance[-1]))
        told.append(compare(trial_of(met, chosen, chance, share, gold, k), incumbent))
        remaining = told[-1].remaining
        if told[-1].verdict.say is not Say.GO_ON and looks is None:
            break
    return told


def trial_of(met, chosen, chance, share, gold, k):
    items = np.array([item for item, _ in met], dtype=int)
    rows = np.array([row for _, row in met], dtype=int).reshape(-1, k)
    asked = np.array(chosen, dtype=bool)
    return Trial(
        rows,
        np.where(asked, gold[items], UNKNOWN),
        np.array(chance),
        asked,
        np.array(share).reshape(-1, k),
    )


def test_no_bound_of_a_mean_fails_at_any_moment_more_often_than_told():
    rng = np.random.default_rng(1)
    x = (rng.random((300, 300)) < 0.3) / 1.0
    wrong = np.zeros(300, bool)
    for n in range(20, 301, 20):
        found = bounds_of(x[:n], np.ones((n, 300), bool), 0.0, 1.0, 0.1, (0.0, 1.0))
        wrong |= (found.low > 0.3) | (found.high < 0.3)
    assert 0.0 < wrong.mean() < 0.1


def test_bounds_draw_together_around_the_mean():
    x = np.tile([1.0, 0.0, 1.0, 1.0], 100)[:, None]
    widths = []
    for n in (20, 100, 400):
        found = bounds_of(x[:n], np.ones((n, 1), bool), 0.0, 1.0, 0.05, (0.0, 1.0))
        assert found.low[0] <= found.value[0] <= found.high[0]
        widths.append(found.high[0] - found.low[0])
    assert widths[0] > widths[1] > widths[2] > 0.05


def test_bounds_of_a_difference_turn_with_its_sign():
    rng = np.random.default_rng(2)
    x = rng.choice([-1.0, 0.0, 1.0], (200, 5))
    one = bounds_of(x, np.ones(x.shape, bool), -1.0, 1.0, 0.05, (-1.0, 1.0))
    other = bounds_of(-x, np.ones(x.shape, bool), -1.0, 1.0, 0.05, (-1.0, 1.0))
    assert one.low == pytest.approx(-other.high)
    assert one.high == pytest.approx(-other.low)


def test_what_is_no_better_than_the_incumbent_is_hardly_ever_promoted():
    promoted = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        gold, answers = world(rng, [0.8] * 6)
        promoted += any(told.verdict.say is Say.PROMOTE for told in pilot(rng, gold, answers, 0))
    assert promoted <= 4


def test_what_is_much_better_is_promoted():
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        gold, answers = world(rng, [0.6, 0.85, 0.6])
        last = pilot(rng, gold, answers, 0)[-1]
        found.append((last.verdict.say, last.verdict.best))
    assert found.count((Say.PROMOTE, 1)) >= 18


def test_accuracy_is_told_without_bias_where_items_are_asked_with_different_chances():
    told = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        gold, answers = world(rng, [0.8, 0.78, 0.5])
        told.append(pilot(rng, gold, answers, looks=True)[-1].accuracy)
    value = np.array([one.value for one in told])
    assert value[:, 0].mean() == pytest.approx(0.8, abs=0.02)
    assert all(one.low[0] <= 0.8 <= one.high[0] for one in told)


def test_who_is_far_behind_is_out_of_the_running_and_asked_no_more():
    rng = np.random.default_rng(3)
    gold, answers = world(rng, [0.9, 0.88, 0.3])
    last = pilot(rng, gold, answers, looks=True)[-1]
    assert last.remaining.tolist() == [True, True, False]
    assert last.items[2] < last.items[0]


def test_items_on_which_rivals_differ_are_asked_about_and_those_of_one_mind_seldom():
    answers = np.array([[0, 0, 0], [0, 1, 0], [0, 0, NOT_ASKED], [NO_ANSWER, 0, 0]])
    assert chances(answers, np.ones(3)).tolist() == pytest.approx([FLOOR, 8 / 9, FLOOR, 8 / 9])


def test_no_item_on_which_two_differ_has_a_smaller_chance_than_their_shares_promise():
    rng = np.random.default_rng(5)
    share = rng.dirichlet(np.full(4, 0.5), 500)
    answers = rng.integers(NO_ANSWER, 3, (500, 4))
    for weighed, row in zip(share, answers, strict=True):
        chance = chances(row[None], weighed)[0]
        for other in np.flatnonzero(row != row[0]):
            assert chance >= least_chance(weighed[0], weighed[other]) - 1e-9


def test_an_incumbent_weighs_as_much_as_all_others():
    trial = trial_of([], [], [], [], np.zeros(0, int), 3)
    assert shares(trial, np.ones(3, bool), 1).tolist() == [0.25, 0.5, 0.25]
    assert shares(trial, np.array([False, True, False]), 1).tolist() == [0.25, 0.5, 0.25]
    alone = trial_of([], [], [], [], np.zeros(0, int), 1)
    assert shares(alone, np.ones(1, bool), 0).tolist() == [1.0]


def test_where_nobody_rivals_people_are_asked_about_every_item():
    assert chances(np.zeros((2, 3), int), np.array([1.0, 0.0, 0.0])).tolist() == [1.0, 1.0]


def test_no_answer_counts_as_wrong_and_what_people_left_open_tells_nothing():
    answers = np.array([[NO_ANSWER, 0], [0, 0], [1, 1]])
    gold = np.array([0, 0, UNKNOWN])
    trial = Trial(answers, gold, np.ones(3), np.ones(3, bool), np.zeros((3, 2)))
    told = compare(trial)
    assert told.accuracy.value.tolist() == [0.5, 1.0]
    assert told.items.tolist() == [2, 2]


def test_a_candidate_that_came_later_is_held_against_others_on_what_both_saw():
    answers = np.array([[0, NOT_ASKED]] * 40 + [[1, 0]] * 10)
    trial = Trial(answers, np.zeros(50, int), np.ones(50), np.ones(50, bool), np.zeros((50, 2)))
    told = compare(trial, incumbent=0)
    assert told.ahead.value[1] == 1.0
    assert told.items.tolist() == [50, 10]


def test_with_nothing_reviewed_nothing_is_known():
    trial = Trial(
        np.zeros((0, 3), int), np.zeros(0, int), np.zeros(0), np.zeros(0, bool), np.zeros((0, 3))
    )
    told = compare(trial)
    assert (told.accuracy.low.tolist(), told.accuracy.high.tolist()) == ([0.0] * 3, [1.0] * 3)
    assert (told.verdict.say, told.verdict.more) == (Say.GO_ON, None)
    assert told.remaining.all()


def test_one_candidate_alone_is_measured_and_needs_no_rival():
    trial = Trial(
        np.zeros((30, 1), int), np.zeros(30, int), np.ones(30), np.ones(30, bool), np.zeros((30, 1))
    )
    told = compare(trial)
    assert told.verdict.say is Say.PROMOTE
    assert 0.4 < told.accuracy.low[0] < told.accuracy.high[0] == 1.0


def test_how_many_reviews_would_tell_is_about_right():
    """What is forecast after 150 reviews is within a factor of three of what it takes, on the median."""
    ratios = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        gold, answers = world(rng, [0.76, 0.8], n=4000, alike=0.7)
        told = pilot(rng, gold, answers, 0, reviews=1200)
        rounds = len(told)
        if rounds > REVIEWS // ROUND:
            forecast = REVIEWS + told[REVIEWS // ROUND - 1].verdict.more
            ratios.append(forecast / (ROUND * rounds))
    assert len(ratios) >= 4
    assert 1 / 3 < np.median(ratios) < 3


def test_figures_of_a_class_hold_whenever_one_looks_and_lean_to_no_side():
    rng = np.random.default_rng(8)
    held, errors, runs = 0, [], 60
    for _ in range(runs):
        gold, answers = world(rng, [0.9, 0.8, 0.6])
        looks: list = []
        trial = None
        for _ in range(6):
            trial, looks = more_of(rng, gold, answers, trial, looks)
        of_class = gold == 1
        called = answers == 1
        right = (of_class[:, None] & called).sum(axis=0)
        truth = {"recall": right / of_class.sum(), "precision": right / called.sum(axis=0)}
        held += all(
            (getattr(told, figure).low <= truth[figure] + 1e-9).all()
            and (getattr(told, figure).high >= truth[figure] - 1e-9).all()
            for told in looks
            for figure in truth
        )
        errors.append([getattr(looks[-1], f).value - truth[f] for f in truth])
    assert held >= 0.8 * runs  # six bounds at 95 % each, at six moments
    assert np.abs(np.mean(errors, axis=0)).max() < 0.03


def more_of(rng, gold, answers, trial, looks):
    """Meet 40 more items, people asked oftener where candidates differ, and look at class 1."""
    items = rng.integers(0, len(gold), 40)
    chance = chances(answers[items], np.full(answers.shape[1], 1 / answers.shape[1]))
    chosen = rng.random(40) < chance
    new = Trial(
        answers[items],
        np.where(chosen, gold[items], UNKNOWN),
        chance,
        chosen,
        np.full((40, answers.shape[1]), 1 / answers.shape[1]),
    )
    if trial is not None:
        new = Trial(
            *(
                np.concatenate([getattr(trial, of), getattr(new, of)])
                for of in ("answers", "gold", "probability", "chosen", "share")
            )
        )
    told = by_class(new, new.gold == 1, new.answers == 1)
    return new, [*looks, told]


def test_a_class_of_which_nothing_was_reviewed_is_bounded_by_nothing():
    gold = np.zeros(20, dtype=np.int64)
    trial = Trial(gold[:, None], gold, np.ones(20), np.ones(20, bool), np.ones((20, 1)))
    told = by_class(trial, gold == 1, trial.answers == 1)
    assert (told.named[0], told.recall.low[0], told.recall.high[0]) == (0, 0.0, 1.0)


def test_who_was_proven_worse_stays_out_when_a_newcomer_leads():
    rng = np.random.default_rng(4)
    gold, answers = world(rng, [0.95, 0.5, 1.0], 300)
    answers[:290, 2] = NOT_ASKED
    every = np.ones(300)
    told = compare(Trial(answers, gold, every, every > 0, np.full((300, 3), 1 / 3)))
    assert told.against == 2
    assert told.remaining.tolist() == [True, False, True]
