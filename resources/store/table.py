"""A table of the warehouse, said once: DuckDB, Dagster, dbt, published files and docs follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pyarrow as pa

if TYPE_CHECKING:  # half a second to import, and a look at a task needs none of it
    import dagster as dg

ARROW: Mapping[str, pa.DataType] = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double": pa.float64(),
    "double[]": pa.list_(pa.float64()),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
}
"""Arrow type of a DuckDB type."""


class Column(NamedTuple):
    """One column of a table.

    Parameters
    ----------
    type : str
        DuckDB's, one of :data:`ARROW`.
    description : str
        What it holds.
    unit : str
        What it is given in: items, 0..1, s, US dollars, UTC; ``class`` or ``series`` where it
        holds such names. Empty for other text and for yes or no.
    """

    type: str
    description: str
    unit: str = ""

    @property
    def full_description(self) -> str:
        """Description and unit, as people read them.

        Examples
        --------
        >>> Column("double", "Share right.", "0..1").full_description
        'Share right [0..1].'
        """
        return f"{self.description[:-1]} [{self.unit}]." if self.unit else self.description


@dataclass(frozen=True, eq=False)
class Table:
    """A table, or what is published like one.

    Parameters
    ----------
    schema, name : str
        Its place in the warehouse; a published file is called ``name``.
    about, grain : str
        What it tells, a sentence; and what one row stands for.
    key : tuple of str
        Columns in which no two rows agree.
    columns : mapping of str to Column
    group : str
        Group of the asset that writes it.
    written_with : Table, optional
        The table whose asset writes this one too; ``None`` where it is an asset itself.
    published : bool
        Whether it is a Parquet file for anybody to read.
    private : tuple of str
        Columns that are left out of that file.
    stays : {"batch", "file", "step", "good"}
        How long a row stands: as long as its batch, or the file it came in; until the step that
        writes it takes it out; or for good, since it was paid and cannot be made again.
    stored : bool
        Whether it stands in the warehouse and Python makes it; else a query or dbt gives its rows.
    union : tuple of Table
        Tables of which it shows all rows, each with the table's name as ``family``.
    """

    schema: str
    name: str
    about: str
    grain: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    group: str = ""
    written_with: "Table | None" = None
    published: bool = False
    private: tuple[str, ...] = ()
    stays: Literal["batch", "file", "step", "good"] = "batch"
    stored: bool = True
    union: "tuple[Table, ...]" = ()

    @property
    def sql_name(self) -> str:
        """``schema.name``."""
        return f"{self.schema}.{self.name}"

    @property
    def full_description(self) -> str:
        """What it tells, and of what a row is."""
        return f"{self.about} One row {self.grain}."

    @cached_property
    def ddl(self) -> str:
        """Create the table where it does not stand yet."""
        if self.union:
            names = ", ".join(f'"{name}"' for name in self.columns if name != "family")
            parts = (
                f"select {names}, '{one.name}' as family from {one.sql_name}" for one in self.union
            )
            return f"create or replace view {self.sql_name} as {' union all '.join(parts)}"
        columns = ", ".join(f'"{name}" {column.type}' for name, column in self.columns.items())
        return (
            f"create schema if not exists {self.schema}; "
            f"create table if not exists {self.sql_name} ({columns})"
        )

    @cached_property
    def published_columns(self) -> dict[str, Column]:
        """The columns that are published."""
        return {name: kept for name, kept in self.columns.items() if name not in self.private}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The key, batches first: how published rows are sorted."""
        return tuple(sorted(self.key, key=lambda name: name != "batch"))

    def given_in(self, unit: str) -> tuple[str, ...]:
        """Name the columns of a unit."""
        return tuple(name for name, column in self.columns.items() if column.unit == unit)

    def asset(self, task: str) -> "dg.AssetKey":
        """Name the asset that writes this table for ``task``."""
        import dagster as dg

        writer = self.written_with or self
        return dg.AssetKey([task, writer.schema, writer.name])

    @cached_property
    def arrow(self) -> pa.Schema:
        """The columns as Arrow has them."""
        return _arrow(self.columns)

    @cached_property
    def arrow_published(self) -> pa.Schema:
        """The columns that are published, as Arrow has them."""
        return _arrow(self.published_columns)

    @property
    def dagster_schema(self) -> "dg.TableSchema":
        """The columns as Dagster shows them."""
        import dagster as dg

        return dg.TableSchema(
            columns=[
                dg.TableColumn(name, column.type, description=column.full_description)
                for name, column in self.columns.items()
            ]
        )


def _arrow(columns: Mapping[str, Column]) -> pa.Schema:
    return pa.schema([(name, ARROW[column.type]) for name, column in columns.items()])


def as_arrow(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Turn rows into an Arrow table with the columns of ``table``; a missing key is null."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=table.arrow)


def in_columns(table: Table, rows: pa.Table, **constants: str) -> pa.Table:
    """Return rows with the columns of ``table`` alone: their own, constants, and null for the rest."""
    columns: list[Any] = []
    for field in table.arrow:
        if field.name in rows.column_names:
            columns.append(rows[field.name].cast(field.type))
        else:
            value = pa.scalar(constants.get(field.name), field.type)
            columns.append(pa.repeat(value, rows.num_rows))
    return pa.table(columns, schema=table.arrow)


DECLARED: dict[str, Table] = {}
"""Every table that was declared, in that order; complete once :mod:`resources.store.tables` is."""


def table(
    schema: str,
    name: str,
    about: str,
    grain: str,
    columns: Mapping[str, tuple[str, ...]],
    *,
    key: Sequence[str],
    group: str = "",
    written_with: Table | None = None,
    **further: Any,
) -> Table:
    """Declare a table; see :class:`Table`. One that is written with another is of its group.

    Raises
    ------
    ValueError
        If the name is taken, or the key is of columns that there are not.
    """
    made = Table(
        schema, name, about, grain, tuple(key),
        {column: Column(*said) for column, said in columns.items()},
        group or (written_with.group if written_with else ""),
        written_with, **further,
    )  # fmt: skip
    if made.sql_name in DECLARED or not set(made.key) <= made.columns.keys():
        raise ValueError(f"{made.sql_name}: declared twice, or by a key that it lacks: {made.key}")
    DECLARED[made.sql_name] = made
    return made
