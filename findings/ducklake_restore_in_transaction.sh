#!/usr/bin/env bash
# Within a transaction of DuckLake a delete empties older versions of the table, too.
#
# Guess:    "from t at (version => n)" reads the table as it was at that version, whatever the transaction
#           that asks has done since: that is what a version is. So a table is restored by deleting its rows
#           and inserting those of the version.
# Happens:  after "delete from t" in the same transaction, "select ... from t at (version => n)" gives no
#           row, the insert puts in nothing, nothing is said, and the commit leaves an empty table. Rows that
#           were read into a temporary table before the delete are restored as meant.
# Source:   DuckLake's documentation on time travel; the extension ducklake of DuckDB 1.5.5.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet duckdb==1.5.5 duckdb-extension-ducklake==1.5.5

FOLDER="$folder" "$folder/venv/bin/python" - <<'PYTHON'
import os
import sys
from pathlib import Path

import duckdb
import duckdb_extension_ducklake

folder = Path(os.environ["FOLDER"])
(extension,) = Path(duckdb_extension_ducklake.__file__).parent.rglob("ducklake.duckdb_extension")


def restored(name: str, steps: list[str]) -> int:
    """Restore the three rows of the first version in one transaction; how many stand after it."""
    db = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    db.execute(f"load '{extension}'")
    where = f"data_path '{folder}/{name}', data_inlining_row_limit 0"
    db.execute(f"attach 'ducklake:{folder}/{name}.ducklake' as lake ({where})")
    db.execute("create table lake.t as select range as n from range(3)")
    (version,) = db.execute("select max(snapshot_id) from ducklake_snapshots('lake')").fetchone()
    db.execute("insert into lake.t values (3), (4)")
    db.execute("begin")
    for step in steps:
        db.execute(step.format(then=f"lake.t at (version => {version})"))
    db.execute("commit")
    (found,) = db.execute("select count(*) from lake.t").fetchone()
    print(f"{'; '.join(steps)}: {found} rows")
    return found


print(f"duckdb {duckdb.__version__}")
empty = restored("after", ["delete from lake.t", "insert into lake.t select n from {then}"])
whole = restored(
    "before",
    ["create temp table kept as select n from {then}", "delete from lake.t", "insert into lake.t select n from kept"],
)
if (empty, whole) != (0, 3):
    sys.exit("Changed: what a version gives after a delete in the same transaction is no longer as described.")
PYTHON
