"""Arrow as the rules see it, without its type stubs.

The stubs leave element types open, which strict checking reports at every use. The names say what
is meant; the checks on batches are made at run time.
"""

from importlib import import_module
from typing import Any, TypeAlias

pa: Any = import_module("pyarrow")
pc: Any = import_module("pyarrow.compute")
csv: Any = import_module("pyarrow.csv")
jsonl: Any = import_module("pyarrow.json")
parquet: Any = import_module("pyarrow.parquet")

Table: TypeAlias = Any
"""A ``pyarrow.Table``."""

Array: TypeAlias = Any
"""A ``pyarrow.Array``."""

Column: TypeAlias = Any
"""A ``pyarrow.ChunkedArray``."""
