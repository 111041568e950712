"""Recorded votes with gold: never embarrassing, on any of them."""

from functools import cache

import numpy as np
import pytest

from bench.consensus import sets
from bench.consensus.scores import accuracy
from labeling.consensus.label_model import LabelModel
from labeling.consensus.models.majority import Majority
from labeling.gold import Gold

pytestmark = pytest.mark.skipif(not sets.DATA.is_dir(), reason=f"{sets.DATA} is not here")

WORSE = -0.5
"""Points that the model may lie under the majority on any one set."""


def every() -> list[str]:
    if not sets.DATA.is_dir():
        return []
    found = []
    for path in sets.discover(sets.DATA):
        try:
            sets.load_folder(path)
        except sets.NotVotesError:
            continue
        found.append(path.name)
    return found


NAMES = every()


@cache
def gain(name, n_gold=0):
    one = sets.load(name)
    gold, given = None, None
    if n_gold:
        given = one.draw_gold(n_gold, seed=0)
        chance = np.full(n_gold, n_gold / len(one.pool()))
        gold = Gold(given, one.gold[given].astype(np.int32), chance)
    at = one.scored(given)
    k = one.votes.n_classes
    ours = LabelModel(k).fit(one.votes, gold).predict_proba(one.votes)[at]
    plain = Majority(k).fit(one.votes).predict_proba(one.votes)[at]
    return accuracy(ours, one.gold[at]) - accuracy(plain, one.gold[at])


def gains(kind=None, n_gold=0):
    some = [name for name in NAMES if kind is None or sets.load(name).kind == kind]
    return np.array([gain(name, n_gold) for name in some])


@pytest.mark.parametrize("name", NAMES)
def test_it_is_never_worse_than_majority(name):
    assert gain(name) >= WORSE


def test_every_kind_of_panel_gains_without_gold():
    assert gains().mean() >= 2.5
    assert gains(sets.RULES).mean() >= 0.8
    assert gains(sets.PEOPLE).mean() >= 2.5
    assert gains(sets.MODELS).mean() >= 2.5


def test_fifty_reviews_gain_more_and_hurt_nowhere():
    found = gains(n_gold=50)
    assert found.mean() >= 4.0
    assert np.sum(found < WORSE) <= 1


def test_youtube_is_as_good_as_measured_before():
    one = sets.load("wrench_youtube")
    found = LabelModel(2).fit(one.votes).predict_proba(one.votes)
    at = one.scored()
    assert accuracy(found[at], one.gold[at]) == pytest.approx(86.0, abs=1.0)
