"""What the tagger learns from sentences about laptops that people marked."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from labeling.student.tagger.soft_spans import SoftSpans
from labeling.student.tagger.tagger import Tagger

FILE = Path(__file__).parents[4].parent / "shared/data/span_laptopreview/spans.parquet"


def read(split):
    texts, rows = [], []
    for row in pq.read_table(FILE).to_pylist():
        if row["split"] == split:
            tokens = json.loads(row["tokens"])
            begins = np.cumsum([0, *(len(token) + 1 for token in tokens)]).tolist()
            rows += [
                (len(texts), begins[a], begins[b] - 1, 0) for a, b, _ in json.loads(row["gold"])
            ]
            texts.append(" ".join(tokens))
    return texts, rows


@pytest.mark.skipif(not FILE.exists(), reason="the recorded spans are not here")
def test_taught_by_gold_it_finds_two_of_three_terms_and_knows_how_sure_it_is():
    texts, rows = read("train")
    new, truth = read("test")
    tagger = Tagger(["TERM"]).fit(texts, SoftSpans.of(*zip(*rows, strict=True), np.ones(len(rows))))
    found = tagger.predict(new)
    columns = (found.item, found.start, found.end, found.type)
    marked = list(zip(*(one.tolist() for one in columns), strict=True))
    there = set(truth)
    right = np.array([one in there for one in marked])
    assert 2 * right.sum() / (len(marked) + len(truth)) > 0.68
    sure = found.probability > 0.9
    assert right[sure].mean() > 0.85 > right[~sure].mean()
    assert abs(found.probability.mean() - right.mean()) < 0.05
