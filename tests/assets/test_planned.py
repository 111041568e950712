import sqlite3
from contextlib import closing

from orchestration.definitions import definitions
from orchestration.one_job import run_job
from resources.dagster.instance import open_instance
from resources.store.tables import PLANNED, SCRIPTED
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.conftest import DAYS


def test_what_people_are_asked_is_the_audit_the_queue_and_the_doubts(ran_task):
    with warehouse_of(ran_task.task).connect() as db:
        planned = set(
            db.db.execute(f"select item_id, batch, origin from {PLANNED.sql_name}").fetchall()
        )
        drawn = set(
            db.db.execute(
                "select item_id, batch, 'audit' from people.audit_sample"
                " union all select item_id, batch, 'queue' from people.queue"
                " union all select item_id, batch, 'rereview' from people.rereviews"
            ).fetchall()
        )
        answered = set(
            db.db.execute(f"select item_id, batch, origin from {SCRIPTED.sql_name}").fetchall()
        )
    assert planned == drawn
    assert answered
    assert answered <= planned


def test_measuring_again_writes_nothing_to_the_review_store(ran_task, tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    task = load_task(ran_task.copy_to(tmp_path / "project") / "tasks" / "letters")

    def stored() -> list[str]:
        with closing(sqlite3.connect(task.reviews)) as db:
            return list(db.iterdump())

    with closing(sqlite3.connect(task.reviews)) as db, db:
        db.execute("delete from assignments")  # what is planned again would come back
    before = stored()
    with open_instance(task.var.parent) as instance:
        run_job(definitions(task), instance, "letters_measure", DAYS[-1], {})
    assert stored() == before
