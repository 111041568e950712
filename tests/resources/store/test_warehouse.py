"""Short connections that wait their turn, and batches that are replaced as a whole."""

import multiprocessing
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from resources.store.table import as_arrow
from resources.store.tables import QUEUE
from resources.store.warehouse import Warehouse
from resources.task.errors import TaskError

CONTEXT = multiprocessing.get_context("spawn")


def rows(batch: str, *numbers: int) -> pa.Table:
    return as_arrow(QUEUE, [{"rank": number, "batch": batch} for number in numbers])


def hold(path: str, seconds: float, ready: "multiprocessing.synchronize.Event") -> None:
    with Warehouse(path=path).connect():
        ready.set()
        time.sleep(seconds)


def write_many(path: str, batch: str, times: int) -> None:
    warehouse = Warehouse(path=path)
    for n in range(times):
        warehouse.replace_batch(QUEUE, batch, rows(batch, *range(n + 1)))


def test_writing_a_batch_again_replaces_it_and_leaves_the_others(tmp_path):
    warehouse = Warehouse(path=str(tmp_path / "w.duckdb"))
    warehouse.replace_batch(QUEUE, "a", rows("a", 1, 2))
    warehouse.replace_batch(QUEUE, "b", rows("b", 3))
    warehouse.replace_batch(QUEUE, "a", rows("a", 4))
    found = warehouse.ask("select batch, rank as n from people.queue order by all").to_pylist()
    assert found == [{"batch": "a", "n": 4}, {"batch": "b", "n": 3}]


def test_columns_are_matched_by_name_and_not_by_place(tmp_path):
    warehouse = Warehouse(path=str(tmp_path / "w.duckdb"))
    warehouse.replace_batch(QUEUE, "a", rows("a", 7).select(list(reversed(QUEUE.columns))))
    assert warehouse.ask("select rank as n from people.queue").to_pylist() == [{"n": 7}]


def test_a_failed_write_leaves_what_stood_there(tmp_path):
    warehouse = Warehouse(path=str(tmp_path / "w.duckdb"))
    warehouse.replace_batch(QUEUE, "a", rows("a", 1))
    wrong = rows("a", 2).set_column(2, "rank", pa.array(["no number"]))
    with pytest.raises(duckdb.Error):
        warehouse.replace_batch(QUEUE, "a", wrong)
    assert warehouse.ask("select rank as n from people.queue").to_pylist() == [{"n": 1}]


def test_a_transaction_that_raises_is_rolled_back(tmp_path):
    warehouse = Warehouse(path=str(tmp_path / "w.duckdb"))

    def interrupted() -> None:
        with warehouse.connect() as db, db.transaction():
            db.execute("insert into people.queue (batch, rank) values ('a', 1)")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert warehouse.ask("select count(*) as n from people.queue").to_pylist() == [{"n": 0}]


def test_a_second_process_waits_for_the_first_instead_of_failing(tmp_path):
    path = str(tmp_path / "w.duckdb")
    ready = CONTEXT.Event()
    other = CONTEXT.Process(target=hold, args=(path, 1.5, ready))
    other.start()
    assert ready.wait(60)
    began = time.monotonic()
    Warehouse(path=path).ask("from people.queue")
    waited = time.monotonic() - began
    other.join(60)
    assert waited > 0.5
    assert other.exitcode == 0


def test_patience_ends_with_the_file_and_what_to_do(tmp_path):
    path = str(tmp_path / "w.duckdb")
    ready = CONTEXT.Event()
    other = CONTEXT.Process(target=hold, args=(path, 4.0, ready))
    other.start()
    assert ready.wait(60)
    with pytest.raises(TaskError, match=r"w\.duckdb has been in use .* end that process"):
        Warehouse(path=path, patience_s=0.2).ask("from people.queue")
    other.join(60)


def test_four_processes_write_at_once_without_a_lock_error(tmp_path):
    path = str(tmp_path / "w.duckdb")
    writers = [CONTEXT.Process(target=write_many, args=(path, name, 5)) for name in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0, 0, 0, 0]
    found = Warehouse(path=path).ask(
        "select batch, count(*) as n from people.queue group by all order by all"
    )
    assert found.to_pylist() == [{"batch": name, "n": 5} for name in "abcd"]


def test_the_file_is_made_with_its_folder(tmp_path):
    Warehouse(path=str(tmp_path / "deep" / "er" / "w.duckdb")).ask("from people.queue")
    assert Path(tmp_path / "deep" / "er" / "w.duckdb").is_file()
