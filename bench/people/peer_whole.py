"""The peers' ways of spending reviews; run by the Python of ``bench/.peers/whole``.

``peer_whole.py PROBLEM.npz SEED MOST WAY ...`` prints one JSON line a way: reviews to accuracy of the
published labels. A reviewed item is published with its review, whatever the way.
"""

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from cleanlab.multiannotator import (
    get_active_learning_scores,
    get_label_quality_multiannotator,
    get_majority_vote_label,
)
from scipy import sparse
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import TypiClust, UncertaintySampling
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

BATCH = 50
FOLDS = 5
TYPICLUST_UP_TO = 200
"""Reviews after which scikit-activeml changes from TypiClust to margin, as in ``peers.py``."""

Step = tuple[np.ndarray, np.ndarray]
"""Published labels, and what to review next."""


@dataclass
class Problem:
    """Features (n, d), votes (n, m) with -1 for silence, gold (n,), Snorkel's posterior (n, K)."""

    x: sparse.csr_matrix
    votes: np.ndarray
    gold: np.ndarray
    snorkel: np.ndarray
    n_classes: int

    @property
    def spoken(self) -> np.ndarray:
        """Where a voter spoke."""
        return (self.votes >= 0).any(axis=1)


Classifier = LogisticRegression | int


def learnt(
    here: Problem, rows: np.ndarray, label: np.ndarray, c: float, before: Classifier = -1
) -> Classifier:
    """Fit the classifier to hard labels of some rows; the class itself where there is but one.

    The search starts from the classifier ``before`` where that knew the same classes: the same
    optimum, sooner.
    """
    classes = np.unique(label)
    if len(classes) == 1:
        return int(label[0])
    if isinstance(before, LogisticRegression) and np.array_equal(before.classes_, classes):
        return before.fit(here.x[rows], label)
    return LogisticRegression(C=c, max_iter=200, tol=1e-3, warm_start=True).fit(here.x[rows], label)


def said(model: Classifier, x: sparse.csr_matrix, n_classes: int) -> np.ndarray:
    """Return probabilities of shape (n, K), 0 for classes that were not seen."""
    proba = np.zeros((x.shape[0], n_classes))
    if isinstance(model, int):
        proba[:, model] = 1.0
    else:
        proba[:, model.classes_] = model.predict_proba(x)
    return proba


def snorkel(c: float) -> Callable[[Problem, int], Callable[[np.ndarray], Step]]:
    """Snorkel's label model, then logistic regression on its labels and on random reviews."""

    def start(here: Problem, seed: int) -> Callable[[np.ndarray], Step]:
        order = np.random.default_rng(seed).permutation(len(here.gold))
        model: Classifier = -1

        def step(known: np.ndarray) -> Step:
            nonlocal model
            label = np.where(known, here.gold, here.snorkel.argmax(axis=1))
            rows = np.flatnonzero(known | here.spoken)
            model = learnt(here, rows, label[rows], c, model)
            return said(model, here.x, here.n_classes).argmax(axis=1), order[~known[order]]

        return step

    return start


def crowdlab(here: Problem, seed: int) -> Callable[[np.ndarray], Step]:
    """cleanlab: voters and the reviewer are annotators; ActiveLab says what to review next.

    As its ActiveLab guide has it: majority labels, ties by the classifier of the round before;
    probabilities by cross-validation; CROWDLAB's consensus. Items without a vote get the
    classifier's label. Learning from the consensus of the round before instead made it worse.
    """
    fold = np.random.default_rng(seed).permutation(len(here.gold)) % FOLDS
    own = np.where(here.votes >= 0, here.votes, np.nan).astype(float)
    models: list[Classifier] = [-1] * FOLDS
    proba: np.ndarray | None = None

    def cross_fitted(rows: np.ndarray, label: np.ndarray) -> np.ndarray:
        proba = np.zeros((len(here.gold), here.n_classes))
        for part in range(FOLDS):
            seen, unseen = rows[fold[rows] != part], np.flatnonzero(fold == part)
            models[part] = learnt(here, seen, label[seen], C_NOISY, models[part])
            proba[unseen] = said(models[part], here.x[unseen], here.n_classes)
        # cleanlab takes logarithms
        return (proba + 1e-6) / (1 + here.n_classes * 1e-6)

    def step(known: np.ndarray) -> Step:
        nonlocal proba
        reviewer = np.where(known, here.gold, np.nan)
        annotators = np.column_stack([own, reviewer]) if known.any() else own
        rows, silent = np.flatnonzero(here.spoken | known), np.flatnonzero(~here.spoken & ~known)
        given, label = annotators[rows], np.full(len(here.gold), -1)
        label[rows] = get_majority_vote_label(
            given, None if proba is None else proba[rows], verbose=False
        )
        label[known] = here.gold[known]
        proba = cross_fitted(rows, label)
        # CROWDLAB wants an item with two annotators; ActiveLab does without
        if (np.sum(~np.isnan(given), axis=1) > 1).any():
            label[rows] = consensus(given, proba[rows])
        label[silent] = proba[silent].argmax(axis=1)
        score = np.empty(len(label))
        score[rows], score[silent] = get_active_learning_scores(
            given, proba[rows], proba[silent] if len(silent) else None
        )
        order = np.argsort(score, kind="stable")
        return label, order[~known[order]]

    return step


