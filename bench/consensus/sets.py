"""The vote matrices under ``../shared/data``, each with its gold and its split."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from labeling.votes import Votes

DATA = Path(__file__).parents[3] / "shared" / "data"
RULES = ["wrench_agnews", "wrench_imdb", "wrench_trec", "wrench_youtube", "spouse_cage", "ws_hausa"]
MODELS = ["llm_css_emotion", "llm_css_flute", "llm_css_mrf", "llm_css_semeval_stance"]
CROWDS = ["crowd_bluebird", "crowd_dog", "crowd_music_genre", "crowd_rte", "crowd_zencrowd_us"]
SERVICES = ["api_frugalml_imdb", "api_frugalml_shop"]
EVERY = [*RULES, *MODELS, *CROWDS, *SERVICES]


@dataclass(frozen=True)
class VoteSet:
    """Votes on every item of a set, with the gold that there is.

    ``gold`` is -1 where unknown; ``test`` marks the test rows, or is ``None`` where the set has no
    split: then every item with gold is scored, except those whose gold was given to the model.
    """

    name: str
    votes: Votes
    gold: np.ndarray
    test: np.ndarray | None

    @property
    def covered(self) -> np.ndarray:
        """Items with at least one vote."""
        return np.bincount(self.votes.item, minlength=self.votes.n_items) > 0

    def scored(self, given: np.ndarray | None = None) -> np.ndarray:
        """Items that count: gold, a vote, in the test rows, not given to the model."""
        counts = (self.gold >= 0) & self.covered
        if self.test is not None:
            return counts & self.test
        if given is not None:
            counts[given] = False
        return counts

    def draw_gold(self, n: int, seed: int) -> np.ndarray:
        """Draw ``n`` items with gold at random, from the rows that are not test rows."""
        pool = self.gold >= 0
        if self.test is not None:
            pool &= ~self.test
        rng = np.random.default_rng(seed)
        return np.sort(rng.choice(np.flatnonzero(pool), n, replace=False))

    def pool_size(self) -> int:
        """Number of items that :meth:`draw_gold` draws from."""
        pool = self.gold >= 0
        return int((pool if self.test is None else pool & ~self.test).sum())


def load(name: str) -> VoteSet:
    """Read one set."""
    folder = DATA / name
    if name in CROWDS:
        return _crowd(name, folder)
    if name in SERVICES:
        return _service(name, folder)
    frame = pd.read_parquet(folder / "votes.parquet")
    matrix = frame[[c for c in frame if c.startswith("lf_")]].to_numpy(int)
    n_classes = len(json.loads((folder / "meta.json").read_text())["classes"])
    gold = frame["gold"].fillna(-1).to_numpy(int)
    test = (frame["split"] == "test").to_numpy()
    return VoteSet(name, Votes.from_matrix(matrix, n_classes), gold, None if test.all() else test)


def _crowd(name: str, folder: Path) -> VoteSet:
    labels = pd.read_csv(folder / "labels.csv.gz").drop_duplicates(["task", "worker"])
    truth = pd.read_csv(folder / "gold.csv.gz").set_index("task")["gold"]
    tasks, item = np.unique(labels["task"], return_inverse=True)
    workers, voter = np.unique(labels["worker"], return_inverse=True)
    gold = truth.reindex(tasks).fillna(-1).to_numpy(int)
    n_classes = int(max(labels["label"].max(), gold.max())) + 1
    votes = Votes(
        item.astype(np.int64),
        voter.astype(np.int32),
        labels["label"].to_numpy(np.int32),
        len(tasks),
        len(workers),
        n_classes,
    )
    return VoteSet(name, votes, gold, None)


def _service(name: str, folder: Path) -> VoteSet:
    frame = pd.read_parquet(folder / "preds.parquet")
    said = [c for c in frame if c.startswith("pred_")]
    matrix = frame[said].to_numpy(int)
    sure = frame[[c.replace("pred_", "conf_") for c in said]].to_numpy(float)
    item, voter = np.nonzero(matrix >= 0)
    votes = Votes(
        item.astype(np.int64),
        voter.astype(np.int32),
        matrix[item, voter].astype(np.int32),
        *matrix.shape,
        2,
        np.clip(sure[item, voter], 0.0, 1.0),
    )
    return VoteSet(name, votes, frame["gold"].to_numpy(int), None)
