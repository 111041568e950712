"""A run whose every line to PostgreSQL is cut in the middle ends in a sentence, and the next one goes on."""

import shutil

import psycopg
import pyarrow.parquet as pq
import pytest

from labeling.errors import LabelingError
from orchestration.running import run_task
from resources.store.session import Session
from resources.store.tables import EVERY
from resources.store.warehouse import warehouse_of
from tests.resources.store.lake.conftest import with_store

IN_MID_RUN = 25
CUT = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid()"
)


def rows(task):
    """How many rows each table holds, and each published file's."""
    asked = " union all ".join(
        f"select '{one.sql_name}' as name, count(*) as n from {one.sql_name}" for one in EVERY
    )
    counts = sorted(map(tuple, (r.values() for r in warehouse_of(task).ask(asked).to_pylist())))
    files = {
        path.name: sorted(map(repr, pq.read_table(path).to_pylist()))
        for path in task.published.glob("*.parquet")
    }
    return counts, files


def test_catalog_and_state_that_are_cut_in_mid_run_leave_the_same_labels(
    fresh, ran_task, postgres, tmp_path, monkeypatch
):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    address = postgres.database()
    project = shutil.copytree(fresh, tmp_path / "project")
    task = with_store(
        project, f"{{lake: {{catalog: '{address}'}}}}\nstate: {{postgres: '{address}'}}"
    )
    as_it_is, inserts, cuts = Session.insert, 0, []

    def cut_in_a_transaction(self, table, given):
        nonlocal inserts
        inserts += 1
        as_it_is(self, table, given)
        if inserts == IN_MID_RUN:
            with psycopg.connect(address.replace("postgres:", "postgresql:")) as db:
                cuts.extend(db.execute(CUT).fetchall())

    monkeypatch.setattr(Session, "insert", cut_in_a_transaction)
    with pytest.raises(LabelingError) as caught:
        run_task(task, lambda *_: None)
    assert cuts
    assert "does not answer" in str(caught.value)
    assert "\n" not in str(caught.value)
    run_task(task, lambda *_: None)
    assert rows(task) == rows(ran_task.task)
    warehouse_of(task).close()
