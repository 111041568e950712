"""A task whose tables lie in a lake says, publishes and keeps the same as one in a file."""

import re
import shutil

from resources.store.place import named, size, stands
from resources.store.tables import EVERY
from resources.store.warehouse import warehouse_of


def test_every_published_file_is_that_of_the_task_in_a_file(on_a_lake, ran_task):
    files = {path.name for path in ran_task.task.published.glob("*.parquet")}
    assert files == {path.name for path in on_a_lake.published.glob("*.parquet")}
    for name in sorted(files):
        there, here = ((task.published / name).read_bytes() for task in (ran_task.task, on_a_lake))
        assert there == here, name


def test_every_table_holds_as_many_rows_and_no_file_of_tables_was_made(on_a_lake, ran_task):
    def rows(task):
        asked = " union all ".join(
            f"select '{one.sql_name}' as name, count(*) as n from {one.sql_name}" for one in EVERY
        )
        return sorted(map(tuple, (r.values() for r in warehouse_of(task).ask(asked).to_pylist())))

    assert rows(on_a_lake) == rows(ran_task.task)
    assert not on_a_lake.warehouse.exists()
    assert stands(on_a_lake)
    assert named(on_a_lake) == str(on_a_lake.var / "lake.ducklake")
    assert (size(on_a_lake) or 0) > 10_000


def test_looking_at_a_lake_writes_nothing_to_it(on_a_lake, touchstone):
    def snapshots():
        with warehouse_of(on_a_lake).connect() as db:
            return db.execute("select count(*) from ducklake_snapshots('warehouse')").fetchone()

    before = snapshots()
    warehouse_of(on_a_lake).close()
    at = on_a_lake.folder.parents[1]
    assert "m001" in touchstone("explain", "m001", "letters", at=at).out
    assert "letters" in touchstone("status", "letters", at=at).out
    told = " ".join(touchstone("doctor", "letters", "--scale", at=at, columns=300).out.split())
    assert re.search(
        r"a lake, format \S+, catalog \S+lake\.ducklake: \d+ tables in \d+ files of", told
    )
    assert snapshots() == before


def test_a_second_run_finds_nothing_changed_and_a_reset_leaves_nothing(
    on_a_lake, touchstone, tmp_path
):
    warehouse_of(on_a_lake).close()
    project = shutil.copytree(on_a_lake.folder.parents[1], tmp_path / "project")
    said = touchstone("run", "letters", at=project)
    assert "nothing had changed" in said.out.casefold()
    said = touchstone("doctor", "letters", at=project, columns=300)
    assert "a lake" in said.out
    assert touchstone("reset", "letters", "--yes", at=project).code == 0
    assert not (project / "var" / "letters" / "lake.ducklake").exists()
    assert not (project / "var" / "letters" / "lake" / "letters").exists()
