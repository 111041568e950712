"""MLflow's file is whole, or can be made whole, after a process was killed in the midst of making it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from resources.kept import kept
from resources.task.errors import TaskError
from resources.tracking.tracking_store import ready_tracking_store
from tests.made_once import made_anew

__all__ = ["made_anew"]
pytestmark = pytest.mark.usefixtures("made_anew")

MAKE = """
import sys, time
from pathlib import Path
from resources.tracking.tracking_store import ready_tracking_store
def wait(event, arguments):
    if event == "os.rename" and str(arguments[0]).endswith("mlflow.new"):
        time.sleep(600)
sys.addaudithook(wait)
ready_tracking_store(Path(sys.argv[1]))
"""
"""Makes the file and stops before it takes its place."""


def tables(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("select count(*) from sqlite_master where type = 'table'").fetchone()[0]


def halve(path: Path) -> None:
    """Leave the file as a process leaves it that is killed between two of MLflow's steps."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("update alembic_version set version_num = '451aebb31d03'")


def client_of(var: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{ready_tracking_store(var)}")


def test_a_process_killed_while_it_makes_the_file_leaves_none(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", MAKE, str(tmp_path)])
    new = tmp_path / "mlflow.new"
    until = time.monotonic() + 60
    while time.monotonic() < until and not (new.is_file() and new.stat().st_size):
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert new.is_file()
    assert not (tmp_path / "mlflow.db").exists()
    assert client_of(tmp_path).create_experiment("inbox")
    assert not new.exists()


def test_an_empty_file_keeps_what_is_logged_under_its_own_folder(tmp_path):
    for project in ("one", "two"):
        client = client_of(tmp_path / project)
        (default,) = client.search_experiments()
        place = (tmp_path / project / "mlflow-artifacts" / "0").as_uri()
        assert default.artifact_location == place
        assert default.creation_time > time.time() * 1000 - 60_000
        client.create_run(client.create_experiment("inbox"))


def test_where_no_empty_file_can_be_kept_one_is_made(tmp_path, monkeypatch):
    in_the_way = tmp_path / "built"
    in_the_way.write_text("a file, no folder", encoding="utf-8")
    kept_one = tables(ready_tracking_store(tmp_path / "kept"))
    monkeypatch.setattr("resources.kept.BUILT", in_the_way)
    assert tables(ready_tracking_store(tmp_path / "made")) == kept_one > 20


def test_an_empty_file_that_was_cut_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr("resources.kept.BUILT", tmp_path)
    assert kept("a.db", lambda: b"whole") == b"whole"
    (tmp_path / "a.db").write_bytes(b"")
    assert kept("a.db", lambda: b"whole again") == b"whole again"
    assert kept("a.db", lambda: b"not asked") == b"whole again"


def test_a_file_that_was_left_half_made_without_runs_is_made_anew(tmp_path):
    path = ready_tracking_store(tmp_path)
    whole = tables(path)
    halve(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("drop table registered_models")
    assert client_of(tmp_path).create_experiment("inbox")
    assert tables(path) == whole


def test_a_whole_file_is_left_as_it_is(tmp_path):
    path = ready_tracking_store(tmp_path)
    before = (path.stat().st_ino, path.read_bytes())
    ready_tracking_store(tmp_path)
    assert (path.stat().st_ino, path.read_bytes()) == before


def test_a_file_with_runs_that_cannot_be_upgraded_stays_and_the_error_says_what_to_do(tmp_path):
    client = client_of(tmp_path)
    run = client.create_run(client.create_experiment("inbox")).info.run_id
    halve(tmp_path / "mlflow.db")
    with pytest.raises(TaskError, match=r"mlflow\.db cannot be brought .* move it away"):
        ready_tracking_store(tmp_path)
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as db:
        assert db.execute("select run_uuid from runs").fetchall() == [(run,)]


def test_a_file_of_an_earlier_version_is_upgraded_on_a_copy_and_keeps_its_runs(tmp_path):
    client = client_of(tmp_path)
    run = client.create_run(client.create_experiment("inbox")).info.run_id
    path = downgraded(tmp_path / "mlflow.db")
    was = path.stat().st_ino
    assert client_of(tmp_path).get_run(run).info.run_id == run
    assert path.stat().st_ino != was


def test_a_file_of_an_earlier_version_that_holds_prompts_alone_keeps_them(tmp_path):
    client_of(tmp_path).create_prompt("inbox.classify")
    path = downgraded(tmp_path / "mlflow.db")
    was = path.stat().st_ino
    with closing(sqlite3.connect(ready_tracking_store(tmp_path))) as db:
        named = db.execute("select name from registered_models").fetchall()
    assert (named, path.stat().st_ino != was) == ([("inbox.classify",)], True)


def downgraded(path: Path) -> Path:
    """Leave the file as the MLflow before this one makes it."""
    from alembic import command
    from mlflow.store.db.utils import _get_alembic_config
    from sqlalchemy import create_engine

    config = _get_alembic_config(f"sqlite:///{path}")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    engine.dispose()
    return path
