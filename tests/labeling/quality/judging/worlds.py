"""Panels of simulated people and models, each right as often as is said."""

import numpy as np

from labeling.quality.judging.panel import Panel


def panel_of(rng, n_items, people, models, n_classes=4, gaps=0.0):
    truth = rng.integers(n_classes, size=n_items)

    def said(rates):
        right = rng.random((n_items, len(rates))) < np.array(rates)
        other = (truth[:, None] + rng.integers(1, n_classes, size=right.shape)) % n_classes
        answer = np.where(right, truth[:, None], other)
        return np.where(rng.random(right.shape) < gaps, -1, answer).astype(np.int32)

    classes = [frozenset([f"class {k}"]) for k in range(n_classes)]
    names = [f"person {j}" for j in range(len(people))], [f"model {j}" for j in range(len(models))]
    return Panel(said(people), said(models), *names, classes)
