"""A task whose tables lie in a lake says, publishes and keeps the same as one in a file."""

import shutil

import pyarrow.parquet as pq
import pytest

from resources.store.place import named, size, stands
from resources.store.tables import EVERY
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.resources.store.lake.conftest import with_store

ROUNDED = {"consensus_calibration", "voter_beliefs"}
"""Files whose figures are sums over items in the order they are read: their last digits are not compared."""


@pytest.fixture(scope="module")
def ran(fresh, tmp_path_factory):
    """The letters, run on a lake of their own."""
    from orchestration.running import run_task

    project = shutil.copytree(fresh, tmp_path_factory.mktemp("lake") / "project")
    task = with_store(project, "{lake: {}}")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        task = load_task(task.folder)
        run_task(task, lambda *_: None)
    yield task
    warehouse_of(task).close()


def test_every_published_file_is_that_of_the_task_in_a_file(ran, ran_task):
    files = {path.name for path in ran_task.task.published.glob("*.parquet")}
    assert files == {path.name for path in ran.published.glob("*.parquet")}
    for name in sorted(files):
        there, here = ran_task.task.published / name, ran.published / name
        if name.removesuffix(".parquet") in ROUNDED:
            assert pq.read_table(there).num_rows == pq.read_table(here).num_rows
        else:
            assert there.read_bytes() == here.read_bytes(), name


def test_every_table_holds_as_many_rows_and_no_file_of_tables_was_made(ran, ran_task):
    def rows(task):
        asked = " union all ".join(
            f"select '{one.sql_name}' as name, count(*) as n from {one.sql_name}" for one in EVERY
        )
        return sorted(map(tuple, (r.values() for r in warehouse_of(task).ask(asked).to_pylist())))

    assert rows(ran) == rows(ran_task.task)
    assert not ran.warehouse.exists()
    assert stands(ran)
    assert named(ran) == str(ran.var / "lake.ducklake")
    assert (size(ran) or 0) > 10_000


def test_looking_at_a_lake_writes_nothing_to_it(ran, touchstone):
    def snapshots():
        with warehouse_of(ran).connect() as db:
            return db.execute("select count(*) from ducklake_snapshots('warehouse')").fetchone()

    before = snapshots()
    warehouse_of(ran).close()
    at = ran.folder.parents[1]
    assert "m001" in touchstone("explain", "m001", "letters", at=at).out
    assert "letters" in touchstone("status", "letters", at=at).out
    assert snapshots() == before


def test_a_second_run_finds_nothing_changed_and_a_reset_leaves_nothing(ran, touchstone, tmp_path):
    warehouse_of(ran).close()
    project = shutil.copytree(ran.folder.parents[1], tmp_path / "project")
    said = touchstone("run", "letters", at=project)
    assert "nothing had changed" in said.out.casefold()
    said = touchstone("doctor", "letters", at=project, columns=300)
    assert "a lake" in said.out
    assert touchstone("reset", "letters", "--yes", at=project).code == 0
    assert not (project / "var" / "letters" / "lake.ducklake").exists()
    assert not (project / "var" / "letters" / "lake" / "letters").exists()
