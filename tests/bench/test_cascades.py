"""BARGAIN's rule, as written for the comparison, keeps its own promise: agreement with the dear model."""

import numpy as np
import pytest

from bench.cascades.bargain import bargain, shown_at


@pytest.mark.parametrize("target", [0.8, 0.9])
def test_agreement_falls_below_the_target_in_at_most_the_promised_share(target):
    missed, asked = 0, []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        score = rng.beta(4, 1.5, 2_000)
        agrees = rng.random(2_000) < score
        dear = bargain(score, agrees, target, 0.1, rng)
        missed += np.where(dear, True, agrees).mean() < target
        asked.append(dear.mean())
    assert missed <= 45
    assert np.mean(asked) < 0.9


def test_a_cheap_model_that_always_agrees_is_hardly_checked():
    rng = np.random.default_rng(0)
    asked = bargain(rng.random(5_000), np.ones(5_000, bool), 0.9, 0.1, rng)
    assert asked.mean() < 0.05


def test_betting_shows_a_mean_only_where_it_is_greater():
    shown = [
        shown_at((np.random.default_rng(s).random(400) < 0.7).astype(float), 0.7, 0.1, 10**9)[-1]
        for s in range(400)
    ]
    assert np.mean(shown) <= 0.1 + 0.045
    assert shown_at((np.random.default_rng(1).random(400) < 0.9).astype(float), 0.7, 0.1, 10**9)[-1]
