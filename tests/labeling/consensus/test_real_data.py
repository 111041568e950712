"""Recorded votes with gold: never embarrassing, on any of them."""

import numpy as np
import pytest

from bench.consensus import sets
from bench.consensus.scores import accuracy
from labeling.consensus.label_model import LabelModel
from labeling.consensus.majority import Majority
from labeling.gold import Gold

pytestmark = pytest.mark.skipif(not sets.DATA.is_dir(), reason=f"{sets.DATA} is not here")

WORSE = -0.5
"""Points that the model may lie under the majority on any one set."""


def gains(name, n_gold=0):
    one = sets.load(name)
    gold, given = None, None
    if n_gold:
        given = one.draw_gold(n_gold, seed=0)
        chance = np.full(n_gold, n_gold / one.pool_size())
        gold = Gold(given, one.gold[given].astype(np.int32), chance)
    at = one.scored(given)
    k = one.votes.n_classes
    ours = LabelModel(k).fit(one.votes, gold).predict_proba(one.votes)[at]
    plain = Majority(k).fit(one.votes).predict_proba(one.votes)[at]
    return accuracy(ours, one.gold[at]) - accuracy(plain, one.gold[at])


@pytest.mark.parametrize("name", sets.EVERY)
def test_it_is_never_worse_than_majority(name):
    assert gains(name) >= WORSE


def test_it_gains_what_it_should_without_gold():
    assert np.mean([gains(name) for name in sets.EVERY]) >= 4.0
    assert np.mean([gains(name) for name in sets.RULES + sets.MODELS]) >= 2.5


def test_it_gains_what_it_should_with_fifty_gold():
    assert np.mean([gains(name, 50) for name in sets.EVERY]) >= 4.0


def test_youtube_is_as_good_as_measured_before():
    one = sets.load("wrench_youtube")
    found = LabelModel(2).fit(one.votes).predict_proba(one.votes)
    at = one.scored()
    assert accuracy(found[at], one.gold[at]) == pytest.approx(87.1, abs=1.0)
