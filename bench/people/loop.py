"""One simulated review campaign: choose, label, train, test; until 95 % of full-data accuracy.

Shared by our strategies and the peers', so that everything but the choice is the same.
"""

import warnings
from collections.abc import Callable

import numpy as np

from tasks import Task, classifier

warnings.filterwarnings("ignore", message="The number of unique classes")

BATCH, MANY, BIG_BATCH = 50, 1_000, 250
"""Batches of 50 up to 1,000 reviews; a task that has not got there goes on in batches of 250."""

GOAL = 0.95
Choose = Callable[[np.ndarray, np.ndarray | None, int, int], np.ndarray]
"""(labelled so far, probabilities of the pool or None, how many, seed) -> item indices."""
Curve = list[tuple[int, float]]


def fit(task: Task, rows: np.ndarray) -> tuple[np.ndarray, float]:
    """Return probabilities of the pool, shape (n, K), and accuracy on the test set."""
    x, y = task.pool[rows], task.y[rows]
    n_classes = int(task.y.max()) + 1
    proba = np.zeros((len(task.y), n_classes))
    if len(np.unique(y)) == 1:
        proba[:, y[0]] = 1.0
        return proba, float(np.mean(task.y_test == y[0]))
    # Columns that no labelled row shows keep a coefficient of 0: half the time without them.
    seen = np.flatnonzero(np.bincount(x.indices, minlength=x.shape[1]))
    model = classifier().fit(x[:, seen], y)
    proba[:, model.classes_] = model.predict_proba(task.pool[:, seen])
    return proba, float(model.score(task.test[:, seen], task.y_test))


def campaign(task: Task, choose: Choose) -> Curve:
    """Review until the goal, or until nothing is left."""
    labelled, proba, curve = np.empty(0, dtype=np.int64), None, []
    while len(labelled) < len(task.y):
        n = BATCH if len(labelled) < MANY else BIG_BATCH
        seed = 1_000 * task.seed + len(labelled)
        chosen = choose(labelled, proba, min(n, len(task.y) - len(labelled)), seed)
        if not len(chosen):
            break
        labelled = np.concatenate([labelled, chosen])
        proba, accuracy = fit(task, labelled)
        curve.append((len(labelled), accuracy))
        if accuracy >= GOAL * task.full:
            break
    return curve


def reviews_needed(curve: Curve, goal: float) -> float:
    """Return where the curve first passes the goal, between two batches by a straight line."""
    before_n, before = 0, 0.0
    for n, accuracy in curve:
        if accuracy >= goal:
            if not curve.index((n, accuracy)):
                return float(n)
            return before_n + (n - before_n) * (goal - before) / (accuracy - before)
        before_n, before = n, accuracy
    return float("inf")
