"""What the machine refuses is told with its place and the way out, whoever passes it on."""

import os
import sqlite3
import stat
from pathlib import Path

import duckdb
import pytest

from orchestration.faults.refused import refused


def test_a_full_disk_is_told_whoever_met_it(tmp_path):
    path = str(tmp_path / "a.txt")
    with pytest.raises(OSError, match="No space") as full, Path("/dev/full").open("wb", 0) as file:
        file.write(b"x")
    assert refused(full.value) == (
        "the disk is full; make room, then give the command again: what was finished stands"
    )
    assert (refused(OSError(28, os.strerror(28), path)) or "").startswith(f"{path}: the disk is")
    db = sqlite3.connect(path)
    db.execute("create table t (x)")
    db.execute("pragma max_page_count = 3")
    with pytest.raises(sqlite3.OperationalError) as full_store:
        db.execute("insert into t select hex(randomblob(100000))")
    db.close()
    wrapped = RuntimeError(f"step t_landing failed: OperationalError: {full_store.value}\n  at x")
    assert "the disk is full; make room" in (refused(wrapped) or "")


def test_a_folder_where_a_file_belongs_and_a_file_where_a_folder_does_are_told(tmp_path):
    with pytest.raises(IsADirectoryError) as folder:
        tmp_path.write_text("x")
    assert refused(folder.value) == (
        f"{tmp_path}: a folder stands where the file belongs; move the folder away"
    )
    file = tmp_path / "a"
    file.write_text("x")
    with pytest.raises(NotADirectoryError) as no_folder:
        (file / "b").write_text("x")
    assert "a file stands where the folder belongs; move the file away" in (
        refused(no_folder.value) or ""
    )
    with pytest.raises(FileExistsError) as there:
        file.mkdir()
    assert (refused(there.value) or "").startswith(f"{file}: a file stands")


def test_duckdbs_own_words_name_the_file_too(tmp_path):
    folder = tmp_path / "w.duckdb"
    folder.mkdir()
    with pytest.raises(duckdb.IOException) as refusal:
        duckdb.connect(str(folder / "a" / "x.duckdb"), read_only=False)
    assert refused(refusal.value) is None  # a file that is missing is no refusal
    error = RuntimeError(
        f'step failed: IOException: IO Error: Could not write file "{folder}": No space left on device'
    )
    assert (refused(error) or "").startswith(f"{folder}: the disk is full")


def test_a_right_that_is_missing_is_told_with_the_setting_that_helps(tmp_path):
    error = PermissionError(13, os.strerror(13), str(tmp_path))
    assert refused(error) == (
        f"{tmp_path}: it may not be read or written; give this user the right to it, or name "
        "another folder with TOUCHSTONE_VAR"
    )
    path = tmp_path / "a.sqlite"
    sqlite3.connect(path).execute("create table t (x)")
    path.chmod(stat.S_IRUSR)
    with pytest.raises(sqlite3.OperationalError) as locked:
        sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("insert into t values (1)")
    assert "may not be read or written" in (refused(locked.value) or "")


def test_a_store_that_sqlite_cannot_open_is_told_though_sqlite_names_no_reason(tmp_path):
    with pytest.raises(sqlite3.OperationalError) as unopened:
        sqlite3.connect(tmp_path)
    told = refused(unopened.value) or ""
    assert told.startswith("a SQLite file cannot be opened")
    assert "TOUCHSTONE_VAR" in told
    passed_on = RuntimeError(
        f"step t failed: OperationalError: (sqlite3.X) {unopened.value}\n at x"
    )
    assert refused(passed_on) == told


@pytest.mark.parametrize(
    "bug",
    [
        ZeroDivisionError("a bug"),
        ValueError("the text of an item reads: Permission denied"),
        KeyError("File exists"),
        RuntimeError("step letters_votes failed: ValueError: No space left on device: 'a'\n  at x"),
        RuntimeError("step letters_votes failed: KeyError: 'OSError: [Errno 28] a'\n  at x"),
        RuntimeError("step t failed: ValueError: a\n  raise E('[Errno 13] Permission denied')"),
        RuntimeError("step letters_votes failed: ValueError: [Errno 28] No space left on device"),
        OSError(13, os.strerror(13)),
        ValueError("unable to open database file"),
    ],
    ids=repr,
)
def test_a_bug_stays_a_bug_whatever_words_it_holds(bug):
    assert refused(bug) is None


def test_a_folder_that_is_made_twice_is_a_bug(tmp_path):
    with pytest.raises(FileExistsError) as there:
        tmp_path.mkdir()
    assert refused(there.value) is None


@pytest.mark.parametrize(
    ("told", "meaning"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("PermissionError: [Errno 13] Permission denied: '/a b/c'", "/a b/c: it may not be read"),
        ("IsADirectoryError: [Errno 21] Is a directory: '/a'", "/a: a folder stands"),
        ("PermissionError: [Errno 1] x: '/a' -> '/b'", "/a: it may not be read"),
        ("OperationalError: (sqlite3.OperationalError) database or disk is full", "the disk is"),
        ('X: Runtime Error in model a\n  IO Error: file "/w": Permission denied', "/w: it may not"),
    ],
)
def test_what_dagster_passes_on_is_told_by_class_and_number(told, meaning):
    error = RuntimeError(f"step letters_landing failed: {told}\n\n  File a, line 1\n")
    assert (refused(error) or "").startswith(meaning)


def test_the_cause_behind_an_error_is_told():
    error = RuntimeError("it failed")
    error.__cause__ = OSError(28, os.strerror(28), "/a")
    assert (refused(error) or "").startswith("/a: the disk is full")


def test_a_command_tells_a_refusal_without_a_traceback(ran_task, tmp_path, touchstone):
    ran_task.copy_to(tmp_path / "p")
    task = ran_task.task
    log = tmp_path / "p" / "var" / task.name / "run.lock"
    log.unlink(missing_ok=True)
    log.mkdir()
    said = touchstone("run", task.name, at=tmp_path / "p", columns=500)
    assert said.code == 2, said.err
    assert f"{log}: a folder stands where the file belongs; move the folder away" in said.err
