"""A table of the warehouse: its columns, said once, for DuckDB, for Dagster and for the docs."""

from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg


@dataclass(frozen=True)
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
