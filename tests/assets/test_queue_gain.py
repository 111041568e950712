"""The queue: what is asked, what it gained over chance, and when it stops paying."""

from dataclasses import replace
from typing import get_args

import dagster as dg
import numpy as np
import pyarrow as pa
import pytest

from assets.people.queue import choose
from assets.quality.queue_gain import queue_gain
from resources.store import tables
from resources.store.warehouse import Warehouse, warehouse_of
from resources.task.settings.schema import Queue as QueueSettings
from resources.task.task import load_task
from tests.conftest import DAYS, ROOT

BATCH = "2015-01"


def test_nobody_is_asked_in_the_queue_what_the_audit_asks_anyway(ran_task):
    both = warehouse_of(ran_task.task).ask(
        "select q.item_id from people.queue q join people.audit_sample a using (item_id, batch)"
    )
    assert both.num_rows == 0


def test_each_entry_says_why_and_only_the_random_share_has_a_probability(ran_task):
    rows = warehouse_of(ran_task.task).ask("from people.queue").to_pylist()
    assert all(row["why"] for row in rows)
    assert {row["strategy"] for row in rows if row["probability"] is not None} == {"random"}
    assert {row["strategy"] for row in rows if row["probability"] is None} <= {"margin-cluster"}


@pytest.fixture
def campaign(tmp_path, monkeypatch):
    """A task whose strategy reviewed one kind of item, and whose random share all kinds."""
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path))
    task = load_task(ROOT / "tasks" / "youtube_spam")
    warehouse = Warehouse(path=str(task.warehouse))
    used = (
        tables.ITEMS, tables.CONSENSUS, tables.GOLD, tables.QUEUE, tables.REVIEWS, tables.ACCURACY,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    kinds = list("qzxjkwvfybhg")
    classes = list(task.classes)
    items, gold, queue = [], [], []
    for at in range(260):
        kind = kinds[int(rng.integers(12))]
        arm = "audit" if at < 120 else "chosen" if at < 170 else "random"
        if arm == "chosen":
            kind = kinds[int(rng.integers(2))]
        name = f"i{at:03d}"
        items.append({"item_id": name, "batch": BATCH, "text": f"{kind * 5} word"})
        gold.append(
            {
                "item_id": name, "batch": BATCH, "label": classes[kinds.index(kind) % 2],
                "origin": "audit" if arm == "audit" else "queue",
                "probability": 0.5 if arm == "audit" else None, "reviews": 1,
            }
        )  # fmt: skip
        if arm != "audit":
            queue.append(
                {"item_id": name, "batch": BATCH, "strategy": {"chosen": "margin"}.get(arm, arm)}
            )
    consensus = [
        {"item_id": row["item_id"], "batch": BATCH, "posterior": [0.5, 0.5], "n_votes": 0}
        for row in items
    ]
    rows = zip(used, (items, consensus, gold, queue, [], []), strict=True)
    with warehouse.connect() as db:
        for table, found in rows:
            if found:
                wanted = dict.fromkeys(table.columns)
                db.insert(table, pa.Table.from_pylist([wanted | row for row in found]))
    return task, warehouse


def test_a_strategy_that_asks_the_same_thing_again_and_again_is_told_that_it_loses(campaign):
    task, warehouse = campaign
    result = queue_gain(task)(warehouse=warehouse)
    assert isinstance(result, dg.MaterializeResult)
    (row,) = warehouse.ask("from quality.queue_gain").to_pylist()
    assert (row["queue_reviews"], row["random_reviews"], row["audit_reviews"]) == (50, 90, 120)
    assert row["points"] < 0
    assert row["points_low"] < row["points"] < row["points_high"] < 0
    assert row["gain"].startswith("loss: -")
    assert (row["compared_at"], row["judged_on"]) == (25, 120)


def test_the_gain_is_not_measured_again_before_reviews_have_grown(campaign):
    task, warehouse = campaign
    queue_gain(task)(warehouse=warehouse)
    with warehouse.connect() as db:
        db.execute("update quality.queue_gain set gain = 'as it was'")
        db.execute("delete from people.queue where strategy = 'random' and item_id < 'i180'")
    queue_gain(task)(warehouse=warehouse)
    (row,) = warehouse.ask("from quality.queue_gain").to_pylist()
    assert row["gain"] != "as it was", "fewer reviews than before: measured anew"
    with warehouse.connect() as db:
        db.execute("update quality.queue_gain set gain = 'as it was'")
    queue_gain(task)(warehouse=warehouse)
    assert warehouse.ask("from quality.queue_gain").to_pylist()[0]["gain"] == "as it was"


def newest(task):
    """Items and votes of the newest batch, as the queue reads them."""
    with warehouse_of(task).connect() as db:
        items = db.read("people.queue.items", batch=DAYS[1])
        return items, db.read("people.queue.votes", batch=DAYS[1])


def test_it_asks_where_the_label_that_is_published_is_in_doubt(ran_task):
    settings = ran_task.task.spec.queue.model_copy(
        update={"strategy": "margin", "per_batch": 6, "random_share": 0.0}
    )
    task = replace(ran_task.task, spec=ran_task.task.spec.model_copy(update={"queue": settings}))
    items, votes = newest(task)
    opinions = warehouse_of(task).ask(
        "select item_id, pooled from labels.student_opinions where batch = ?", [DAYS[1]]
    )
    pooled = dict(zip(opinions["item_id"].to_pylist(), opinions["pooled"].to_pylist(), strict=True))
    for row in choose(task, DAYS[1], items, votes).to_pylist():
        second, first = sorted(pooled[row["item_id"]])[-2:]
        assert row["score"] == pytest.approx(1 - (first - second))


@pytest.mark.parametrize("strategy", get_args(QueueSettings.model_fields["strategy"].annotation))
def test_every_strategy_of_task_yaml_fills_a_queue(ran_task, strategy):
    settings = ran_task.task.spec.queue.model_copy(
        update={"strategy": strategy, "per_batch": 6, "random_share": 0.2}
    )
    task = replace(ran_task.task, spec=ran_task.task.spec.model_copy(update={"queue": settings}))
    items, votes = newest(task)
    rows = choose(task, DAYS[1], items, votes).to_pylist()
    assert len(rows) == 6
    named = {row["strategy"] for row in rows}
    wanted = {"random"} if strategy == "random" else {strategy, "random"}
    assert named == ({"margin-cluster", "random"} if strategy == "auto" else wanted)
    asked = set(items.filter(items["audited"])["item_id"].to_pylist())
    assert not asked & {row["item_id"] for row in rows}
