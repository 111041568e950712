"""A table of the warehouse: its columns, said once, for DuckDB, for Dagster and for the docs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Table:
    """Schema, name and columns of one table.

    Parameters
    ----------
    schema, name : str
        Also the last two parts of the asset's key.
    columns : mapping
        Column name to (DuckDB type, description).
    """

    schema: str
    name: str
    columns: Mapping[str, tuple[str, str]]

    @property
    def sql_name(self) -> str:
        """``schema.name``."""
        return f"{self.schema}.{self.name}"

    @property
    def ddl(self) -> str:
        """Create the table where it does not stand yet."""
        columns = ", ".join(f'"{name}" {kind}' for name, (kind, _) in self.columns.items())
        return (
            f"create schema if not exists {self.schema}; "
            f"create table if not exists {self.sql_name} ({columns})"
        )

    def key(self, task: str) -> dg.AssetKey:
        """Name the asset that writes this table for ``task``."""
        return dg.AssetKey([task, self.schema, self.name])

    @property
    def dagster_schema(self) -> dg.TableSchema:
        """The columns as Dagster shows them."""
        return dg.TableSchema(
            columns=[
                dg.TableColumn(name, kind, description=description)
                for name, (kind, description) in self.columns.items()
            ]
        )


ARROW = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
}
"""Arrow type of a DuckDB type."""


def as_arrow(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Turn rows into an Arrow table with the columns of ``table``; a missing key is null."""
    schema = pa.schema([(name, ARROW[kind]) for name, (kind, _) in table.columns.items()])
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
