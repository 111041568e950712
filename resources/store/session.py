"""What whoever has the store open may ask of it: named queries, and rows put in or taken out."""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from resources.store.queries import query
from resources.store.table import Table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.dataset as ds

STANDING = """
select schema_name || '.' || table_name, list(column_name) from duckdb_columns()
where not internal and database_name = current_database() group by all
"""

SHOWN = """
select schema_name || '.' || view_name, sql from duckdb_views()
where not internal and database_name = current_database()
"""


class Session:
    """A connection that knows queries by name; see :mod:`resources.store.queries`.

    Parameters
    ----------
    db : DuckDBPyConnection
    made : set of str
        Statements that made tables since the file was opened.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection, made: set[str]) -> None:
        self.db = db
        self._made = made

    def read(self, name: str, /, **parameters: object) -> pa.Table:
        """Return all rows of a query."""
        return self._execute(name, parameters).to_arrow_table()

    def stream(
        self, name: str, rows_at_a_time: int = 50_000, /, **parameters: object
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query by parts, without holding all of them."""
        yield from self._execute(name, parameters).to_arrow_reader(rows_at_a_time)

    def frame(self, name: str, /, **parameters: object) -> "pd.DataFrame":
        """Return all rows of a query as pandas has them."""
        return self._execute(name, parameters).df()

    def rows(self, name: str, /, **parameters: object) -> list[dict[str, Any]]:
        """Return all rows of a small answer, by the names of their columns."""
        return self.read(name, **parameters).to_pylist()

    def column(self, name: str, /, **parameters: object) -> list[Any]:
        """Return the first column of all rows."""
        return [row[0] for row in self._execute(name, parameters).fetchall()]

    def tuples(self, name: str, /, **parameters: object) -> list[tuple[Any, ...]]:
        """Return all rows of a small answer as tuples."""
        return self._execute(name, parameters).fetchall()

    def value(self, name: str, /, **parameters: object) -> Any:
        """Return the first column of the first row; ``None`` where there is no row."""
        row = self._execute(name, parameters).fetchone()
        return None if row is None else row[0]

    def run(self, name: str, /, **parameters: object) -> None:
        """Carry out a query that changes something."""
        self._execute(name, parameters)

    def ensure(self, *tables: Table) -> None:
        """Create the tables that do not stand yet, and the columns that an older version lacked."""
        new = [table for table in tables if table.ddl not in self._made]
        if not new:
            return
        self.ensure(*dict.fromkeys(part for table in new for part in table.union))
        stand = dict(self.db.execute(STANDING).fetchall())
        shown = dict(self.db.execute(SHOWN).fetchall())
        lacking = [sql for table in new for sql in _lacking(table, stand, shown)]
        if lacking:
            self.db.execute("begin; " + "; ".join(lacking) + "; commit")
        self._made.update(table.ddl for table in new)

    def insert(self, table: Table, rows: "pa.Table | ds.Dataset") -> None:
        """Append ``rows``, matching columns by name; those of files are read as they are needed."""
        names = ", ".join(f'"{name}"' for name in table.columns)
        with self.lend(incoming=rows):
            self.db.execute(f"insert into {table.sql_name} ({names}) select {names} from incoming")

    def delete(self, table: Table, **where: object) -> None:
        """Take out the rows whose columns have these values; a list means any of its values.

        Examples
        --------
        ``session.delete(RULE_VOTES, batch="2026-03-02", voter=["rule/late"])``
        """
        self.db.execute(f"delete from {table.sql_name} where {_terms(where)}", where)

    def update(self, table: Table, said: Mapping[str, object], **where: object) -> None:
        """Let the rows that :meth:`delete` would find say something else in some columns."""
        columns = ", ".join(f'"{name}" = $new_{name}' for name in said)
        given = where | {f"new_{name}": value for name, value in said.items()}
        self.db.execute(f"update {table.sql_name} set {columns} where {_terms(where)}", given)

    def select(self, table: Table, *columns: str, **where: object) -> pa.Table:
        """Return the rows that :meth:`delete` would take out, with some columns or all."""
        return self._select(table, columns, where).to_arrow_table()

    def frame_of(self, table: Table, *columns: str, **where: object) -> "pd.DataFrame":
        """Return the same rows as pandas has them."""
        return self._select(table, columns, where).df()

    def publish(self, table: Table, path: Path, rows: str | None, before: str | None) -> None:
        """Write what is published of a table, or of a query of such rows, to a Parquet file.

        With ``before`` only of batches before that one. Rows are in the order of batches, then of the
        rest of the key: the same rows are the same bytes, wherever and however often they were made.
        """
        columns = ", ".join(f'"{name}"' for name in table.published_columns)
        source = table.sql_name if rows is None else f"({rows})"
        where = "" if before is None else f" where batch < {_quoted(before)}"
        order = ", ".join(f'"{name}"' for name in table.order)
        self.db.execute(
            f"copy (select {columns} from {source}{where} order by {order}) to {_quoted(path)} "
            "(format parquet)"
        )

    def read_through(self) -> None:
        """Read every value of every table, so that damage shows."""
        for schema, table in self.tuples("store.tables.stored"):
            self.db.execute(f'select bit_xor(hash(t)) from "{schema}"."{table}" t').fetchall()

    @contextmanager
    def lend(self, **tables: "pa.Table | ds.Dataset") -> Generator[None]:
        """Let queries read Arrow tables, or rows in files, under these names."""
        for name, rows in tables.items():
            self.db.register(name, rows)
        try:
            yield
        finally:
            for name in tables:
                self.db.unregister(name)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Commit at the end, or roll back if anything is raised."""
        self.db.execute("begin")
        try:
            yield
        except BaseException:
            self.db.execute("rollback")
            raise
        self.db.execute("commit")

    def execute(self, sql: str, given: Any = None) -> Any:
        """Carry out SQL of one's own, for tests and for looking; the project asks by name."""
        return self.db.execute(sql, given or [])

    def _select(
        self, table: Table, columns: Sequence[str], where: Mapping[str, object]
    ) -> duckdb.DuckDBPyConnection:
        names = ", ".join(f'"{name}"' for name in columns) or "*"
        return self.db.execute(f"select {names} from {table.sql_name} where {_terms(where)}", where)

    def _execute(self, name: str, parameters: dict[str, object]) -> duckdb.DuckDBPyConnection:
        asked = query(name)
        return self.db.execute(asked.sql, asked.bind(parameters))


def _lacking(
    table: Table, stand: Mapping[str, Sequence[str]], shown: Mapping[str, str]
) -> list[str]:
    """Return the statements that bring a table up to date; a lake keeps each one as a version."""
    if table.sql_name not in stand:
        return [table.ddl]
    missing = [name for name in table.columns if name not in stand[table.sql_name]]
    if table.union:
        sql = shown.get(table.sql_name, "").replace('"', "")
        shows = all(re.search(rf"(?i)\bfrom {one.sql_name}\b", sql) for one in table.union)
        return [] if shows and not missing else [table.ddl]
    return [
        f'alter table {table.sql_name} add column "{name}" {table.columns[name].type}'
        for name in missing
    ]


def _quoted(text: Path | str) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _terms(where: Mapping[str, object]) -> str:
    return " and ".join(
        [
            f'list_contains(${name}, "{name}")'
            if isinstance(value, Sequence) and not isinstance(value, str)
            else f'"{name}" = ${name}'
            for name, value in where.items()
        ]
        or ["true"]
    )