def consensus(given: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """Return CROWDLAB's labels."""
    quality = get_label_quality_multiannotator(
        given,
        proba,
        calibrate_probs=True,
        return_detailed_quality=False,
        return_annotator_stats=False,
        verbose=False,
    )
    return quality["label_quality"]["consensus_label"].to_numpy()


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


def active(here: Problem, seed: int) -> Callable[[np.ndarray], Step]:
    """scikit-activeml: TypiClust for the cold start, then margin; it learns from reviews alone."""
    size = min(100, min(here.x.shape) - 1)
    space = normalize(TruncatedSVD(size, random_state=0).fit_transform(here.x))

    def step(known: np.ndarray) -> Step:
        rows, y = np.flatnonzero(known), np.where(known, here.gold, np.nan)
        n = min(BATCH, int((~known).sum()))
        label = np.full(len(y), -1)
        if len(rows):
            proba = said(learnt(here, rows, here.gold[rows], C_CLEAN), here.x, here.n_classes)
            label = proba.argmax(axis=1)
        if n == 0:
            return label, rows[:0]
        if len(rows) < TYPICLUST_UP_TO:
            return label, TypiClust(random_state=seed).query(X=space, y=y, batch_size=n)
        model = SklearnClassifier(Said(proba), classes=np.arange(here.n_classes))
        strategy = UncertaintySampling(method="margin_sampling", random_state=seed)
        at = np.arange(len(y), dtype=float)[:, None]
        return label, strategy.query(X=at, y=y, clf=model, fit_clf=True, batch_size=n)

    return step


C_CLEAN, C_NOISY = 10.0, 1.0
"""Inverse penalty on reviews (as in ``tasks.py``), and on labels of rules (scikit-learn's default)."""

WAYS = {
    "Snorkel + logistic regression": snorkel(C_NOISY),
    "Snorkel + logistic regression, C=10": snorkel(C_CLEAN),
    "CROWDLAB + ActiveLab": crowdlab,
    "scikit-activeml": active,
}


def campaign(
    here: Problem,
    start: Callable[[Problem, int], Callable[[np.ndarray], Step]],
    seed: int,
    most: int,
) -> Iterator[tuple[int, float]]:
    """Yield accuracy in percent of the published labels after every batch of reviews."""
    known = np.zeros(len(here.gold), dtype=bool)
    step = start(here, seed)
    while True:
        label, then = step(known)
        right = np.where(known, 1.0, label == here.gold)
        # who knows nothing at all guesses
        right = np.where(~known & (label < 0), 1 / here.n_classes, right)
        yield int(known.sum()), 100 * float(right.mean())
        if known.sum() >= min(most, len(known)):
            return
        known[then[:BATCH]] = True


def main() -> None:
    """Run the ways that are asked for on one set."""
    warnings.simplefilter("ignore")
    with np.load(sys.argv[1]) as file:
        x = sparse.csr_matrix(
            (file["data"], file["indices"], file["indptr"]), shape=tuple(file["shape"])
        )
        here = Problem(x, file["votes"], file["gold"], file["snorkel"], int(file["n_classes"]))
    for way in sys.argv[4:]:
        curve = dict(campaign(here, WAYS[way], int(sys.argv[2]), int(sys.argv[3])))
        print(json.dumps({"way": way, "curve": curve}), flush=True)


if __name__ == "__main__":
    main()
