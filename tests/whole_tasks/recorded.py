"""What published tables hold, in a few numbers a column: small enough to be recorded, and compared.

``python -m tests.whole_tasks.recorded FOLDER > tests/whole_tasks/support_inbox.json`` records anew what
a run of the task published. Machines round differently, and a rounding can tip a label: figures are
compared to two in a hundred, which a change of meaning does not keep to.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TIMES = {"seconds", "p95_s", "minutes", "latency_s"}
"""Columns that tell how long something took on the machine that it ran on."""

CLOSE, LEAST = 0.02, 0.02


def summary(folder: Path) -> dict[str, dict[str, Any]]:
    """Return rows, and of each column nulls and a mean or the number of distinct values, by table."""
    return {path.stem: _of(pq.read_table(path)) for path in sorted(folder.glob("*.parquet"))}


def differences(before: dict[str, Any], now: dict[str, Any], at: str = "") -> list[str]:
    """Name every figure that is not there on both sides, or not close."""
    if isinstance(before, dict) and isinstance(now, dict):
        found = [f"{at}.{key} stands on one side" for key in sorted(before.keys() ^ now.keys())]
        for key in sorted(before.keys() & now.keys()):
            found += differences(before[key], now[key], f"{at}.{key}")
        return found
    close = math.isclose(before, now, rel_tol=CLOSE, abs_tol=LEAST)
    return [] if close else [f"{at} was {before}, is {now}"]


def _of(table: pa.Table) -> dict[str, Any]:
    columns = {
        name: _figures(table[name])
        for name in table.column_names
        if name not in TIMES and not pa.types.is_temporal(table[name].type)
    }
    return {"rows": table.num_rows, "columns": columns}


def _figures(column: pa.ChunkedArray) -> dict[str, float]:
    found: dict[str, float] = {"nulls": column.null_count}
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        finite = pc.filter(column, pc.is_finite(column.cast(pa.float64())))
        mean = pc.mean(finite).as_py()
        found |= {} if mean is None else {"mean": round(mean, 6)}
    elif pa.types.is_boolean(column.type):
        found["true"] = pc.sum(column).as_py() or 0
    elif not pa.types.is_nested(column.type):
        found["distinct"] = pc.count_distinct(column).as_py()
    return found


if __name__ == "__main__":
    lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in summary(Path(sys.argv[1])).items()]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")
