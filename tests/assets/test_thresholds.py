"""From which probability on a class is given: by reviews of earlier batches, for what the task wants."""

import json
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from assets.labels.released import labels_of, thresholds
from assets.reading.opinions import as_lists
from labeling.kinds.several.kind import Several
from labeling.kinds.several.limits import Limits

CLASSES = ("late", "broken")


def task_for(wanted):
    student = SimpleNamespace(thresholds=wanted)
    return SimpleNamespace(
        kind=Several(), classes=CLASSES, spec=SimpleNamespace(student=student)
    )  # fmt: skip


@pytest.fixture
def seen():
    """What was said of two batches; of the second it is known that ``late`` is doubted too much."""
    rng = np.random.default_rng(0)
    share = rng.random((600, 2))
    truly = rng.random((600, 2)) < np.column_stack([np.minimum(2 * share[:, 0], 1), share[:, 1]])
    sets = [
        json.dumps(sorted(n for n, one in zip(CLASSES, row, strict=True) if one)) for row in truly
    ]
    ids = pa.array([str(at) for at in range(600)])
    rows = pa.table(
        {"item_id": ids, "pooled": as_lists(share), "label": sets, "probability": np.full(600, 0.5)}
    )
    return rows.slice(0, 300), rows.slice(300), truly


def test_for_f1_a_class_that_is_doubted_too_much_is_given_sooner(seen):
    now, before, _ = seen
    late, broken = thresholds(task_for("f1"), now, before)
    assert late < broken <= 0.5
    found = [
        set(json.loads(text))
        for text in labels_of(task_for("f1"), now, np.array([late, broken]))["label"].to_pylist()
    ]
    plain = [set(json.loads(text)) for text in labels_of(task_for(None), now)["label"].to_pylist()]
    assert all(plain[at] <= found[at] for at in range(300))
    assert sum("late" in one for one in found) > sum("late" in one for one in plain)


def test_for_a_precision_a_class_is_given_where_it_is_mostly_right(seen):
    now, before, truly = seen
    cut = thresholds(task_for(0.9), now, before)
    sets = [json.loads(text) for text in labels_of(task_for(0.9), now, cut)["label"].to_pylist()]
    for at, name in enumerate(CLASSES):
        given = np.array([name in one for one in sets])
        assert given.sum() > 10
        assert truly[:300, at][given].mean() > 0.85


def test_confidence_is_that_of_what_is_given(seen):
    now, _, _ = seen
    shares = np.array(now["pooled"].to_pylist())
    confidence = labels_of(task_for(0.9), now, np.array([0.9, 0.0]))["confidence"].to_numpy()
    late = np.where(shares[:, 0] > 0.9, shares[:, 0], 1 - shares[:, 0])
    np.testing.assert_allclose(confidence, late * shares[:, 1])


def test_a_set_that_the_limits_demand_is_as_sure_as_it_is_likely():
    task = task_for(None)
    task.kind = Several(Limits(none_allowed=False))
    rows = pa.table({"item_id": ["a"], "pooled": as_lists(np.array([[0.02, 0.01]]))})
    (row,) = labels_of(task, rows).to_pylist()
    assert row["label"] == '["late"]'
    assert row["confidence"] == pytest.approx(0.02 * 0.99)


def test_without_an_opinion_there_is_nothing_to_put_together():
    rows = pa.table({"item_id": pa.array([], pa.string()), "pooled": as_lists(np.empty((0, 2)))})
    assert labels_of(task_for(None), rows).num_rows == 0
