"""What is believed of a class that nobody named, of an item that somebody spoke of."""

import numpy as np
import pytest

from labeling.consensus.several.silence import MOST, with_silence
from labeling.gold import Gold
from labeling.kinds.units import Units
from labeling.votes import Votes

N = 400


@pytest.fixture
def spoken():
    """Items of two classes; each class is found by a vote for it on three items in four that have it."""
    rng = np.random.default_rng(3)
    has = rng.random((N, 2)) < (0.4, 0.1)
    found = has & (rng.random((N, 2)) < 0.75)
    votes = Votes.from_matrix(np.where(found.reshape(-1, 1), 1, -1), n_classes=2)
    posterior = np.where(found.reshape(-1, 1), [0.05, 0.95], [0.5, 0.5])
    return has, found, votes, posterior


def test_silence_hints_that_a_class_does_not_apply_the_rarer_it_is_the_more(spoken):
    _, found, votes, posterior = spoken
    believed = with_silence(posterior, votes, Units.each(N, 2))[:, 1].reshape(N, 2)
    heard = found.any(axis=1)
    often, seldom = (np.unique(believed[heard & ~found[:, k], k]) for k in (0, 1))
    assert len(often) == len(seldom) == 1
    assert seldom[0] < often[0] <= MOST
    assert (believed[~heard] == 0.5).all()
    assert (believed[found] == 0.95).all()


def test_reviews_of_silent_units_say_how_often_silence_is_wrong(spoken):
    has, found, votes, posterior = spoken
    heard = found.any(axis=1)
    silent = np.flatnonzero((~found & heard[:, None]).reshape(-1))
    for wrong in (0.0, 0.8):
        label = (np.arange(len(silent)) < wrong * len(silent)).astype(np.int32)
        gold = Gold(silent, label, np.full(len(silent), 0.5))
        believed = with_silence(posterior, votes, Units.each(N, 2), gold)[silent, 1]
        assert believed.mean() == pytest.approx(wrong, abs=0.12)
    assert has.any()


def test_a_known_share_says_how_many_are_still_to_be_found(spoken):
    _, found, votes, posterior = spoken
    units = Units.each(N, 2)
    more = with_silence(posterior, votes, units, class_balance=np.array([0.5, 0.5]))[:, 1]
    less = with_silence(posterior, votes, units, class_balance=np.array([0.3, 0.05]))[:, 1]
    silent = (~found & found.any(axis=1, keepdims=True)).reshape(-1)
    assert (more[silent] >= less[silent]).all()
    assert more[silent].max() > 2 * less[silent].max()
