"""Texts, votes and gold of one set, as every way of spending reviews gets them."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy import sparse
from weak import weak_votes

from bench.consensus import sets
from labeling.student.text import text_features
from labeling.votes import ABSTAIN, Votes
from tasks import DATA, read

RAW = ("raw_banking77", "raw_sms", "raw_trec", "raw_youtube_spam")
"""Texts without votes of their own; :mod:`weak` has some for them."""

MOST_ITEMS = 4_000
SEED = 0
"""Which items of a larger set: the same for every way and every draw of reviews."""


@dataclass(frozen=True)
class Problem:
    """Every item has a text and gold; some have no vote."""

    name: str
    texts: list[str]
    votes: Votes
    gold: np.ndarray


def names() -> list[str]:
    """Return every set with votes and texts, by name."""
    found = list(RAW)
    for path in sets.discover(DATA):
        file = path / "votes.parquet"
        if file.exists() and "text" in pd.read_parquet(file).columns:
            found.append(path.name)
    return sorted(found)


def load(name: str) -> Problem:
    """Read a set; of a larger one, :data:`MOST_ITEMS` items drawn at random."""
    return _raw(name) if name in RAW else _with_votes(name)


def _with_votes(name: str) -> Problem:
    one = sets.load(name)
    frame = pd.read_parquet(DATA / name / "votes.parquet", columns=["split", "text"])
    # A split on which no rule ever fires is one that nobody applied the rules to.
    asked = pd.Series(one.covered).groupby(frame["split"]).transform("any").to_numpy()
    rows = _some(np.flatnonzero(asked & (one.gold >= 0)))
    votes = Votes.from_matrix(one.votes.to_matrix()[rows], one.votes.n_classes)
    return Problem(name, frame["text"].astype(str).iloc[rows].tolist(), votes, one.gold[rows])


def _raw(name: str) -> Problem:
    frame = read(name)
    rows = _some(np.arange(len(frame)))
    y = frame["y"].to_numpy()
    votes = weak_votes(SimpleNamespace(name=name, rows=rows, y=y))  # pyright: ignore[reportArgumentType]
    return Problem(name, frame["text"].astype(str).iloc[rows].tolist(), votes, y[rows])


def _some(rows: np.ndarray) -> np.ndarray:
    if len(rows) <= MOST_ITEMS:
        return rows
    return np.sort(np.random.default_rng(SEED).choice(rows, MOST_ITEMS, replace=False))


def hand_over(problem: Problem, snorkel: np.ndarray, file: Path) -> None:
    """Write what a peer gets: the student's own features, votes, gold and Snorkel's posterior."""
    x = sparse.csr_matrix(text_features(problem.texts).fit_transform(problem.texts))
    votes = problem.votes.to_matrix()
    spoken = (votes != ABSTAIN).any(axis=0)
    np.savez(
        file,
        data=x.data, indices=x.indices, indptr=x.indptr, shape=np.array(x.shape),
        votes=votes[:, spoken], gold=problem.gold, snorkel=snorkel,
        n_classes=np.array(problem.votes.n_classes),
    )  # fmt: skip
