"""Cheap and dear answers with gold: recorded services and language models."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from labeling.consensus.label_model import LabelModel
from labeling.votes import Votes

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SERVICES = {
    "api_frugalml_imdb": ("Google", (("GitHub_Vader",), ("Amazon",), ("GitHub_Vader", "Amazon"))),
    "api_frugalml_shop": (
        "Baidu",
        (("GitHub_Bixin",), ("Amazon",), ("Google",), ("GitHub_Bixin", "Amazon", "Google")),
    ),
}
"""The dear service, the most accurate one, and those that answer before it: alone, and together."""


@dataclass(frozen=True)
class Pair:
    """Whether either side is right, whether they agree, and how sure the cheap one is; shape (n_items,)."""

    name: str
    cheap: str
    dear: str
    score: np.ndarray
    cheap_right: np.ndarray
    dear_right: np.ndarray
    agrees: np.ndarray


def services():
    """Yield the pairs of recorded services."""
    for name, (dear, sides) in SERVICES.items():
        frame = pq.read_table(DATA / name / "preds.parquet").to_pandas()
        gold, said = frame["gold"].to_numpy(), frame[f"pred_{dear}"].to_numpy()
        for side in sides:
            votes = frame[[f"pred_{one}" for one in side]].to_numpy()
            sure = frame[[f"conf_{one}" for one in side]].to_numpy(float)
            label, score = (
                (votes[:, 0], sure[:, 0])
                if len(side) == 1
                else together(votes, 1 + int(max(votes.max(), gold.max())))
            )
            yield pair(name, " + ".join(side), dear, score, label, said, gold)


def panels():
    """Yield the panels of language models: the open ones together answer before the most accurate model."""
    for folder in sorted(DATA.glob("llm_css_*")):
        meta = json.loads((folder / "meta.json").read_text())
        frame = pq.read_table(folder / "votes.parquet").to_pandas()
        frame = frame[frame["gold"] >= 0]
        gold, names = frame["gold"].to_numpy(), meta["lf_names"]
        votes = frame[[f"lf_{at:03d}" for at in range(len(names))]].to_numpy()
        dear = int((votes == gold[:, None]).mean(axis=0).argmax())
        open_ones = [at for at, one in enumerate(names) if one.startswith("flan") and at != dear]
        n_classes = 1 + int(max(votes.max(), gold.max()))
        label, score = together(votes[:, open_ones], n_classes)
        yield pair(
            folder.name,
            f"{len(open_ones)} of Flan",
            names[dear],
            score,
            label,
            votes[:, dear],
            gold,
        )


def together(votes, n_classes):
    """Settle cheap answers without gold; return labels and how sure they are."""
    of = Votes.from_matrix(np.maximum(votes, -1).astype(int), n_classes)
    posterior = LabelModel(n_classes).fit(of).predict_proba(of)
    return posterior.argmax(axis=1), np.round(posterior.max(axis=1), 6)


def pair(name, cheap, dear, score, label, said, gold) -> Pair:
    """Compare both sides with gold and each other."""
    return Pair(name, cheap, dear, score, label == gold, said == gold, label == said)
