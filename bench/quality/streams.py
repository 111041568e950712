"""Streams of reviewed labels, healthy and broken, for every detector alike."""

import numpy as np
from numpy.typing import NDArray

BATCHES, REVIEWS, ITEMS, SERIES = 52, 50, 1000, 12
ACCURACY = 0.92


def healthy_batch(rng: np.random.Generator, runs: int) -> NDArray[np.int8]:
    """Draw reviews of batches whose accuracy is exactly the promise; shape (runs, REVIEWS)."""
    order = rng.random((runs, ITEMS)).argpartition(REVIEWS, axis=1)[:, :REVIEWS]
    return rng.permuted((order < round(ITEMS * (1 - ACCURACY))).astype(np.int8), axis=1)


def healthy_years(seed: int, years: int) -> NDArray[np.int8]:
    """Return errors of shape (years * SERIES, BATCHES, REVIEWS)."""
    rng = np.random.default_rng(seed)
    runs = years * SERIES
    return np.stack([healthy_batch(rng, runs) for _ in range(BATCHES)], axis=1)


def falling(seed: int, runs: int, drop: float, before: int, after: int) -> NDArray[np.int8]:
    """Return errors of shape (runs, before + after, REVIEWS); accuracy falls after ``before``."""
    rng = np.random.default_rng(seed)
    rate = np.r_[np.full(before, 1 - ACCURACY), np.full(after, 1 - ACCURACY + drop)]
    return (rng.random((runs, before + after, REVIEWS)) < rate[None, :, None]).astype(np.int8)
