#!/usr/bin/env bash
# DuckDB imports pandas for the first value that is bound to a query, whatever the value is.
#
# Guess:    pandas is an optional dependency that DuckDB touches where a data frame is asked for or
#           handed in; a number bound to a query has nothing to do with it.
# Happens:  a statement without parameters, or with None alone, imports nothing. The first int or str
#           that is bound, by place or by name, imports pandas where it is installed, and numpy with
#           it: 0.2 to 0.5 s before the first answer of a command line, for rows that are fetched as
#           tuples. The cost belongs to having pandas in the environment, not to using it.
# Source:   the package's metadata has pandas under its extra "all"; GetPythonObjectType in DuckDB's
#           python_conversion.cpp compares each value with pandas.NaT and pandas.NA right after None.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet duckdb==1.5.6 pandas==3.1.1

"$folder/venv/bin/python" - <<'PYTHON'
import subprocess
import sys
from importlib.metadata import version

ASKED = """
import sys
import time

import duckdb

db = duckdb.connect()
began = time.perf_counter()
rows = db.execute({query!r}, {given!r}).fetchall()
print(rows, sorted({{"pandas", "numpy"}} & sys.modules.keys()), f"{{time.perf_counter() - began:.2f}} s")
"""


def imported(query, given=None):
    code = ASKED.format(query=query, given=given)
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    print(f"{query!r}, {given!r}: {seen.stdout.strip()}")
    return "pandas" in seen.stdout


print(f"duckdb {version('duckdb')}, pandas {version('pandas')}")
without = imported("select 7"), imported("select ?", [None])
bound = imported("select ?", [7]), imported("select ?", ["a"]), imported("select $a", {"a": 7})
if any(without) or not all(bound):
    sys.exit("Changed: which values make DuckDB import pandas is no longer as described.")
PYTHON
