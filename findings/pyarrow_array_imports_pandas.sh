#!/usr/bin/env bash
# pyarrow imports pandas for the first array that is made of Python's values, and for the first time read.
#
# Guess:    pyarrow takes pandas for optional: it is imported where a data frame is handed in or asked for.
# Happens:  where pandas is installed, pyarrow.array(["a"]) imports it, with or without a type, and so do
#           pyarrow.table, pyarrow.scalar and Schema.empty_table, although no value comes from pandas; reading
#           one timestamp as Python's datetime does too, even in microseconds, which pandas is not needed
#           for. Reading numbers and texts, and a table of no batches, import nothing. A command line that
#           tells a few rows of a Parquet file pays 0.2 to 0.5 s for the column that holds a time.
# Source:   pandas is no requirement in the package's metadata; _is_array_like in pyarrow's array.pxi and
#           TimestampScalar.as_py in scalar.pxi ask its shim of pandas, which imports it to answer.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyarrow==25.0.1 pandas==3.1.1

"$folder/venv/bin/python" - "$folder/rows.parquet" <<'PYTHON'
import subprocess
import sys
from importlib.metadata import version

PATH = sys.argv[1]
PREPARE = f"""
import datetime as dt, pyarrow as pa, pyarrow.parquet as pq
at = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
columns = dict(word=["a"], number=[7], at=pa.array([at], pa.timestamp("us", "UTC")))
pq.write_table(pa.table(columns), {PATH!r})
"""
subprocess.run([sys.executable, "-c", PREPARE], check=True)


def imported(expression):
    code = (
        "import sys, time\nimport pyarrow as pa, pyarrow.parquet as pq\n"
        f"table = pq.ParquetFile({PATH!r}).read()\n"
        "before, began = 'pandas' in sys.modules, time.perf_counter()\n"
        f"got = {expression}\n"
        "print(before, 'pandas' in sys.modules, f'{time.perf_counter() - began:.2f} s')"
    )
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after, seconds = seen.stdout.split(maxsplit=2)
    print(f"{expression}: {'imports pandas' if after == 'True' else 'imports nothing'}, {seconds.strip()}")
    return before == "False" and after == "True"


print(f"pyarrow {version('pyarrow')}, pandas {version('pandas')}")
with_pandas = [
    imported('pa.array(["a"])'),
    imported('pa.array(["a"], pa.string())'),
    imported('pa.table({"word": ["a"]})'),
    imported("table.schema.empty_table()"),
    imported('table["at"].to_pylist()'),
]
without = [
    imported('table.drop_columns(["at"]).to_pylist()'),
    imported('table["at"].cast(pa.int64()).to_pylist()'),
    imported("pa.Table.from_batches([], table.schema)"),
]
if not all(with_pandas) or any(without):
    sys.exit("Changed: what makes pyarrow import pandas is no longer as described.")
PYTHON
