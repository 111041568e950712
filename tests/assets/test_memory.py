"""A file that will hardly fit into memory is told of before it is read."""

from types import SimpleNamespace

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.landing import memory
from assets.landing.arrivals import land
from cli.new.new import create
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import load_task

ROWS = 2_000


@pytest.fixture
def task(tmp_path, monkeypatch):
    """A task with one file of rows, on a machine whose free memory a test sets."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    folder = create(tmp_path, "letters")
    for path in (folder / "items").iterdir():
        path.unlink()
    lines = [f"{n},2026-03-01,mail,the parcel number {n:05} is late\n" for n in range(ROWS)]
    text = "item_id,received_at,channel,text\n" + "".join(lines)
    (folder / "items" / "all.csv").write_text(text, encoding="utf-8")
    monkeypatch.setattr(memory, "LARGE", 1_000)
    return load_task(folder)


def free(monkeypatch, available: float) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=available))


def test_a_file_that_needs_more_memory_than_is_free_is_told_with_what_it_needs(task, monkeypatch):
    free(monkeypatch, 0.6e9)
    (told,) = memory.memory_warnings(task)
    assert told.startswith("all.csv holds about 2,0")
    assert "about 1 GB of memory, and 0.6 GB are free" in told
    assert "split the file" in told


def test_nothing_is_told_where_memory_is_free_or_the_file_was_read_or_cannot_be(task, monkeypatch):
    free(monkeypatch, 64e9)
    assert memory.memory_warnings(task) == []
    free(monkeypatch, 0.6e9)
    land(task, warehouse_of(task))
    assert memory.memory_warnings(task) == []
    (task.folder / "items" / "all.csv").unlink()
    assert memory.memory_warnings(task) == []


def test_items_are_counted_from_the_lines_of_a_sample_or_from_what_parquet_says(tmp_path):
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"text": "0123456789"}\n' * 100_000, encoding="utf-8")
    assert memory.items_in(lines, lines.stat().st_size) == pytest.approx(100_000, rel=0.01)
    columns = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a"] * 70}), columns)
    assert memory.items_in(columns, 1) == 70
    broken = tmp_path / "b.parquet"
    broken.write_text("no parquet", encoding="utf-8")
    assert memory.items_in(broken, 10) is None
    assert memory.items_in(tmp_path / "a.xlsx", 10) is None


def test_who_runs_the_task_meanwhile_is_not_waited_for(task, monkeypatch):
    free(monkeypatch, 0.6e9)

    def busy(*_: object) -> None:
        raise TaskError("another process has it open")

    monkeypatch.setattr(memory, "unread", busy)
    assert memory.memory_warnings(task) == []
