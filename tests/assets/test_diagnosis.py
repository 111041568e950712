"""Where an alarm comes from: the newest batches since its change, and what wrong labels share."""

import numpy as np
import pyarrow as pa
import pytest

from assets.people.audit import draw
from assets.quality import diagnosis
from assets.quality.diagnosis import explain
from resources.store import tables
from resources.store.warehouse import Warehouse
from resources.task.task import load_task

YAML = """
name: letters
classes: [{name: praise}, {name: complaint}]
source: {files: "*.csv", metadata: [channel]}
audit: {per_batch: 60}
"""
BATCHES = ("2026-01", "2026-02", "2026-03")
ALARM = {"alarm_id": "labels#0", "series": "labels", "change_batch": BATCHES[0], "promised": 0.9}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Three batches of 60 reviewed items: of the 20 long ones about parcels, by phone, all are wrong."""
    folder = tmp_path / "tasks" / "letters"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(YAML, encoding="utf-8")
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    task = load_task(folder)
    warehouse = Warehouse(path=str(task.warehouse))
    for batch in BATCHES:
        keys = [{"item_id": f"{batch}/{n:02d}", "batch": batch} for n in range(60)]
        wrong = np.arange(60) % 3 == 0
        texts = ["the parcel has been lost on its long way here" if w else "hi" for w in wrong]
        items = [
            {"text": text, "metadata": '{"channel": "phone"}' if w else '{"channel": "mail"}'}
            for text, w in zip(texts, wrong, strict=True)
        ]
        put(warehouse, tables.ITEMS, keys, items)
        labels = [{"label": "praise", "confidence": 0.9}] * 60
        put(warehouse, tables.RELEASED, keys, labels)
        draw(task, warehouse, batch)
        gold = [
            {"label": "complaint" if w else "praise", "origin": "audit", "probability": 1.0, "reviews": 1}
            for w in wrong
        ]  # fmt: skip
        put(warehouse, tables.GOLD, keys, gold)
    return task, warehouse


def put(warehouse, table, keys, rows):
    whole = [{**key, **row} for key, row in zip(keys, rows, strict=True)]
    with warehouse.connect() as db:
        db.db.register("rows", pa.Table.from_pylist(whole))
        db.execute(f"insert into {table.sql_name} by name from rows")


def test_what_wrong_labels_share_is_found_by_column_length_and_words(place):
    found = explain(*place, ALARM)
    assert found.accuracy["accuracy"] == pytest.approx(2 / 3)
    assert found.accuracy["accuracy_low"] == pytest.approx(2 / 3)  # every item was reviewed
    by_name = {row["slice"]: row for row in found.slices}
    phone = next(
        row for name, row in by_name.items() if name.startswith("channel") and "phone" in name
    )
    assert (phone["reviewed"], phone["errors"], phone["elsewhere"]) == (60, 60, 0)
    kinds = {name.partition("=")[0].strip() for name, row in by_name.items() if row["errors"] == 60}
    assert {"length", "cluster", "channel"} <= kinds
    assert found.items
    assert all("parcel" in item["text"] for item in found.items)


def test_only_the_newest_batches_since_the_change_are_looked_at(place, monkeypatch):
    monkeypatch.setattr(diagnosis, "MOST_BATCHES", 2)
    found = explain(*place, ALARM)
    assert max(row["reviewed"] for row in found.slices) <= 120
    assert sum(row["errors"] for row in found.slices if "phone" in row["slice"]) == 40
    assert {item["batch"] for item in found.items} <= set(BATCHES[1:])
    later = explain(*place, ALARM | {"change_batch": BATCHES[2]})
    assert sum(row["errors"] for row in later.slices if "phone" in row["slice"]) == 20


def test_an_alarm_whose_batches_are_gone_says_so(place):
    found = explain(*place, ALARM | {"change_batch": "2027"})
    assert not found.slices
    assert found.next_steps == ["The batches it fired in are gone: reset it."]
