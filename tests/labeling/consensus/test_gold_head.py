import numpy as np
import pytest
from scipy import sparse

from labeling.consensus.events import Events
from labeling.consensus.gold_head import GoldHead
from labeling.consensus.linear import Terms
from labeling.consensus.posterior import normalised


def terms(n, seed=0, sharp=1.0):
    """Two voters, two classes; the log posterior is ``sharp`` times too sure."""
    rng = np.random.default_rng(seed)
    said = rng.integers(0, 2, (n, 2))
    column = said + 2 * np.arange(2)
    indptr = np.arange(0, 2 * n + 1, 2)
    fired = sparse.csr_array((np.ones(2 * n), column.ravel(), indptr), shape=(n, 4))
    table = np.log([[0.8, 0.2], [0.2, 0.8], [0.7, 0.3], [0.3, 0.7]])
    truth = Terms(np.zeros((n, 2)), fired, table)
    label = (rng.random(n) < normalised(truth.logit())[:, 1]).astype(np.int32)
    return Terms(np.zeros((n, 2)), fired, sharp * table), label


def test_without_gold_worth_speaking_of_it_is_the_label_model():
    given, label = terms(1)
    head = GoldHead(Events(2, 2)).fit(given, label, np.ones(1))
    assert normalised(head.logit(given)) == pytest.approx(normalised(given.logit()), abs=0.12)


def test_an_overconfident_model_is_sobered():
    given, label = terms(2000, sharp=3.0)
    head = GoldHead(Events(2, 2)).fit(given, label, np.ones(2000))
    assert head.scale_ * head.voter_.mean() == pytest.approx(1 / 3, abs=0.07)


def test_a_right_model_is_left_alone():
    given, label = terms(4000)
    head = GoldHead(Events(2, 2)).fit(given, label, np.ones(4000))
    assert normalised(head.logit(given)) == pytest.approx(normalised(given.logit()), abs=0.05)


def test_reviews_count_by_the_inverse_of_their_probability():
    given, label = terms(400)
    twice = np.concatenate([np.arange(400), np.flatnonzero(label == 1)])
    doubled = Terms(given.base[twice], given.weight[twice], given.log_theta)
    a = GoldHead(Events(2, 2)).fit(given, label, np.where(label == 1, 2.0, 1.0))
    b = GoldHead(Events(2, 2)).fit(doubled, label[twice], np.ones(len(twice)))
    assert a.bias_[1] > 0.1
    assert a.bias_ == pytest.approx(b.bias_, abs=0.05)
