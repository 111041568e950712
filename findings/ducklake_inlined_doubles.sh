#!/usr/bin/env bash
# A double that DuckLake keeps inlined in a catalog file comes back as another number.
#
# Guess:    a column of type double gives back the bits that were inserted, wherever the lake keeps the
#           row: inlining is told as a matter of speed for small writes, not of precision.
# Happens:  with a DuckDB file as catalog, rows of small inserts are inlined by default, and some doubles
#           change in their last digit: 1/11 comes back greater. The same insert with
#           data_inlining_row_limit 0 goes to a Parquet file and is exact, so a figure depends on how
#           many rows happened to be written with it.
# Source:   DuckLake's page on data inlining: on by default for inserts of at most 10 rows, and said to behave
#           for queries as rows in Parquet files do; the extension ducklake of DuckDB 1.5.5.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet duckdb==1.5.5 duckdb-extension-ducklake==1.5.5

FOLDER="$folder" "$folder/venv/bin/python" - <<'PYTHON'
import os
import struct
import sys
from pathlib import Path

import duckdb
import duckdb_extension_ducklake

folder = Path(os.environ["FOLDER"])
(extension,) = Path(duckdb_extension_ducklake.__file__).parent.rglob("ducklake.duckdb_extension")
numbers = [1 / n for n in range(1, 1001)]


def changed(name: str, options: str) -> int:
    """Write each number in an insert of its own, and count those that come back as others."""
    db = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    db.execute(f"load '{extension}'")
    db.execute(f"attach 'ducklake:{folder}/{name}.ducklake' as lake (data_path '{folder}/{name}'{options})")
    db.execute("create table lake.t (n integer, x double)")
    for start in range(0, len(numbers), 10):
        some = list(enumerate(numbers))[start : start + 10]
        db.execute("insert into lake.t values " + ", ".join(f"({n + 1}, 1.0::double / {n + 1})" for n, _ in some))
    back = dict(db.execute("select n, x from lake.t").fetchall())
    wrong = [n for n in back if struct.pack("d", back[n]) != struct.pack("d", numbers[n - 1])]
    files = len(list((folder / name).rglob("*.parquet"))) if (folder / name).is_dir() else 0
    shown = f"; 1/{wrong[0]} = {numbers[wrong[0] - 1]!r} comes back as {back[wrong[0]]!r}" if wrong else ""
    print(f"{name}: {files} Parquet files, {len(wrong)} of {len(numbers)} numbers changed{shown}")
    return len(wrong)


print(f"duckdb {duckdb.__version__}")
inlined, in_files = changed("inlined", ""), changed("files", ", data_inlining_row_limit 0")
if not inlined or in_files:
    sys.exit("Changed: which doubles come back as others is no longer as described.")
PYTHON
