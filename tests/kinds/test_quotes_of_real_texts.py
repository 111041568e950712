"""What people marked in recorded texts, quoted as models quote: found again, or no answer."""

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from labeling.kinds.asking import Form
from labeling.kinds.classes import ClassSpec
from labeling.kinds.spans.answer import Span, marked, written
from labeling.kinds.spans.kind import SpansOfClasses

DATA = Path(__file__).parents[3] / "shared" / "data"
KIND = SpansOfClasses()
JSON = Form(json=True)
MOST = 300
"""Texts of a set."""


def marked_texts(name):
    for row in pq.read_table(DATA / name / "spans.parquet").slice(0, MOST).to_pylist():
        tokens = json.loads(row["tokens"])
        begins = np.cumsum([0, *(len(token) + 1 for token in tokens)]).tolist()
        found = {Span(begins[a], begins[b] - 1, of) for a, b, of in json.loads(row["gold"])}
        yield " ".join(tokens), sorted(found)


def plain(text, spans):
    return KIND.example(Form(), written(spans), text), spans


def schema(text, spans):
    return KIND.example(JSON, written(spans), text), spans


def other_case(text, spans):
    return KIND.example(JSON, written(spans), text.lower()), spans


def one_less(text, spans):
    left = [*spans]
    if left:
        left.pop(random.Random(text).randrange(len(left)))
    return schema(text, left)


def out_of_order(text, spans):
    said = json.loads(KIND.example(JSON, written(spans), text))
    random.Random(text).shuffle(said["spans"])
    return json.dumps(said), spans


def once(text, spans):
    said = json.loads(KIND.example(JSON, written(spans), text))
    said["spans"] = list({json.dumps(one): one for one in said["spans"]}.values())
    return json.dumps(said), spans


def invented(text, spans):
    said = json.loads(KIND.example(JSON, written(spans), text))
    said["spans"].insert(len(said["spans"]) // 2, {"text": "flubendrazole", "label": "Chemical"})
    return json.dumps(said), None


@pytest.mark.skipif(not (DATA / "span_bc5cdr").exists(), reason="the recorded spans are not here")
@pytest.mark.parametrize(
    ("way", "right", "wrong"),
    [
        (plain, 0.99, 0),
        (schema, 0.99, 0),
        (other_case, 0.95, 0),
        (one_less, 0.97, 0.02),
        (out_of_order, 0.95, 0.02),
        (once, 0.95, 0.02),
        (invented, 0, 0),
    ],
)
def test_what_was_marked_is_found_again_and_hardly_anything_that_was_not(way, right, wrong):
    reader = KIND.reader([ClassSpec("Chemical"), ClassSpec("Disease")])
    counts: Counter[str] = Counter()
    for text, spans in marked_texts("span_bc5cdr"):
        answer, meant = way(text, spans)
        label = reader.read(answer, text=text).label
        found = None if label is None else set(marked(label).found)
        if found is None:
            counts["unread"] += 1
        else:
            fits = meant is not None and set(meant) <= found <= set(spans)
            counts["right" if fits else "wrong"] += 1
    assert counts["right"] >= right * counts.total()
    assert counts["wrong"] <= wrong * counts.total()
