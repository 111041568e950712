"""A second store is one folder: ``second/place`` put in the place of ``resources/store/place``."""

import os
import shutil
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from resources.store.tables import EVERY
from tests.code_copy import copy_code

LABELS = ["item_id", "batch", "label", "confidence", "decided_by"]


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """A copy of the code in which that one folder is another."""
    folder = copy_code(tmp_path_factory.mktemp("code"))
    place = folder / "resources" / "store" / "place"
    shutil.rmtree(place)
    shutil.copytree(Path(__file__).parent / "second" / "place", place)
    return folder


@pytest.fixture(scope="module")
def project(ran_task, tmp_path_factory):
    """The project of every test, of which nothing was made yet."""
    folder = ran_task.copy_to(tmp_path_factory.mktemp("second") / "project")
    shutil.rmtree(folder / "var")
    return folder


@pytest.fixture
def touchstone(warm_touchstone, code, project):
    """Run a command of that code in a process of its own, and return what it printed."""

    def touchstone(*words: str) -> str:
        env = {key: value for key, value in os.environ.items() if key != "TOUCHSTONE_VAR"}
        done = subprocess.run(
            [*warm_touchstone, *words],
            cwd=project, env={**env, "PYTHONPATH": str(code), "COLUMNS": "200"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return touchstone


def labels(project: Path, folder: str = "var") -> list[dict]:
    (path,) = (project / folder).rglob("published/labels.parquet")
    return pq.read_table(path).select(LABELS).sort_by("item_id").to_pylist()


def test_a_task_runs_on_parquet_files_and_publishes_the_same(touchstone, project, ran_task):
    touchstone("run", "letters")
    assert labels(project) == labels(ran_task.project)
    (store,) = (project / "var").rglob("warehouse.parquet")
    lies = {path.name for path in store.rglob("*.parquet")}
    assert {f"{one.schema}_{one.name}.parquet" for one in EVERY} <= lies
    assert not list((project / "var").rglob("warehouse.duckdb"))

    assert "nothing had changed" in touchstone("run", "letters").casefold()
    assert "letters" in touchstone("status", "letters")
    touchstone("reset", "letters", "--yes")
    assert not store.exists()
