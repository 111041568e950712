"""``touchstone quarantine``: rows that were set aside can be seen, here and wherever a task is told of."""

import csv
import json

import pyarrow.parquet as pq

from cli.new.new import create


def test_every_row_stands_there_with_file_row_column_and_reason(ran_task, touchstone):
    said = touchstone("quarantine", "letters", at=ran_task.project, columns=200)
    assert said.code == 0
    assert "the id is empty" in said.out
    assert "'yesterday'" in said.out
    assert "2026-03-03.csv" in said.out
    told = json.loads(touchstone("quarantine", "letters", "--json", at=ran_task.project).out)
    assert [row["row"] for row in told["rows"]] == [32, 33, 34]
    assert sum(reason["rows"] for reason in told["reasons"]) == 3


def test_the_rows_can_be_taken_away_with_their_content(ran_task, touchstone, tmp_path):
    out = tmp_path / "aside.csv"
    said = touchstone("quarantine", "letters", "-o", str(out), at=ran_task.project)
    assert "3 rows written" in said.out
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["field"] for row in rows] == ["item_id", "item_id", "received_at"]
    assert "I have no id." in rows[0]["content"]


def test_counts_and_reasons_stand_in_run_status_and_report(ran_task, touchstone):
    assert ran_task.outcome.set_aside.startswith("3 rows set aside, 62 taken (1 x ")
    assert "the id is empty" in ran_task.outcome.set_aside
    (row,) = json.loads(touchstone("status", "letters", "--json", at=ran_task.project).out)["tasks"]
    assert row["set_aside"] == ran_task.outcome.set_aside
    assert "quarantine" in touchstone("status", "letters", at=ran_task.project).out
    page = ran_task.task.report.read_text(encoding="utf-8")
    assert "Rows set aside" in page
    assert "the id is empty" in page
    published = pq.ParquetFile(ran_task.task.published / "set_aside.parquet").read()
    assert sum(published["rows"].to_pylist()) == 3


def test_reasons_that_only_quote_something_else_are_one(tmp_path):
    from assets.landing.set_aside import set_aside
    from resources.store import tables
    from resources.store.table import as_arrow
    from resources.store.warehouse import Warehouse

    warehouse = Warehouse(path=str(tmp_path / "warehouse.duckdb"))
    reasons = [
        "'2.3.' is no time",
        "'last week' is no time",
        "the text has 9 characters",
        "the text has 1,200 characters",
    ]
    rows = [
        {"file": "a.csv", "row": at, "field": "at", "reason": why, "kind": "row"}
        for at, why in enumerate(reasons, start=1)
    ]
    with warehouse.connect() as db:
        db.insert(tables.QUARANTINE, as_arrow(tables.QUARANTINE, rows))
    found = set_aside(warehouse)
    warehouse.close()
    assert [(row["rows"], row["first_row"], row["reason"]) for row in found] == [
        (2, 1, "'2.3.' is no time"), (2, 3, "the text has 9 characters"),
    ]  # fmt: skip


def test_a_task_that_never_ran_says_so_without_a_traceback(tmp_path, touchstone):
    create(tmp_path, "letters")
    said = touchstone("quarantine", "letters", at=tmp_path, columns=200)
    assert said.code == 2
    assert "nothing has landed yet" in said.err
