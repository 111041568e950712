"""Damaged and deleted files: results are made again, the others are named with the way out."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from labeling.files.sqlite import rescue
from orchestration.faults.damage import damaged_files
from orchestration.planning import batches_to_label, is_published
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task

TEXT = b"this is no database" * 300


@pytest.fixture
def task(ran_task, tmp_path, monkeypatch):
    """A copy of a task that was run."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    project = tmp_path / "project"
    ran_task.copy_to(project)
    copied = load_task(project / "tasks" / "letters")
    yield copied
    warehouse_of(copied).close()


def half(path):
    os.truncate(path, path.stat().st_size // 2)


def test_a_task_that_is_whole_has_no_damage_and_is_published(task):
    assert damaged_files(task, everything=True) == []
    assert is_published(task, warehouse_of(task))


@pytest.mark.parametrize("change", [half, os.unlink, lambda path: path.write_bytes(TEXT)])
@pytest.mark.parametrize(
    "name", ["labels.parquet", "votes.parquet", "set_aside.parquet", "report.html"]
)
def test_a_result_that_was_cut_deleted_or_changed_is_published_anew(task, name, change):
    change(task.published / name)
    assert not is_published(task, warehouse_of(task))


@pytest.mark.parametrize("change", [os.unlink, lambda path: path.write_bytes(b"")])
def test_runs_that_are_gone_from_the_tracking_store_are_written_anew(task, change):
    change(task.var.parent / "mlflow.db")
    assert not is_published(task, warehouse_of(task))


def test_one_run_makes_damaged_results_whole_again(task, touchstone):
    project = task.folder.parents[1]
    labels = (task.published / "labels.parquet").read_bytes()
    half(task.published / "labels.parquet")
    (task.var.parent / "mlflow.db").unlink()
    said = touchstone("run", "letters", at=project)
    assert said.code == 0, said.err
    assert "published anew" in said.out
    assert (task.published / "labels.parquet").read_bytes() == labels
    assert "nothing had changed" in touchstone("run", "letters", at=project).out


@pytest.mark.parametrize("change", [half, os.unlink, lambda path: path.write_bytes(TEXT)])
def test_a_student_that_was_cut_deleted_or_changed_has_its_batch_made_anew(task, change):
    student = max(task.students.glob("*.joblib"))
    assert batches_to_label(task, warehouse_of(task)) == {}
    change(student)
    assert list(batches_to_label(task, warehouse_of(task))) == [student.stem]
    told = [damage.path for damage in damaged_files(task)]
    assert told == ([student] if student.exists() else [])


def test_one_run_makes_damaged_students_whole_again(task, touchstone):
    project = task.folder.parents[1]
    students = sorted(task.students.glob("*.joblib"))
    for student in students:
        half(student)
    refused = touchstone(
        "export", "letters", "--model", "-o", str(project / "m.joblib"), at=project
    )
    assert refused.code == 2
    assert f"{students[-1]} is damaged" in refused.err
    said = touchstone("run", "letters", at=project)
    assert said.code == 0, said.err
    assert damaged_files(task) == []
    assert "nothing had changed" in touchstone("run", "letters", at=project).out


def test_a_warehouse_that_was_deleted_is_made_anew_and_leaves_no_runs_of_before(task, touchstone):
    project = task.folder.parents[1]
    task.warehouse.unlink()
    said = touchstone("run", "letters", at=project)
    assert said.code == 0, said.err
    assert "2 batches labelled" in said.out
    assert "nothing had changed" in touchstone("run", "letters", at=project).out
    tracked = warehouse_of(task).ask("select mlflow_run from quality.tracked")["mlflow_run"]
    with closing(sqlite3.connect(task.var.parent / "mlflow.db")) as db:
        runs = "select count(*) from runs where lifecycle_stage = 'active'"
        assert db.execute(runs).fetchone() == (len(set(tracked.to_pylist())),)


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="sqlite3's shell is not here")
def test_the_command_that_saves_what_is_left_saves_it(tmp_path):
    path = tmp_path / "the answers.sqlite"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("create table reviews (label)")
        db.executemany("insert into reviews values (?)", [(f"label {n}",) for n in range(9999)])
    half(path)
    command = rescue(path).split("`")[1]
    subprocess.run(command, shell=True, check=True)  # as the user types it
    with closing(sqlite3.connect(tmp_path / "the answers.saved.sqlite")) as db:
        (left,) = db.execute("select count(*) from reviews").fetchone()
    assert 3000 < left < 9999


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("letters/reviews.sqlite", half),
        ("letters/reviews.sqlite", lambda path: path.write_bytes(TEXT)),
        ("letters/warehouse.duckdb", half),
        ("letters/warehouse.duckdb", lambda path: path.write_bytes(TEXT)),
        ("letters/warehouse.duckdb", lambda path: path.write_bytes(b"")),
        ("dagster/history/runs.db", lambda path: path.write_bytes(TEXT)),
    ],
)
def test_a_command_names_the_damaged_file_and_the_remedy_without_a_traceback(
    task, touchstone, name, damage
):
    path = task.var.parent / name
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    damage(path)
    said = touchstone("run", "letters", at=task.folder.parents[1], columns=500)
    assert said.code == 2, said.err
    assert str(path) in said.err
    assert "Traceback" not in said.err + said.out
    assert any(word in said.err for word in ("touchstone reset", ".dump", "move the folder"))


