"""Sets of votes with gold, read from any folder of set folders, each by the files that are in it.

``votes.parquet`` with columns ``lf_*``: rules, or language models where ``meta.json`` counts the
accuracy of models or the folder's name begins with ``llm_``. ``labels.csv.gz`` (task, worker, label)
with ``gold.csv.gz`` (task, gold): people. ``preds.parquet`` with ``pred_*`` and ``conf_*``: services.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labeling.votes import ABSTAIN, Votes

DATA = Path(__file__).parents[3] / "shared" / "data"
RULES, MODELS, PEOPLE, SERVICES = "rules", "language models", "people", "services"
KINDS = (RULES, MODELS, PEOPLE, SERVICES)


class NotVotesError(ValueError):
    """A folder holds something else than votes; says what."""


@dataclass(frozen=True)
class VoteSet:
    """Votes on every item of a set, with the gold that there is.

    ``kind`` is one of :data:`KINDS`; sets of one ``source`` (a repository) share texts or a panel.
    ``gold`` is -1 where unknown; ``test`` marks the test rows, or is ``None`` where no gold lies
    outside them: then every item with gold is scored, save those whose gold was given to the model.
    """

    name: str
    kind: str
    source: str
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

    def pool(self) -> np.ndarray:
        """Items that :meth:`draw_gold` draws from: with gold, not test rows."""
        known = self.gold >= 0
        return np.flatnonzero(known if self.test is None else known & ~self.test)

    def draw_gold(self, n: int, seed: int) -> np.ndarray:
        """Draw ``n`` items of the pool at random."""
        return np.sort(np.random.default_rng(seed).choice(self.pool(), n, replace=False))


def discover(folder: Path) -> list[Path]:
    """Return the folders in ``folder``, by name; which of them hold votes, loading will tell."""
    return sorted(path for path in Path(folder).iterdir() if path.is_dir())


def load(name: str) -> VoteSet:
    """Read one of the sets under ``../shared/data``."""
    return load_folder(DATA / name)


def load_folder(folder: Path) -> VoteSet:
    """Read one set folder.

    Raises
    ------
    NotVotesError
        If it holds no votes that can be scored.
    """
    folder = Path(folder)
    files = {path.name for path in folder.iterdir()}
    described = folder / "meta.json"
    meta = json.loads(described.read_text()) if described.exists() else {}
    if "votes.parquet" in files:
        kind, (votes, gold, test) = _kind(folder.name, meta), _matrix(folder, meta)
    elif {"labels.csv.gz", "gold.csv.gz"} <= files:
        kind, (votes, gold, test) = PEOPLE, _people(folder)
    elif "preds.parquet" in files:
        kind, (votes, gold, test) = SERVICES, _services(folder)
    else:
        raise NotVotesError(f"no votes.parquet, labels.csv.gz or preds.parquet, but {_few(files)}")
    if not (gold >= 0).any():
        raise NotVotesError("no gold to score against")
    return VoteSet(folder.name, kind, _source(meta), votes, gold, _test_rows_with_gold(gold, test))


def _few(files: set[str]) -> str:
    names = sorted(files)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _kind(name: str, meta: dict[str, Any]) -> str:
    return MODELS if "llm_acc" in meta or name.startswith("llm_") else RULES


def _source(meta: dict[str, Any]) -> str:
    """Return the repository that a set comes from."""
    said = str(meta.get("source", ""))
    found = re.search(r"([\w.-]+/[\w.-]+)@", said)
    return found.group(1) if found else said


def _test_rows_with_gold(gold: np.ndarray, test: np.ndarray | None) -> np.ndarray | None:
    """Return the test rows if there is gold both inside and outside of them."""
    if test is None or not ((gold >= 0) & test).any() or not ((gold >= 0) & ~test).any():
        return None
    return test


def _matrix(folder: Path, meta: dict[str, Any]) -> tuple[Votes, np.ndarray, np.ndarray | None]:
    frame = pd.read_parquet(folder / "votes.parquet")
    voters = [column for column in frame if str(column).startswith("lf_")]
    if not voters:
        raise NotVotesError("votes.parquet has no column lf_*")
    # Some matrices tell "not asked" (-2) from "asked and silent" (-1); neither is a vote.
    matrix = np.maximum(frame[voters].fillna(ABSTAIN).to_numpy(int), ABSTAIN)
    gold = _whole(frame["gold"]) if "gold" in frame else np.full(len(frame), -1)
    test = (frame["split"] == "test").to_numpy() if "split" in frame else None
    n_classes = _n_classes(meta, matrix.max(initial=-1), gold.max(initial=-1))
    return Votes.from_matrix(matrix, n_classes), gold, test


def _people(folder: Path) -> tuple[Votes, np.ndarray, None]:
    labels = pd.read_csv(folder / "labels.csv.gz")
    truth = pd.read_csv(folder / "gold.csv.gz")
    missing = sorted(({"task", "worker", "label"} - set(labels)) | ({"task", "gold"} - set(truth)))
    if missing:
        raise NotVotesError(f"labels.csv.gz and gold.csv.gz lack {', '.join(missing)}")
    labels = labels.drop_duplicates(["task", "worker"]).dropna(subset=["label"])
    tasks, item = np.unique(labels["task"], return_inverse=True)
    workers, voter = np.unique(labels["worker"], return_inverse=True)
    gold = _whole(truth.drop_duplicates("task").set_index("task")["gold"].reindex(tasks))
    votes = Votes(
        item.astype(np.int64),
        voter.astype(np.int32),
        labels["label"].to_numpy(np.int32),
        len(tasks),
        len(workers),
        _n_classes({}, labels["label"].max(), gold.max()),
    )
    return votes, gold, None


def _services(folder: Path) -> tuple[Votes, np.ndarray, None]:
    frame = pd.read_parquet(folder / "preds.parquet")
    said = [column for column in frame if str(column).startswith("pred_")]
    if not said or "gold" not in frame:
        raise NotVotesError("preds.parquet lacks columns pred_* or gold")
    matrix = np.maximum(frame[said].fillna(ABSTAIN).to_numpy(int), ABSTAIN)
    sure = frame.reindex(columns=[c.replace("pred_", "conf_") for c in said]).to_numpy(float)
    gold = _whole(frame["gold"])
    item, voter = np.nonzero(matrix >= 0)
    votes = Votes(
        item.astype(np.int64),
        voter.astype(np.int32),
        matrix[item, voter].astype(np.int32),
        *matrix.shape,
        _n_classes({}, matrix.max(), gold.max()),
        np.clip(sure[item, voter], 0.0, 1.0),
    )
    return votes, gold, None


def _whole(gold: pd.Series) -> np.ndarray:
    return np.maximum(gold.fillna(-1).to_numpy(int), -1)


def _n_classes(meta: dict[str, Any], *highest: int) -> int:
    named = meta.get("classes")
    named = named if isinstance(named, int) else len(named or ())
    return max(named, 2, *(int(label) + 1 for label in highest))
