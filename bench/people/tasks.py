"""The labelled texts that the learning benches run on, split by seed and turned to features once."""

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

DATA = Path(__file__).parents[3] / "shared" / "data"
CACHE = Path(__file__).parents[1] / "out" / "people"
SETS = ("raw_sms", "raw_trec", "raw_banking77", "raw_youtube_spam", "wrench_imdb")
SEEDS = range(5)
MAX_POOL = 5_000
MAX_TEST = 2_000


@dataclass
class Task:
    """A pool to review and a test set that nobody reviews."""

    name: str
    seed: int
    pool: sparse.csr_matrix
    test: sparse.csr_matrix
    space: np.ndarray
    y: np.ndarray
    y_test: np.ndarray
    rows: np.ndarray
    test_rows: np.ndarray
    full: float


def read(name: str) -> pd.DataFrame:
    """Return ``text`` and ``y`` (class index), plus ``split`` and votes where the set has them."""
    kind = "votes" if name.startswith("wrench") else "data"
    frame = pd.read_parquet(DATA / name / f"{kind}.parquet")
    frame["y"] = pd.factorize(frame["gold" if kind == "votes" else "label"], sort=True)[0]
    return frame


def classifier() -> LogisticRegression:
    """Return the classifier that every strategy, ours and the peers', learns with."""
    return LogisticRegression(C=10.0, max_iter=200, tol=1e-3)


def task(name: str, seed: int) -> Task:
    """Split by seed: at most 5,000 items to review, at most 2,000 to test on; cached."""
    path = CACHE / f"{name}-{seed}.pkl"
    if path.exists():
        return pickle.loads(path.read_bytes())
    frame = read(name)
    order = np.random.default_rng(seed).permutation(len(frame))
    n_test = min(MAX_TEST, len(frame) // 4)
    test_rows, rows = order[:n_test], order[n_test : n_test + MAX_POOL]
    texts, y = frame["text"].to_numpy(), frame["y"].to_numpy()
    words = TfidfVectorizer(
        ngram_range=(1, 2), min_df=2, max_features=20_000, sublinear_tf=True, dtype=np.float64
    )
    pool = words.fit_transform(texts[rows])
    test = words.transform(texts[test_rows])
    space = normalize(TruncatedSVD(100, random_state=0).fit_transform(pool))
    full = classifier().fit(pool, y[rows]).score(test, y[test_rows])
    made = Task(name, seed, pool, test, space, y[rows], y[test_rows], rows, test_rows, float(full))
    CACHE.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(made))
    return made
