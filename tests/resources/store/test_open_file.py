"""A file that stays open between two uses, and is given to whoever wants it."""

import contextlib
import multiprocessing
import multiprocessing.synchronize
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from resources.store.place import held as module
from resources.store.place.file.opening import OpenFile
from resources.task.errors import DamagedError, TaskError

CONTEXT = multiprocessing.get_context("spawn")


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "w.duckdb"


def use_again_and_again(path: Path, started: "multiprocessing.synchronize.Event") -> None:
    file = OpenFile(path)
    while True:
        with file.cursor(30) as db:
            db.execute("create table if not exists seen (n int)")
            db.execute("insert into seen values (1)")
        started.set()


@pytest.fixture
def busy(path: Path):
    """Another process that never leaves the file alone for longer than a statement."""
    started = CONTEXT.Event()
    other = CONTEXT.Process(target=use_again_and_again, args=(path, started))
    other.start()
    assert started.wait(60)
    yield other
    other.kill()
    other.join()


def opened(file: OpenFile, patience_s: float = 5.0) -> bool:
    """Whether a use had to open the file."""
    before = file._database
    with file.cursor(patience_s):
        return file._database is not before


def test_a_file_is_opened_once_for_many_uses(path):
    file = OpenFile(path)
    assert [opened(file) for _ in range(4)] == [True, False, False, False]
    file.close()
    assert opened(file)
    file.close()


def test_it_is_closed_when_nobody_has_used_it_for_a_while(path, monkeypatch):
    monkeypatch.setattr(module, "LINGER_S", 0.05)
    file = OpenFile(path)
    assert opened(file)
    time.sleep(4 * module.TICK_S)
    assert file._database is None
    assert opened(file), "and opened again when it is wanted"
    file.close()


def test_whoever_waits_gets_it_from_a_process_that_uses_it_all_the_time(path, busy):
    file = OpenFile(path)
    for _ in range(3):
        began = time.monotonic()
        with file.cursor(20) as db:
            assert db.execute("select count(*) > 0 from seen").fetchone() == (True,)
        file.close()
        assert time.monotonic() - began < 2.0
        time.sleep(0.2)
    assert busy.is_alive()


def test_what_was_written_stands_when_the_process_is_killed_with_the_file_open(path, busy):
    time.sleep(0.3)
    os.kill(busy.pid, signal.SIGKILL)
    busy.join()
    with OpenFile(path).cursor(5) as db:
        assert db.execute("select count(*) > 10 from seen").fetchone() == (True,)


def test_nothing_of_one_use_is_left_to_the_next(path):
    file = OpenFile(path)
    with file.cursor(5) as db:
        db.execute("create temp table mine (n int)")
        db.execute("set timezone = 'Asia/Tokyo'")
        db.execute("create table kept (n int)")
        db.execute("begin")
        db.execute("insert into kept values (1)")
    with file.cursor(5) as db:
        assert db.execute("from kept").fetchall() == []
        assert db.execute("select current_setting('timezone')").fetchone() != ("Asia/Tokyo",)
        with pytest.raises(duckdb.CatalogException):
            db.execute("from mine")
    file.close()


def test_a_program_that_opens_the_file_itself_finds_it_closed(path):
    file = OpenFile(path)
    with file.cursor(5) as db:
        db.execute("create table t as select 7 as n")
    with file.closed(5):
        other = CONTEXT.Process(target=read_only, args=(path,))
        other.start()
        other.join(60)
        assert other.exitcode == 0
    assert opened(file)
    file.close()


def read_only(path: Path) -> None:
    with duckdb.connect(str(path), read_only=True) as db:
        assert db.execute("from t").fetchall() == [(7,)]


def test_a_file_that_was_replaced_is_opened_anew(path):
    file = OpenFile(path)
    with file.cursor(5) as db:
        db.execute("create table old (n int)")
    path.unlink()
    path.with_name("w.duckdb.wal").unlink(missing_ok=True)
    with file.cursor(5) as db:
        assert db.execute("select count(*) from duckdb_tables()").fetchone() == (0,)
    file.close()


def test_threads_take_turns_and_lose_patience(path):
    file, inside, leave = OpenFile(path), threading.Event(), threading.Event()

    def stay() -> None:
        with file.cursor(5):
            inside.set()
            leave.wait(30)

    other = threading.Thread(target=stay)
    other.start()
    assert inside.wait(30)
    with pytest.raises(TaskError, match="in use"), file.cursor(0.05):
        pass
    leave.set()
    other.join()
    assert not opened(file)
    file.close()


def test_a_file_that_is_none_does_not_keep_the_lock(path):
    path.write_bytes(b"this is no database" * 100)
    for _ in range(2):
        with pytest.raises(DamagedError), OpenFile(path).cursor(0.5):
            pass


HOLDER = """
import sys, time, duckdb
held = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@contextlib.contextmanager
def held_by_a_shell(path, seconds):
    """A program that knows nothing of our locks has the file open."""
    program = [sys.executable, "-c", HOLDER, str(path), str(seconds)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout is not None
        assert shell.stdout.readline().strip() == "held"
        yield shell
        shell.kill()


def test_a_shell_that_has_the_file_open_is_waited_for(tmp_path):
    file = OpenFile(tmp_path / "a.duckdb")
    with held_by_a_shell(file.path, 1.5), file.cursor(20) as db:
        assert db.execute("select 1").fetchone() == (1,)
    file.close()


@pytest.mark.parametrize("whole", [True, False], ids=["for us", "for dbt"])
def test_a_shell_that_stays_is_named_in_one_sentence(tmp_path, monkeypatch, whole):
    monkeypatch.setattr(module, "STRANGER_S", 0.6)
    file = OpenFile(tmp_path / "a.duckdb")
    with held_by_a_shell(file.path, 60) as shell:
        with pytest.raises(TaskError) as caught, file.cursor(20) if whole else file.closed(20):
            pass
        assert f"is open in process {shell.pid}" in str(caught.value)
        assert "\n" not in str(caught.value)
    with file.cursor(20) as db:
        assert db.execute("select 1").fetchone() == (1,), "and it is not locked by us afterwards"
    file.close()


def half(path):
    os.truncate(path, path.stat().st_size // 2)


def no_database(path):
    path.write_bytes(b"this is no database" * 900)


def empty(path):
    path.write_bytes(b"")


def overwritten(path):
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 5000)


@pytest.mark.parametrize("damage", [half, no_database, empty, overwritten])
def test_a_damaged_file_is_named_with_the_way_out(tmp_path, damage):
    path = tmp_path / "letters" / "warehouse.duckdb"
    file = OpenFile(path)
    with file.cursor(20) as db:
        db.execute("create table t as select i, md5(i::varchar) as s from range(200000) r(i)")
    file.close()
    damage(path)

    def look():
        with file.cursor(20) as db:
            return db.execute("select max(s) from t").fetchall()

    with pytest.raises(DamagedError) as caught:
        look()
    assert str(path) in str(caught.value)
    assert "touchstone reset letters" in str(caught.value)
    file.close()


def test_a_process_that_opened_the_file_often_ends_in_peace(tmp_path):
    program = (
        "import sys; from resources.store.place.opening import open_place\n"
        "file = open_place(sys.argv[1])\n"
        "for _ in range(40):\n"
        "    with file.cursor(30):\n"
        "        pass\n"
        "    file.close()\n"
    )
    for _ in range(5):
        ended = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "w.duckdb")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (ended.returncode, ended.stderr) == (0, "")