@pytest.mark.parametrize(
    "name", ["published/labels.parquet", "published/report.html", "reviews.sqlite"]
)
def test_a_folder_where_a_file_belongs_is_named_with_a_remedy_that_helps(task, touchstone, name):
    project, path = task.folder.parents[1], task.var / name
    kept = path.with_name("kept")
    if path.exists():
        path.rename(kept)
    path.mkdir()
    said = touchstone("run", "letters", at=project, columns=500)
    assert said.code == 2, said.err
    assert f"{path} is damaged (a folder stands where the file belongs)" in said.err
    assert "move the folder away" in said.err
    path.rmdir()
    if kept.exists():
        kept.rename(path)
    assert touchstone("run", "letters", at=project).code == 0


@pytest.mark.parametrize("how", ["emptied", "deleted"])
def test_answers_that_are_gone_are_told_and_not_forgotten_in_silence(task, touchstone, how):
    project = task.folder.parents[1]
    for suffix in ("-wal", "-shm", ""):
        task.reviews.path.with_name(f"reviews.sqlite{suffix}").unlink(missing_ok=True)
    if how == "emptied":
        task.reviews.path.touch()
    touchstone("status", "letters", at=project)  # looking does not make it pass
    doctor = touchstone("doctor", at=project, columns=500)
    assert f"{task.reviews} holds no answer, and the last run knew" in doctor.out
    said = touchstone("run", "letters", at=project, columns=500)
    assert said.code == 2
    assert f"{task.reviews} holds no answer, and the last run knew" in said.err
    assert "Put a backup in its place" in said.err
    assert touchstone("reset", "letters", "--yes", at=project).code == 0
    assert touchstone("run", "letters", at=project).code == 0


def test_an_error_with_no_damage_behind_it_is_told_as_the_fault_it_is(
    task, touchstone, monkeypatch
):
    def fail(*_):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("orchestration.running.run_task", fail)
    with pytest.raises(ZeroDivisionError):
        touchstone("run", "letters", at=task.folder.parents[1])


@pytest.mark.parametrize("name", ["ledger", "alarm_trail", "embeddings", "small_copies", "alerts"])
def test_each_store_has_a_way_out(task, name):
    path = Path(getattr(task, name))
    path.write_bytes(TEXT)
    (damage,) = damaged_files(task)
    assert damage.path == path
    assert damage.remedy
