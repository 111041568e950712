"""``touchstone reset``: begun anew from a batch or as a whole, with what was said and paid."""

import os

import pytest

from orchestration.planning import batches_to_label
from orchestration.running import run_task
from orchestration.turn import turn
from resources.dagster.instance import open_instance
from resources.reviews.store import ReviewStore
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task

DAYS = ["2026-03-02", "2026-03-03"]


@pytest.fixture
def task(ran_task, tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    project = tmp_path / "project"
    ran_task.copy_to(project)
    copied = load_task(project / "tasks" / "letters")
    yield copied
    warehouse_of(copied).close()


def partitions(task):
    with open_instance(task.var.parent) as instance:
        return sorted(instance.get_dynamic_partitions("letters_batches"))


def answers(task):
    return ReviewStore(task.reviews).reviews().num_rows


def test_from_a_batch_on_all_that_was_made_goes_and_the_earlier_stays(task, touchstone):
    said = touchstone(
        "reset", "letters", "--from", DAYS[1], "--yes", at=task.folder.parents[1], columns=200
    )
    assert said.code == 0, said.err
    assert "1 batch (2026-03-03) would go" in said.out
    assert "took out 1 batch of letters" in said.out
    assert partitions(task) == DAYS[:1]
    with warehouse_of(task).connect() as db:
        tables = db.execute(
            "select distinct schema_name || '.' || table_name from duckdb_columns() where column_name"
            " = 'batch' and schema_name not in ('marts', 'staging') and table_name <> 'tracked'"
        ).fetchall()
        ghosts = {
            table for (table,) in tables
            if db.execute(f"select 1 from {table} where batch = ?", [DAYS[1]]).fetchone()
        }  # fmt: skip
        assert ghosts == set()
        kept = db.execute("select distinct batch from labels.released").fetchall()
    assert kept == [(DAYS[0],)]


@pytest.mark.parametrize("here", [False, True], ids=["nobody is there", "somebody says no"])
def test_what_would_go_and_stay_is_shown_and_nothing_done_unless_somebody_says_yes(
    task, touchstone, monkeypatch, here
):
    monkeypatch.setattr("cli.asking.somebody_is_here", lambda: here)
    monkeypatch.setattr("cli.asking.typer.confirm", lambda *_, **__: False)
    said = touchstone("reset", "letters", at=task.folder.parents[1], columns=300)
    items, labels = (
        warehouse_of(task).ask(f"select count(*) as n from {table}")["n"][0].as_py()
        for table in ("raw.items", "labels.released where label is not null")
    )
    assert f"2 batches ({DAYS[0]} to {DAYS[1]}) would go" in said.out
    assert f"goes: {items} items with their votes, {labels} released labels" in said.out
    assert "2 partitions of Dagster" in said.out
    assert f"stays: {answers(task)} reviews, 0 answers of models in the ledger" in said.out
    assert said.code == (1 if here else 2)
    assert ("--yes goes on without asking" in said.err) is not here
    assert task.warehouse.is_file()
    assert partitions(task) == DAYS


def test_a_reset_of_one_batch_speaks_of_that_batch(task, touchstone, monkeypatch):
    monkeypatch.setattr("cli.asking.somebody_is_here", lambda: True)
    monkeypatch.setattr("cli.asking.typer.confirm", lambda *_, **__: True)
    said = touchstone("reset", "letters", "--from", DAYS[1], at=task.folder.parents[1], columns=300)
    assert said.code == 0, said.err
    assert f"1 batch ({DAYS[1]}) would go" in said.out
    assert "1 partition of Dagster" in said.out
    goes, stays = said.out.split("stays:")
    assert "published files" not in goes
    assert "published files and the report, until the next run" in stays
    assert partitions(task) == DAYS[:1]


def test_a_batch_that_was_reset_is_published_anew_with_the_next_run(task, touchstone):
    said = touchstone("reset", "letters", "--from", DAYS[1], "--yes", at=task.folder.parents[1])
    assert said.code == 0, said.err
    outcome = run_task(task, lambda *_: None)
    assert outcome.labelled == [DAYS[1]]
    assert outcome.published


def test_a_reset_and_a_run_make_the_same_labels_and_lose_no_answer(task, touchstone):
    project = task.folder.parents[1]
    labels = (task.published / "labels.parquet").read_bytes()
    before = answers(task)
    touchstone("reset", "letters", "--yes", at=project)
    assert not task.warehouse.exists()
    assert not task.published.exists()
    assert partitions(task) == []
    assert answers(task) == before
    assert ReviewStore(task.reviews).open_count() == 0
    said = touchstone("run", "letters", at=project)
    assert "2 batches labelled" in said.out, said.err
    assert partitions(task) == DAYS
    assert (task.published / "labels.parquet").stat().st_size == len(labels)
    assert answers(task) == before
    from mlflow.tracking import MlflowClient

    client = MlflowClient(task.tracking_uri)
    experiment = client.get_experiment_by_name("letters")
    names = sorted(run.info.run_name for run in client.search_runs([experiment.experiment_id]))
    assert names == [*DAYS, "history"]


def test_a_damaged_warehouse_is_begun_anew(task, touchstone):
    os.truncate(task.warehouse, task.warehouse.stat().st_size // 2)
    assert touchstone("reset", "letters", "--yes", at=task.folder.parents[1]).code == 0
    assert list(batches_to_label(task, warehouse_of(task))) == []
    assert partitions(task) == []


def test_rounds_of_the_canary_that_were_paid_for_are_kept(task, touchstone):
    from resources.store.table import as_arrow
    from resources.store.tables import CANARY_PANEL

    rows = [{"item_id": "m001", "batch": DAYS[0], "label": "praise", "chosen_for": DAYS[1]}]
    with warehouse_of(task).connect() as db:
        db.execute(CANARY_PANEL.ddl)
        db.insert(CANARY_PANEL, as_arrow(CANARY_PANEL, rows))
    touchstone("reset", "letters", "--yes", at=task.folder.parents[1])
    kept = warehouse_of(task).ask("select item_id, label from people.canary_panel").to_pylist()
    assert kept == [{"item_id": "m001", "label": "praise"}]


def test_a_batch_that_is_not_there_is_refused_with_those_that_are(task, touchstone):
    said = touchstone(
        "reset", "letters", "--from", "2026-04", at=task.folder.parents[1], columns=200
    )
    assert said.code == 2
    assert "no batch '2026-04'; it has 2026-03-02, 2026-03-03" in said.err
    assert partitions(task) == DAYS


def test_a_task_that_is_being_run_is_left_alone(task, touchstone, monkeypatch):
    monkeypatch.setattr("orchestration.changes.resetting.PATIENCE_S", 0.1)
    with turn(task, lambda _: None):
        said = touchstone("reset", "letters", "--yes", at=task.folder.parents[1], columns=200)
    assert said.code == 2
    assert "works on task 'letters' at the moment" in said.err
    assert task.warehouse.is_file()
