"""Tables are moved whole or not at all, and a move that is killed leaves a task that runs."""

import signal
import subprocess
import sys

import pytest

from orchestration.changes import moving
from orchestration.changes.moving import move_task
from orchestration.changes.said_anew import said_anew
from resources.store import copying
from resources.store.place import named, stands
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.settings.store import Lake, Store
from resources.task.task import load_task

PUBLISHED_TOO = (
    "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
)


@pytest.fixture
def project(ran_task, tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return ran_task.copy_to(tmp_path / "project")


def task_in(project):
    return load_task(project / "tasks" / "letters")


def hashes(task):
    """Count and hash the rows of every table."""
    warehouse = warehouse_of(task)
    with warehouse.connect() as db:
        tables = sorted(db.execute(PUBLISHED_TOO).fetchall())
        found = {
            name: db.execute(f'select count(*), sum(hash(t)) from "{schema}"."{name}" t').fetchone()
            for schema, name in tables
        }
    warehouse.close()
    return found


def test_there_and_back_every_table_is_the_same(project, touchstone):
    before, text = (
        hashes(task_in(project)),
        (project / "tasks/letters/task.yaml").read_text("utf-8"),
    )
    there = touchstone("move", "letters", "--to", "lake", at=project, columns=300)
    assert there.code == 0, there.err
    assert "counts and hashes of all are equal, and task.yaml says so" in there.out
    task = task_in(project)
    assert named(task).endswith("lake.ducklake")
    assert (project / "tasks/letters/task.yaml").read_text(
        "utf-8"
    ) == f"{text}\nstore:\n  lake: {{}}\n"
    assert not task.warehouse.exists()
    assert hashes(task) == before
    labels = (task.published / "labels.parquet").read_bytes()
    assert touchstone("run", "letters", at=project).code == 0
    assert (task.published / "labels.parquet").read_bytes() == labels
    before = hashes(task)
    assert "lie at" in touchstone("move", "letters", "--to", "lake", at=project).out

    back = touchstone("move", "letters", "--to", "file", at=project)
    assert back.code == 0, back.err
    task = task_in(project)
    assert (project / "tasks/letters/task.yaml").read_text("utf-8") == f"{text}\n"
    assert hashes(task) == before
    assert not (task.var / "lake.ducklake").exists()
    assert not (task.var / "lake" / "letters").exists()
    assert not (task.var / "moving.json").exists()


def test_a_catalog_in_postgres_and_data_in_s3_take_it_too(project, postgres, s3):
    task = task_in(project)
    before = hashes(task)
    move_task(task, Lake(catalog=postgres.address, data=s3))
    assert hashes(task_in(project)) == before
    move_task(task_in(project), None)
    assert hashes(task_in(project)) == before


KILLED = """
import os, signal, sys
from pathlib import Path
from orchestration.changes import moving
from resources.task.settings.store import Lake
from resources.task.task import load_task

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

task = load_task(Path(sys.argv[1]))
if sys.argv[2] == "before":
    moving.write_whole = killed
else:
    moving.remove = killed
moving.move_task(task, Lake())
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_move_that_is_killed_leaves_a_task_that_runs_and_can_be_moved(project, when):
    before = hashes(task_in(project))
    command = [sys.executable, "-c", KILLED, str(project / "tasks" / "letters"), when]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr

    task = task_in(project)
    assert (task.spec.store.lake is None) == (when == "before")
    assert task.warehouse.exists()
    assert (task.var / "lake.ducklake").exists()
    assert hashes(task) == before
    move_task(task, Lake())
    task = task_in(project)
    assert hashes(task) == before
    assert not task.warehouse.exists()
    assert not (task.var / "moving.json").exists()


def test_a_copy_that_differs_is_not_taken(project, monkeypatch):
    task = task_in(project)
    before = hashes(task)
    lose = lambda db, *_: db.execute("delete from target.raw.items where item_id = 'm001'")  # noqa: E731
    monkeypatch.setattr(copying, "note", lose)
    with pytest.raises(TaskError, match=r'copy of "raw"."items" differs \(62 rows, and 61'):
        move_task(task, Lake())
    assert task_in(project).spec.store.lake is None
    assert hashes(task) == before
    monkeypatch.undo()
    move_task(task, Lake())
    assert hashes(task_in(project)) == before


def test_tables_that_stand_at_the_new_place_are_not_overwritten(project):
    task = task_in(project)
    other = moving._at(task, Store(lake=Lake()))
    warehouse_of(other).ask("select 1")
    warehouse_of(other).close()
    with pytest.raises(
        TaskError, match=r"tables stand at .*lake\.ducklake already, and would be lost"
    ):
        move_task(task, Lake())
    assert stands(task)
    assert stands(other)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: a\n", "name: a\n\nstore:\n  lake: {}\n"),
        ("store: {lake: {}}\nname: a\n", "store:\n  lake: {}\nname: a\n"),
        (
            "store:\n  lake:\n    data: x  # here\n# why\nname: a\n",
            "store:\n  lake: {}\n# why\nname: a\n",
        ),
    ],
)
def test_only_the_lines_of_the_store_are_written_anew(tmp_path, before, after):
    path = tmp_path / "task.yaml"
    path.write_text(before, encoding="utf-8")
    assert said_anew(path, "store", {"lake": {}}) == after
    path.write_text('{"name": "a"}', encoding="utf-8")
    with pytest.raises(TaskError, match="written in brackets"):
        said_anew(path, "store", {"lake": {}})


def test_another_catalog_over_the_same_files_is_refused_and_nothing_is_lost(project, touchstone):
    assert touchstone("move", "letters", "--to", "lake", at=project).code == 0
    before = hashes(task_in(project))
    said = touchstone(
        "move", "letters", "--to", "lake", "--catalog", "other.ducklake", at=project, columns=300
    )
    assert said.code == 2
    assert "the files of both lakes would lie in" in said.err
    assert hashes(task_in(project)) == before
    elsewhere = ("--catalog", "other.ducklake", "--data", "{var}/other")
    assert touchstone("move", "letters", "--to", "lake", *elsewhere, at=project).code == 0
    assert hashes(task_in(project)) == before


def test_a_folder_that_holds_files_is_refused(project):
    task = task_in(project)
    mine = task.var / "lake" / "letters" / "mine.parquet"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    with pytest.raises(
        TaskError, match=r"lake/letters holds files already, of another lake perhaps"
    ):
        move_task(task, Lake())
    assert mine.read_bytes() == b"mine"


def test_a_place_that_cannot_be_written_to_stops_no_later_move(project):
    task = task_in(project)
    before = hashes(task)
    (project / "a_file").write_text("x")
    with pytest.raises(FileExistsError, match="a_file"):
        move_task(task, Lake(catalog=str(project / "a_file" / "x.ducklake")))
    move_task(task_in(project), Lake())
    assert hashes(task_in(project)) == before


def test_a_file_that_is_no_catalog_is_not_written_over(project, touchstone):
    notes = project / "tasks" / "letters" / "notes.txt"
    notes.write_text("buy paper")
    said = touchstone(
        "move", "letters", "--to", "lake", "--catalog", "notes.txt", at=project, columns=300
    )
    assert said.code == 2
    assert "notes.txt is a file of something else, and no catalog" in said.err
    assert notes.read_text() == "buy paper"


def test_a_lake_whose_files_are_gone_is_told_and_begun_anew(project, touchstone):
    assert touchstone("move", "letters", "--to", "lake", at=project).code == 0
    checked = touchstone("doctor", "letters", at=project, columns=300)
    assert "Nothing must be mended" in checked.out
    for path in (project / "var" / "letters" / "lake").rglob("*.parquet"):
        path.unlink()
    checked = touchstone("doctor", "letters", at=project, columns=300)
    assert checked.code != 0
    assert "letters: warehouse" in checked.out
    assert "`touchstone reset letters` begins it anew" in checked.out
    said = touchstone("run", "letters", at=project, columns=300)
    assert said.code != 0
    assert "`touchstone reset letters` begins it anew" in said.err
    assert touchstone("reset", "letters", "--yes", at=project).code == 0
    assert touchstone("run", "letters", at=project).code == 0
