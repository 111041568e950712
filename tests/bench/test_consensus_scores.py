"""What chance alone does to a calibration error, and what is left without it."""

import numpy as np
import pytest

from bench.consensus.scores import (
    calibration_error,
    calibration_floor,
    debiased_calibration_error,
)


def posteriors(n_items: int, seed: int) -> np.ndarray:
    """Return posteriors over three classes, some of them tied."""
    posterior = np.random.default_rng(seed).dirichlet([3.0, 2.0, 1.0], n_items)
    posterior[::10] = [0.4, 0.4, 0.2]
    return posterior


def drawn_truth(posterior: np.ndarray, seed: int) -> np.ndarray:
    u = np.random.default_rng(seed).random((len(posterior), 1))
    return np.minimum((posterior.cumsum(axis=1) < u).sum(axis=1), posterior.shape[1] - 1)


def test_the_floor_is_the_mean_calibration_error_of_truths_drawn_from_the_posteriors() -> None:
    posterior = posteriors(400, 0)
    errors = [calibration_error(posterior, drawn_truth(posterior, seed)) for seed in range(300)]
    assert calibration_floor(posterior) == pytest.approx(np.mean(errors), abs=0.25)


def test_the_floor_falls_with_the_root_of_the_number_of_items() -> None:
    few, many = calibration_floor(posteriors(400, 1)), calibration_floor(posteriors(6_400, 1))
    assert few / many == pytest.approx(4.0, rel=0.15)


def test_of_true_posteriors_the_debiased_error_keeps_more_than_nothing_and_less_than_two_thirds_of_the_floor() -> (
    None
):
    posterior = posteriors(400, 2)
    left = [
        debiased_calibration_error(posterior, drawn_truth(posterior, seed)) for seed in range(200)
    ]
    assert 0 < np.mean(left) < calibration_floor(posterior) * 2 / 3


def test_an_error_far_above_the_floor_is_hardly_debiased() -> None:
    posterior = np.tile([0.9, 0.1], (500, 1)) + np.linspace(-0.05, 0.05, 500)[:, None] * [1, -1]
    gold = (np.arange(500) % 2 == 0).astype(int)
    seen = calibration_error(posterior, gold)
    assert seen == pytest.approx(40.0, abs=1)
    assert debiased_calibration_error(posterior, gold) == pytest.approx(seen, abs=0.2)
