"""What a lake was before can be looked at, and brought back; a file says that it keeps nothing."""

import json
import shutil

import pyarrow.parquet as pq
import pytest

from resources.store.history import version_at, version_before
from resources.store.place.lake.opening import OpenLake
from resources.store.place.lake.versions import note, restore, versions
from resources.store.warehouse import warehouse_of
from resources.task.errors import NoVersionsError, TaskError
from resources.task.task import load_task
from tests.conftest import DAYS

RULES = """
classes: [praise, complaint, question]
rules:
  - {name: all_of_it, label: question, regex: '.'}
"""


@pytest.fixture(scope="module")
def twice(on_a_lake, tmp_path_factory):
    """The letters on a lake, labelled, and labelled anew by other rules; with the labels of the first time."""
    from orchestration.running import run_task

    warehouse_of(on_a_lake).close()
    project = shutil.copytree(
        on_a_lake.folder.parents[1], tmp_path_factory.mktemp("twice") / "project"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        folder = project / "tasks" / "letters"
        first = (load_task(folder).published / "labels.parquet").read_bytes()
        (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
        run_task(load_task(folder), lambda *_: None)
        yield load_task(folder), first
    warehouse_of(load_task(folder)).close()


def test_an_item_is_explained_as_it_was(twice, touchstone):
    task, _ = twice
    at = task.folder.parents[1]

    def explained(*more):
        said = touchstone("explain", "m040", "letters", "--json", *more, at=at)
        assert said.code == 0, said.err
        return json.loads(said.out)

    first = next(
        v for v in warehouse_of(task).versions() if v.wrote == f"labels.released {DAYS[1]}"
    )
    warehouse_of(task).close()
    now, then = explained(), explained("--as-of", first.at.isoformat())
    assert {vote["voter"] for vote in now["votes"]} >= {"rule/all_of_it"}
    assert "rule/all_of_it" not in {vote["voter"] for vote in then["votes"]}
    assert (now["as_of"], then["reviews"]) == (None, [])
    assert then["as_of"]
    assert "rule/all_of_it" in {vote["voter"] for vote in explained("--as-of", DAYS[1])["votes"]}
    early = touchstone("explain", "m040", "letters", "--as-of", "2020-01-01", at=at, columns=300)
    assert early.code == 2
    assert "nothing of task 'letters' stood at 2020-01-01: its lake begins at 20" in early.err
    odd = touchstone("explain", "m040", "letters", "--as-of", "yesterday", at=at, columns=300)
    assert "'yesterday' is no batch of task 'letters' that this lake saw labelled" in odd.err
    assert f"it saw {DAYS[0]}, {DAYS[1]}, or say a time" in odd.err


def test_labels_from_before_come_back_and_are_published(twice, touchstone, tmp_path):
    task, first = twice
    warehouse_of(task).close()
    at = shutil.copytree(task.folder.parents[1], tmp_path / "project")
    labels = at / "var" / "letters" / "published" / "labels.parquet"
    assert labels.read_bytes() != first
    said = touchstone("rollback", "letters", DAYS[0], "--yes", at=at, columns=300)
    assert said.code == 0, said.err
    assert len(said.out.splitlines()) == 2, said.out
    assert labels.read_bytes() == first
    again = touchstone("rollback", "letters", DAYS[0], "--yes", at=at, columns=300)
    assert "0 tables brought back" in again.out
    strange = touchstone("rollback", "letters", "2019-01-01", "--yes", at=at, columns=300)
    assert strange.code == 2
    assert "never saw batch '2019-01-01' labelled; it saw 2026-03-02, 2026-03-03" in strange.err
    warehouse_of(load_task(at / "tasks" / "letters")).close()
    assert pq.read_table(labels).num_rows == 62


def test_a_task_in_a_file_says_that_a_lake_would_keep_versions(ran_task):
    warehouse = warehouse_of(ran_task.task)
    for ask in (version_at, version_before):
        with pytest.raises(NoVersionsError, match=r"warehouse\.duckdb keeps no earlier version"):
            ask(ran_task.task, warehouse, DAYS[0])
    with pytest.raises(NoVersionsError), warehouse.as_of(1):
        pass


def test_tables_are_brought_back_with_the_columns_and_rows_they_had(lake):
    place = OpenLake(lake)
    with place.cursor(5) as db:
        db.execute(
            "create schema labels; create table labels.released (item varchar, batch varchar)"
        )
        for batch in "ab":
            db.execute("begin")
            note(db, f"labels.released {batch}")
            db.execute(
                f"insert into labels.released select i::varchar, '{batch}' from range(20) t(i)"
            )
            db.execute("commit")
        db.execute("alter table labels.released add column more integer")
        db.execute("create table labels.late as select 1 as a")
        first, second = (v.number for v in versions(db) if v.wrote.startswith("labels.released"))
        tables = ["labels.released", "labels.late"]
        counted = (
            "select batch, count(*), count(more) from labels.released group by all order by all"
        )

        assert restore(db, first, tables) == tables
        assert db.execute(counted).fetchall() == [("a", 20, 0)]
        assert db.execute("from labels.late").fetchall() == []
        assert restore(db, first, tables) == []
        assert restore(db, second, tables) == ["labels.released"]
        assert db.execute(counted).fetchall() == [("a", 20, 0), ("b", 20, 0)]
        with pytest.raises(TaskError), place.past(5, 10**6):
            pass
    place.close()
