"""A table as CSV or Parquet, written whole or not at all."""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from labeling.errors import LabelingError

ENDINGS = (".csv", ".parquet", ".pq")


def write_table(path: Path, table: pa.Table) -> None:
    """Write CSV or Parquet under a temporary name and rename it, so nobody reads half a file.

    Raises
    ------
    LabelingError
        If the ending is another, or there is no such folder.
    """
    if not path.name.lower().endswith(ENDINGS):
        raise LabelingError(f"{path} must end in .csv or .parquet")
    if not path.parent.is_dir():
        raise LabelingError(f"there is no folder {path.parent} to write {path.name} to")
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.name.lower().endswith(".csv"):
            pyarrow.csv.write_csv(table, partial)
        else:
            pq.write_table(table, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
