"""Reviews that the peers' strategies need; run by the Python of bench/.peers/people.

Items are handed over as row numbers, so that a strategy that wants dense input gets the very same
sparse features through the classifier.
"""

import json
import sys
from pathlib import Path

import numpy as np
from loop import GOAL, campaign, reviews_needed
from modAL.uncertainty import entropy_sampling, margin_sampling, uncertainty_sampling
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import TypiClust, UncertaintySampling
from sklearn.base import BaseEstimator, ClassifierMixin

from tasks import SEEDS, SETS, Task, task

TYPICLUST_UP_TO = 200
"""Reviews after which the two-stage peer changes from TypiClust to margin."""


class Said(ClassifierMixin, BaseEstimator):
    """The classifier's probabilities of the pool, looked up by row number."""

    def __init__(self, proba=None, classes=None):
        self.proba = proba
        self.classes = classes

    def fit(self, X, y, sample_weight=None):  # noqa: ARG002
        self.classes_ = np.arange(self.proba.shape[1])
        return self

    def predict_proba(self, X):
        return self.proba[np.asarray(X)[:, 0].astype(int)]

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


def first_at_random(task: Task, labelled: np.ndarray, n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.permutation(np.setdiff1d(np.arange(len(task.y)), labelled))[:n]


def modal(query):
    def choose_for(task: Task):
        def choose(labelled, proba, n, seed):
            if proba is None:
                return first_at_random(task, labelled, n, seed)
            rest = np.setdiff1d(np.arange(len(task.y)), labelled)
            at = query(Said(proba).fit(None, None), rest[:, None], n_instances=n)
            return rest[np.ravel(at[0] if isinstance(at, tuple) else at)]

        return choose

    return choose_for


def skactiveml_margin(task: Task):
    def choose(labelled, proba, n, seed):
        if proba is None:
            return first_at_random(task, labelled, n, seed)
        y = np.full(len(task.y), np.nan)
        y[labelled] = task.y[labelled]
        rows = np.arange(len(task.y), dtype=float)[:, None]
        model = SklearnClassifier(Said(proba), classes=np.arange(proba.shape[1]))
        strategy = UncertaintySampling(method="margin_sampling", random_state=seed)
        return strategy.query(X=rows, y=y, clf=model, fit_clf=True, batch_size=n)

    return choose


def skactiveml_typiclust_then_margin(task: Task):
    margin = skactiveml_margin(task)

    def choose(labelled, proba, n, seed):
        if len(labelled) >= TYPICLUST_UP_TO:
            return margin(labelled, proba, n, seed)
        y = np.full(len(task.y), np.nan)
        y[labelled] = task.y[labelled]
        return TypiClust(random_state=seed).query(X=task.space, y=y, batch_size=n)

    return choose


PEERS = {
    "modAL uncertainty": modal(uncertainty_sampling),
    "modAL margin": modal(margin_sampling),
    "modAL entropy": modal(entropy_sampling),
    "scikit-activeml margin": skactiveml_margin,
    "scikit-activeml TypiClust, then margin": skactiveml_typiclust_then_margin,
}


def main() -> None:
    out = Path(sys.argv[1])
    found: dict[str, dict[str, list[float]]] = {}
    for name in SETS:
        for peer, choose_for in PEERS.items():
            needed = []
            for seed in SEEDS:
                here = task(name, seed)
                needed.append(reviews_needed(campaign(here, choose_for(here)), GOAL * here.full))
            found.setdefault(name, {})[peer] = needed
            print(name, peer, [round(n) for n in needed], flush=True)
            out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
