"""The tagger, taught by gold and by majority votes, beside the votes alone: strict F1 on test splits.

Usage: .venv/bin/python bench/spans/tagger.py

Writes bench/results/tagger.md.
"""

import collections
import json
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from labeling.student.tagger.soft_spans import SoftSpans
from labeling.student.tagger.tagger import Tagger

HERE = Path(__file__).parent
DATA = HERE.parents[1].parent / "shared" / "data"
SETS = ("span_laptopreview", "span_bc5cdr")

Marked = list[list[tuple[int, int, int]]]
"""For each text (start, end, type), in characters."""


def read(name: str, split: str) -> tuple[list[str], Marked, Marked, list[str]]:
    """Return texts, gold, the majority of the votes, and the types of a set."""
    types = json.loads((DATA / name / "meta.json").read_text())["entity_types"]
    texts, gold, voted = [], [], []
    for row in pq.read_table(DATA / name / "spans.parquet").to_pylist():
        if row["split"] != split:
            continue
        tokens = json.loads(row["tokens"])
        begins = np.cumsum([0, *(len(token) + 1 for token in tokens)]).tolist()

        def placed(spans: list, begins: list[int] = begins) -> list[tuple[int, int, int]]:
            return [(begins[a], begins[b] - 1, types.index(kind)) for a, b, kind in spans]

        texts.append(" ".join(tokens))
        gold.append(placed(json.loads(row["gold"])))
        voted.append(majority([placed(votes) for votes in json.loads(row["votes"])]))
    return texts, gold, voted, types


def majority(votes: Marked) -> list[tuple[int, int, int]]:
    """Take the span that most functions marked, the longest of those, and go on without what it meets."""
    counts = collections.Counter(span for marked in votes for span in set(marked))
    taken: list[tuple[int, int, int]] = []
    for one, _ in sorted(
        counts.items(), key=lambda told: (-told[1], told[0][0] - told[0][1], told[0])
    ):
        if all(one[1] <= other[0] or one[0] >= other[1] for other in taken):
            taken.append(one)
    return taken


def as_soft(marked: Marked) -> SoftSpans:
    """Take spans for certain."""
    rows = [(item, *span, 1.0) for item, spans in enumerate(marked) for span in spans]
    return SoftSpans.of(*zip(*rows, strict=True))


def as_marked(spans: SoftSpans, n_texts: int) -> Marked:
    """Put spans to their texts."""
    found: Marked = [[] for _ in range(n_texts)]
    columns = (spans.item, spans.start, spans.end, spans.type)
    for item, start, end, kind in zip(*(one.tolist() for one in columns), strict=True):
        found[item].append((start, end, kind))
    return found


def strict(found: Marked, gold: Marked) -> list[float]:
    """Return F1, precision and recall of whole spans, in percent."""
    mine = {(item, *span) for item, spans in enumerate(found) for span in spans}
    true = {(item, *span) for item, spans in enumerate(gold) for span in spans}
    right = len(mine & true)
    return [
        100 * one
        for one in (2 * right / (len(mine) + len(true)), right / len(mine), right / len(true))
    ]


def main() -> None:
    lines = [
        "# The tagger",
        "",
        "Made by `.venv/bin/python bench/spans/tagger.py`.",
        "",
        ("Strict F1, precision and recall on the test splits, in percent: a span counts if start, end and type "
        "are right. Taught by the train split: 500 abstracts (107,480 tokens) and 2,436 sentences (40,904). "
        "Seconds are of the processor."),
        "",
        "| set | | F1 | precision | recall | seconds to fit | to mark |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for name in SETS:
        texts, gold, voted, types = read(name, "train")
        new, truth, votes, _ = read(name, "test")
        told = [("the votes alone, majority by span", strict(votes, truth), "", "")]
        for teacher, marked in (("majority votes", voted), ("gold", gold)):
            began = time.process_time()
            tagger = Tagger(types).fit(texts, as_soft(marked))
            taught = time.process_time()
            found = as_marked(tagger.predict(new), len(new))
            seconds = (f"{taught - began:.1f}", f"{time.process_time() - taught:.1f}")
            told.append((f"tagger taught by {teacher}", strict(found, truth), *seconds))
        lines += [
            f"| `{name}` | {who} | {' | '.join(f'{one:.1f}' for one in scores)} | {fit} | {mark} |"
            for who, scores, fit, mark in told
        ]
    lines += [
        "",
        ("The votes see the test texts too: most are dictionaries, which know words that no train text holds. A tagger sees the "
        "texts alone, so that it marks texts that no rule speaks of; taught by gold it shows how much its features can learn from "
        "so few texts."),
        "",
    ]  # fmt: skip
    page = "\n".join(lines)
    (HERE.parent / "results" / "tagger.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
