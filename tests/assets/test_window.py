"""How far label model and student look back: as far as the batch is large, and to older gold."""

import numpy as np
import pyarrow as pa
import pytest

from assets.reading import votes
from assets.reading.opinions import read_record
from assets.reading.votes import read_window
from resources.store import tables
from resources.store.warehouse import Warehouse
from resources.task.task import load_task

YAML = """
name: letters
classes: [{name: praise}, {name: complaint}]
source: {files: "*.csv"}
"""
SIZES = {"2026-01": 30, "2026-02": 10, "2026-03": 12, "2026-04": 20, "2026-05": 4}
GOLD = {"2026-01": 6, "2026-04": 2, "2026-05": 3}


@pytest.fixture
def window_of(tmp_path, monkeypatch):
    """Five batches; the first items of some have gold. Windows look back over ten items at least."""
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    monkeypatch.setattr(votes, "WINDOW_ITEMS", 10)
    folder = tmp_path / "tasks" / "letters"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(YAML, encoding="utf-8")
    task = load_task(folder)
    warehouse = Warehouse(path=str(task.warehouse))
    items, said, gold = [], [], []
    for batch, size in SIZES.items():
        for n in range(size):
            key = {"item_id": f"{batch}/{n:02d}", "batch": batch}
            items.append({**key, "text": f"text {n}", "metadata": "{}"})
            said.append({**key, "voter": "rule/a", "version": "1", "label": "praise"})
            if n < GOLD.get(batch, 0):
                gold.append(
                    {**key, "label": "praise", "reviews": 1, "origin": "audit", "probability": 0.5}
                )
    with warehouse.connect() as db:
        for table, rows in (
            (tables.ITEMS, items), (tables.RULE_VOTES, said), (tables.GOLD, gold),
        ):  # fmt: skip
            db.db.register("rows", pa.Table.from_pylist(rows))
            db.execute(f"insert into {table.sql_name} by name from rows")
    return lambda batch, **more: (read_window(task, warehouse, batch, **more), warehouse)


def counts(window) -> dict[str, int]:
    return {batch: list(window.batches).count(batch) for batch in sorted(set(window.batches))}


def test_a_small_batch_looks_back_over_the_least(window_of):
    window, _ = window_of("2026-05", old_gold=0)
    assert counts(window) == {"2026-04": 10, "2026-05": 4}


def test_a_large_batch_looks_back_as_far_as_it_is_large(window_of):
    window, _ = window_of("2026-04", old_gold=0)
    assert counts(window) == {"2026-02": 8, "2026-03": 12, "2026-04": 20}
    assert window.current.sum() == 20
    assert window.votes.n_items == 40
    assert len(window.votes.item) == 40


def test_what_chance_picks_of_a_batch_is_the_same_each_time(window_of):
    first, again = (window_of("2026-05", old_gold=0)[0] for _ in range(2))
    assert list(first.item_ids) == list(again.item_ids)
    picked = [i for i in first.item_ids if i.startswith("2026-04")]
    assert picked != [f"2026-04/{n:02d}" for n in range(10)]


def test_gold_from_before_the_window_still_teaches_with_its_votes(window_of):
    window, _ = window_of("2026-05")
    assert counts(window)["2026-01"] == GOLD["2026-01"]
    assert window.audit.n_gold == GOLD["2026-01"] + GOLD["2026-04"]
    assert {window.item_ids[i] for i in window.gold.item} >= {f"2026-01/{n:02d}" for n in range(6)}
    assert set(window.votes.item) == set(range(len(window.texts)))


def test_the_newest_of_the_old_gold_is_kept_and_never_that_of_the_batch(window_of):
    window, _ = window_of("2026-05", old_gold=1)
    here = [window.item_ids[i] for i in window.gold.item]
    assert not any(i.startswith("2026-05") for i in here)
    assert len(here) <= 1 + GOLD["2026-04"]


def test_the_record_is_read_for_the_items_of_the_window_alone(window_of, tmp_path):
    window, warehouse = window_of("2026-05")
    task = load_task(tmp_path / "tasks" / "letters")
    rows = [
        {"item_id": f"{batch}/{n:02d}", "batch": batch, "unseen": [0.8, 0.2]}
        for batch, size in SIZES.items()
        for n in range(size)
    ]
    posterior = [{**row, "posterior": [0.6, 0.4]} for row in rows]
    with warehouse.connect() as db:
        for table, said, name in (
            (tables.STUDENT_OPINIONS, rows, "unseen"), (tables.CONSENSUS, posterior, "posterior"),
        ):  # fmt: skip
            told = [{k: row[k] for k in ("item_id", "batch", name)} for row in said]
            db.db.register("rows", pa.Table.from_pylist(told))
            db.execute(f"insert into {table.sql_name} by name from rows")
    record = read_record(task, warehouse, "2026-05", window, np.full((len(window.texts), 2), 0.5))
    assert (record.known == ~window.current).all()
    assert record.audit.n_gold == window.audit.n_gold
    np.testing.assert_allclose(record.unseen[record.known], np.tile([0.8, 0.2], (16, 1)))


def test_a_part_of_the_window_keeps_what_was_said_of_each_item(window_of):
    window, _ = window_of("2026-05")
    kept = np.arange(len(window.texts)) % 3 > 0
    part = window.only(kept)
    assert list(part.item_ids) == list(window.item_ids[kept])
    for name in ("gold", "audit"):
        whole, some = getattr(window, name), getattr(part, name)
        of = dict(zip(window.item_ids[whole.item], whole.label, strict=True))
        here = dict(zip(part.item_ids[some.item], some.label, strict=True))
        assert here == {item: label for item, label in of.items() if item in set(part.item_ids)}
        assert some.n_gold < whole.n_gold
    assert list(part.item_ids[part.votes.item]) == list(part.item_ids)
    assert list(part.votes_of_batch().item) == list(range(int(part.current.sum())))
