"""Votes and gold on units: a kind with a question for each class goes through the same arrays."""

import json
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest

from assets.reading.votes import Window, as_gold, as_votes, units_of
from labeling.consensus.counts.posterior import decided
from labeling.consensus.label_model import LabelModel
from labeling.kinds.kind import Cast
from labeling.kinds.single.kind import Single
from labeling.kinds.units import Units
from labeling.texts import Texts

CLASSES = ("late", "rude", "dear")
N, VOTERS = 300, 6


class Several(Single):
    """A yes-or-no question a class; an answer lists the classes it says yes to."""

    name: ClassVar[str] = "several"

    def answers(self, classes):
        del classes
        return ("no", "yes")

    def units(self, n_items, rows, classes):
        del rows
        return Units.each(n_items, len(classes))

    def cast(self, units, rows, classes):
        del units
        k = len(classes)
        yes = np.array([[c in json.loads(text) for c in classes] for text in rows.texts])
        row = np.repeat(np.arange(len(rows.said)), k)
        unit = (rows.item[:, None] * k + np.arange(k)).ravel()
        return Cast(row, unit, yes[rows.said].ravel().astype(np.int32))

    def assemble(self, units, label, classes):
        yes = label.reshape(units.n_items, len(classes)) == 1
        return [
            json.dumps([c for c, said in zip(classes, one, strict=True) if said]) for one in yes
        ]


@pytest.fixture(scope="module")
def said():
    rng = np.random.default_rng(0)
    truth = rng.random((N, len(CLASSES))) < 0.4
    rows = []
    for voter in range(VOTERS):
        heard = truth ^ (rng.random(truth.shape) < 0.1 + 0.03 * voter)
        rows += [
            {"item": item, "voter": f"rule/{voter}", "label": text(heard[item]), "confidence": None}
            for item in range(N)
        ]
    table = pa.Table.from_pylist(
        rows,
        pa.schema(
            {"item": pa.int64(), "voter": "string", "label": "string", "confidence": "double"}
        ),
    )
    return truth, table


def text(yes):
    return json.dumps([name for name, one in zip(CLASSES, yes, strict=True) if one])


def test_answers_that_list_classes_are_voted_on_believed_and_assembled_unit_by_unit(said):
    truth, table = said
    task = SimpleNamespace(kind=Several(), classes=CLASSES)
    units = units_of(task, N, table.select(["item", "label"]))
    votes = as_votes(task, units, table, [f"rule/{v}" for v in range(VOTERS)])
    assert (votes.n_items, votes.n_classes, votes.n_votes) == (N * 3, 2, N * 3 * VOTERS)
    believed = LabelModel(2).fit(votes).predict_proba(votes)
    labels = task.kind.assemble(units, decided(believed, votes), CLASSES)
    right = np.mean([one == text(yes) for one, yes in zip(labels, truth, strict=True)])
    alone = np.mean(
        [row["label"] == text(truth[row["item"]]) for row in table.slice(0, N).to_pylist()]
    )
    assert right > alone + 0.05


def test_a_part_of_a_window_keeps_the_units_of_its_items(said):
    truth, table = said
    task = SimpleNamespace(kind=Several(), classes=CLASSES)
    units = units_of(task, N, table.select(["item", "label"]))
    reviewed = pa.table(
        {
            "item": [4, 7],
            "label": [text(truth[4]), text(truth[7])],
            "probability": [0.5, 0.5],
        }
    )
    gold = as_gold(task, units, reviewed, weighed=True)
    votes = as_votes(task, units, table, [f"rule/{v}" for v in range(VOTERS)])
    ids = np.array([f"i{n}" for n in range(N)], dtype=object)
    window = Window(
        ids,
        ids,
        Texts(pa.array(["t"] * N)),
        [None] * N,
        [],
        votes,
        gold,
        gold,
        np.arange(N) >= 7,
        units,
    )
    assert window.votes_of_batch().n_items == (N - 7) * 3
    part = window.only(window.current)
    assert part.units.n_items == N - 7
    assert part.gold.item.tolist() == [0, 1, 2]
    assert part.gold.label.tolist() == truth[7].astype(int).tolist()
