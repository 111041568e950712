"""Sets of texts whose spans were marked by labelling functions, and by people: every ``span_*`` folder.

Tokens are joined by blanks and token offsets turned into those of characters, so that spans are equal
to gold in characters where they are equal in tokens.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from labeling.span_votes import ReviewedSpans, SpanVotes
from labeling.spans import Spans

DATA = Path(__file__).parents[3] / "shared" / "data"

Tokens = list[str]


@dataclass(frozen=True)
class SpanSet:
    """Texts in tokens, votes and gold, with the split each item is of."""

    name: str
    tokens: list[Tokens]
    texts: list[str]
    votes: SpanVotes
    gold: Spans
    split: np.ndarray
    types: list[str]
    voters: list[str]

    def reviewed(self, n: int, seed: int) -> ReviewedSpans:
        """Draw items of the training split and their gold."""
        pool = np.flatnonzero(self.split == "train")
        item = np.sort(np.random.default_rng(seed).permutation(pool)[:n])
        mask = np.zeros(len(self.texts), dtype=bool)
        mask[item] = True
        return ReviewedSpans(self.gold.take(mask[self.gold.item]), item)

    def offsets(self, item: int) -> np.ndarray:
        """Return where each token begins in the text, and last where one more would."""
        return np.concatenate([[0], np.cumsum([len(token) + 1 for token in self.tokens[item]])])


def names() -> list[str]:
    """Return the sets that are there."""
    return sorted(path.name for path in DATA.glob("span_*"))


def load(name: str) -> SpanSet:
    """Read one set."""
    meta = json.loads((DATA / name / "meta.json").read_text())
    rows = pq.read_table(DATA / name / "spans.parquet").to_pylist()
    number = {kind: at for at, kind in enumerate(meta["entity_types"])}
    tokens = [json.loads(row["tokens"]) for row in rows]
    marks, voter, gold = [], [], []
    for item, row in enumerate(rows):
        start = np.concatenate([[0], np.cumsum([len(token) + 1 for token in tokens[item]])])

        def placed(span, item=item, start=start):
            return item, int(start[span[0]]), int(start[span[1]]) - 1, number[span[2]]

        gold += [placed(span) for span in json.loads(row["gold"])]
        for j, said in enumerate(json.loads(row["votes"])):
            here = {placed(span) for span in said}
            marks += sorted(here)
            voter += [j] * len(here)
    sizes = len(rows), len(number)
    votes = SpanVotes(
        Spans.of(marks, *sizes), np.array(voter, dtype=np.int32), len(meta["lf_names"])
    )
    split = np.array([row["split"] for row in rows])
    texts = [" ".join(each) for each in tokens]
    return SpanSet(
        name,
        tokens,
        texts,
        votes,
        Spans.of(gold, *sizes),
        split,
        list(number),
        list(meta["lf_names"]),
    )
