import numpy as np
import pytest
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.posterior import normalised
from labeling.consensus.ensemble.gold_head import GoldHead, Statement

TABLE = np.log([[0.8, 0.2], [0.2, 0.8], [0.7, 0.3], [0.3, 0.7]])
"""Two voters, two classes: probability of each event in each class."""


def reviewed(n, seed=0, sharp=1.0):
    """What two voters say of ``n`` items; the log posterior is ``sharp`` times too sure."""
    rng = np.random.default_rng(seed)
    said = rng.integers(0, 2, (n, 2))
    column = said + 2 * np.arange(2)
    indptr = np.arange(0, 2 * n + 1, 2)
    fired = sparse.csr_array((np.ones(2 * n), column.ravel(), indptr), shape=(n, 4))
    base = np.asarray(fired @ TABLE)
    label = (rng.random(n) < normalised(base)[:, 1]).astype(np.int32)
    opinions = np.asarray(fired @ TABLE)[:, :, None]
    return Statement(sharp * base, opinions, fired), label


def fitted(said, label, weight=None):
    return GoldHead(Events(2, 2), TABLE).fit(
        said, label, np.ones(len(label)) if weight is None else weight
    )


def test_without_gold_worth_speaking_of_it_is_the_consensus():
    said, label = reviewed(1)
    found = normalised(fitted(said, label).logit(said))
    assert found == pytest.approx(normalised(said.base), abs=0.12)


def test_an_overconfident_consensus_is_sobered():
    said, label = reviewed(3000, sharp=3.0)
    found = normalised(fitted(said, label).logit(said))
    assert found == pytest.approx(normalised(said.base / 3), abs=0.04)


def test_a_right_consensus_is_left_alone():
    said, label = reviewed(4000)
    found = normalised(fitted(said, label).logit(said))
    assert found == pytest.approx(normalised(said.base), abs=0.05)


def test_a_member_that_knows_better_is_listened_to():
    said, label = reviewed(2000)
    rng = np.random.default_rng(1)
    right = np.where(rng.random(2000) < 0.95, label, 1 - label)
    knows = np.log(np.where(right[:, None] == np.arange(2), 0.95, 0.05))[:, :, None]
    better = Statement(said.base, knows, said.fired)
    head = fitted(better, label)
    assert head.member_[0] > 0.5
    found = normalised(head.logit(better)).argmax(axis=1)
    assert np.mean(found == label) > np.mean(said.base.argmax(axis=1) == label) + 0.1


def test_reviews_count_by_the_inverse_of_their_probability():
    said, label = reviewed(400)
    twice = np.concatenate([np.arange(400), np.flatnonzero(label == 1)])
    a = fitted(said, label, np.where(label == 1, 2.0, 1.0))
    b = fitted(said.rows(twice), label[twice])
    assert a.bias_[1] > 0.1
    assert a.bias_ == pytest.approx(b.bias_, abs=0.05)
