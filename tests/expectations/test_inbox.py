"""The check on files that were set aside as a whole: how many, which, and what to do."""

import pyarrow as pa
import pytest

from expectations.inbox import every_file_can_be_read
from resources.store.tables import QUARANTINE
from resources.store.warehouse import Warehouse
from resources.task.task import load_task
from tests.conftest import ROOT


@pytest.fixture
def found(tmp_path):
    task = load_task(ROOT / "tasks" / "support_inbox")
    warehouse = Warehouse(path=str(tmp_path / "w.duckdb"))

    def of(*files: str, reasons=("no header",)):
        rows = [
            {"file": name, "kind": "file", "reason": reason} for name in files for reason in reasons
        ]
        if rows:
            with warehouse.connect() as db:
                db.db.register("rows", pa.Table.from_pylist(rows))
                db.execute(f"insert into {QUARANTINE.sql_name} by name from rows")
        return every_file_can_be_read(task)(warehouse=warehouse)

    return of


def test_files_set_aside_are_counted_named_and_told_what_to_do_about(found):
    result = found("a.csv", "b.csv")
    assert not result.passed
    assert result.description.startswith("2 files are set aside as a whole")
    assert "touchstone quarantine support_inbox" in result.description
    assert "`b.csv`: no header" in result.metadata["which"].value


def test_a_file_with_several_faults_is_one_file(found):
    result = found("a.csv", reasons=("no id", "no text"))
    assert result.description.startswith("1 file is set aside as a whole")
    assert "`a.csv`: no id; no text" in result.metadata["which"].value


def test_nothing_is_said_where_every_file_was_read(found):
    result = found()
    assert result.passed
    assert result.description is None
