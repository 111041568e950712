"""Doubtful answers and labels go to people again, as work of its own kind."""

import numpy as np
import pyarrow as pa

from assets.people.rereviews import doubted
from resources.task.task import load_task
from tests.conftest import ROOT


def opinions(label: list[str], proba: np.ndarray) -> pa.Table:
    ids = [f"m{i}" for i in range(len(label))]
    return pa.table(
        {"item_id": ids, "batch": ["b"] * len(ids), "label": label, "calibrated": list(proba)}
    )


def test_the_planted_mistake_is_found_and_said_in_words_unless_it_was_asked_before():
    task = load_task(ROOT / "tasks" / "youtube_spam")
    first, second = task.classes
    proba = np.tile([[0.95, 0.05], [0.05, 0.95]], (20, 1))
    label = [first, second] * 20
    label[7] = first
    (found,) = doubted(task, "gold", opinions(label, proba), set())
    assert (found["item_id"], found["label"], found["suggested"]) == ("m7", first, second)
    assert found["why"] == (
        f"people said {first}, a student that had not seen it says {second} at 95%"
    )
    assert doubted(task, "gold", opinions(label, proba), {("m7", "b")}) == []


def test_doubts_are_planned_as_re_reviews_and_none_of_them_measures(ran_task):
    from resources.reviews.store import ReviewStore
    from resources.store.warehouse import warehouse_of

    warehouse = warehouse_of(ran_task.task)
    found = warehouse.ask("select item_id, batch from people.rereviews").to_pylist()
    store = ReviewStore(ran_task.task.reviews)
    planned = store.open_items("rereview").to_pylist()
    store.close()
    assert {(r["item_id"], r["batch"]) for r in planned} == {
        (r["item_id"], r["batch"]) for r in found
    }
    measured = warehouse.ask("select item_id from people.gold where origin = 'audit'")
    audited = warehouse.ask("select item_id from people.audit_sample")
    assert set(measured["item_id"].to_pylist()) <= set(audited["item_id"].to_pylist())
