import numpy as np
import pytest
from scipy.special import logit

from labeling.consensus.several.head import Head, Reading, _Parts
from labeling.consensus.several.verdict import Reviewed, judge
from tests.labeling.consensus.several.simulated import log_loss


def drawn(truth, n, share, seed=0):
    row = np.sort(np.random.default_rng(seed).choice(len(truth), n, replace=False))
    ones = np.ones((n, truth.shape[1]))
    return Reviewed(row, truth[row], ones > 0, ones, share[row])


def world(items=2000, k=4, seed=0, exclusive=False, noise=1.0):
    """Truth, a reading whose log odds are right up to noise, and shares of votes."""
    rng = np.random.default_rng(seed)
    truth = rng.random((items, k)) < 0.3
    if exclusive:
        truth = rng.integers(0, k, items)[:, None] == np.arange(k)
    sure = np.where(truth, 1.0, -1.0) + rng.normal(0, noise, truth.shape)
    base = 2 * sure / noise**2 + logit(truth.mean())
    share = np.clip(0.5 + sure / 6, 0, 1)
    return truth, Reading(base, np.stack([base, logit(np.clip(share, 0.05, 0.95))], axis=2)), share


def test_how_classes_go_together_is_used_where_gold_shows_that_it_helps():
    truth, said, share = world(exclusive=True, noise=1.5)
    verdict = judge(said, np.ones(truth.shape, bool), drawn(truth, 100, share), 0)
    assert verdict.head is not None
    assert verdict.head.together
    assert "go together" in verdict.why
    alone = Head().fit(said, truth, np.ones(truth.shape))
    assert log_loss(verdict.head.chance(said), truth) < log_loss(alone.chance(said), truth)


def test_independent_classes_are_rarely_taken_to_go_together():
    used = 0
    for seed in range(10):
        truth, said, share = world(800, seed=seed)
        verdict = judge(said, np.ones(truth.shape, bool), drawn(truth, 80, share, seed), 0)
        used += verdict.head is not None and verdict.head.together
    assert used <= 2


def test_a_class_in_which_the_majority_is_better_is_left_to_it():
    truth, said, share = world()
    said.base[:, 2] *= -1
    share[:] = np.random.default_rng(1).random(share.shape)
    share[:, 2] = np.where(truth[:, 2], 0.8, 0.2)
    opinions = np.zeros_like(said.opinions)
    gold = drawn(truth, 60, share)
    verdict = judge(Reading(said.base, opinions), np.ones(truth.shape, bool), gold, 0)
    assert verdict.majority.tolist() == [False, False, True, False]
    assert (verdict.given[:, 2] == gold.yes[:, 2]).all()


def test_the_majority_of_a_class_that_votes_rarely_add_up_to_is_judged_by_a_threshold_from_gold():
    truth, said, share = world()
    share[:] = np.where(truth, 0.38, 0.12)
    said.base[:, 2] *= -1
    gold = drawn(truth, 60, share)
    opinions = np.zeros_like(said.opinions)
    verdict = judge(Reading(said.base, opinions), np.ones(truth.shape, bool), gold, 0)
    assert verdict.majority[2]
    assert 0.12 < verdict.thresholds[2] < 0.38
    assert (verdict.given[:, 2] == gold.yes[:, 2]).all()


def test_fewer_than_ten_reviewed_items_correct_nothing():
    truth, said, share = world()
    verdict = judge(said, np.ones(truth.shape, bool), drawn(truth, 9, share), 0)
    assert verdict.head is None
    assert not verdict.majority.any()
    assert "too few" in verdict.why


def test_without_reviews_the_head_is_the_consensus():
    truth, said, _ = world(50)
    head = Head(together=True).fit(said, truth, np.zeros(truth.shape))
    assert head.chance(said) == pytest.approx(said.chance)


def test_slopes_of_the_head_are_its_derivatives():
    rng = np.random.default_rng(0)
    truth, said, _ = world(30)
    parts = _Parts(said.base, said.opinions, rng.normal(size=(30, 4, 2)), rng.normal(size=(30, 4)))
    at = rng.normal(0, 0.1, sum(part.size for part, _ in parts.blank()))

    def loss(at):
        odds = parts.odds(at)
        return float(np.sum(np.logaddexp(0, odds) - odds * truth))

    odds = parts.odds(at)
    found = parts.slopes(at, 1 / (1 + np.exp(-odds)) - truth)
    for j in range(len(at)):
        step = np.zeros(len(at))
        step[j] = 1e-6
        assert found[j] == pytest.approx((loss(at + step) - loss(at - step)) / 2e-6, abs=1e-3)
