"""What a run says of rows that it set aside: how many, and the reasons that account for most."""

import pyarrow as pa
import pytest

from assets.landing.set_aside import sentence
from resources.store.table import as_arrow
from resources.store.tables import QUARANTINE
from resources.store.warehouse import Warehouse


@pytest.mark.parametrize(("reasons", "more"), [(3, ""), (4, "1 more"), (6, "3 more")])
def test_the_three_most_frequent_reasons_are_told_and_the_others_counted(tmp_path, reasons, more):
    warehouse = Warehouse(path=str(tmp_path / "w.duckdb"))
    rows = [
        {"file": f"{at}.csv", "row": n, "kind": "row", "field": f"f{at}", "reason": "no"}
        for at in range(1, reasons + 1)
        for n in range(at)
    ]  # fmt: skip
    with warehouse.connect() as db:
        db.db.register("rows", pa.Table.from_pylist(rows))
        db.execute(f"insert into {QUARANTINE.sql_name} by name from rows")
    said = sentence(warehouse, "letters")
    told = "; ".join(f"{at} x f{at}: no" for at in range(reasons, reasons - 3, -1))
    assert said.startswith(f"{len(rows)} rows set aside, 0 taken ({told}")
    assert said.count(" x ") == 3
    assert (f"; and {more} reasons" in said) if more else ("more" not in said)


def test_a_row_with_several_faults_is_one_row_and_a_file_without_columns_is_one_file(tmp_path):
    warehouse = Warehouse(path=str(tmp_path / "w.duckdb"))
    faults = [("a.csv", 1, "id"), ("a.csv", 1, "time"), ("a.csv", 2, "id")]
    faults += [("b.csv", None, name) for name in ("id", "text", "time")] + [("c.csv", None, "id")]
    rows = [
        {"file": file, "row": row, "kind": "row" if row else "file", "field": name, "reason": "no"}
        for file, row, name in faults
    ]
    warehouse.replace({QUARANTINE: as_arrow(QUARANTINE, rows)})
    assert sentence(warehouse, "letters").startswith("2 rows and 2 files set aside, 0 taken (")
