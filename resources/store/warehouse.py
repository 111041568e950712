"""The DuckDB file everything is stored in: short connections that wait their turn."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa

from resources.store.open_file import open_file
from resources.store.table import Table

STANDING = """
select schema_name || '.' || table_name, column_name from duckdb_columns()
where list_contains($1, schema_name || '.' || table_name)
"""


class Warehouse(dg.ConfigurableResource[None]):
    """Opens the warehouse for one process at a time, so that nobody sees a lock error.

    DuckDB lets one process write, and then nobody else may even read; so every connection, ours
    and dbt's, first takes a lock beside the file. See :mod:`resources.store.open_file`.
    """

    path: str
    patience_s: float = 300.0

    @contextmanager
    def turn(self) -> Generator[Path]:
        """Wait until nobody has the file open, and hold it without opening it (for dbt).

        Raises
        ------
        TaskError
            After ``patience_s``, naming the file and what to do.
        """
        with open_file(self.path).closed(self.patience_s) as path:
            yield path

    @contextmanager
    def lock(self) -> Generator[Path]:
        """Wait as for a turn, and hold the file whatever state it is in, to move or delete it."""
        with open_file(self.path).closed(self.patience_s, usable=False) as path:
            yield path

    @contextmanager
    def connect(self) -> Generator[duckdb.DuckDBPyConnection]:
        """Yield a connection with the lock held. Read or write, then leave: compute outside."""
        with open_file(self.path).cursor(self.patience_s) as connection:
            connection.execute("set timezone = 'UTC'")
            yield connection

    def close(self) -> None:
        """Give the file to others at once, and not only when they ask for it."""
        open_file(self.path).close()

    def read(
        self, sql: str, parameters: Sequence[object] | Mapping[str, object] | None = None
    ) -> pa.Table:
        """Run one query and return all of its rows."""
        with self.connect() as db:
            return db.execute(sql, parameters or []).to_arrow_table()

    def ensure(self, *tables: Table) -> None:
        """Create the tables that do not stand yet, and the columns that an older version lacked."""
        with self.connect() as db:
            self._make(db, tables)

    def replace_batch(self, table: Table, batch: str, rows: pa.Table) -> int:
        """Replace what ``table`` holds of ``batch``, in one transaction.

        Returns
        -------
        int
            Number of rows written. Written again, the table is the same.
        """
        with self.connect() as db:
            self._make(db, [table])
            with transaction(db):
                db.execute(f"delete from {table.sql_name} where batch = ?", [batch])
                insert(db, table, rows)
        return rows.num_rows

    def _make(self, db: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> None:
        made = open_file(self.path).made
        new = [table for table in tables if table.ddl not in made]
        if not new:
            return
        for table in new:
            db.execute(table.ddl)
        stand = set(db.execute(STANDING, [[t.sql_name for t in new]]).fetchall())
        for table in new:
            for name, (kind, _) in table.columns.items():
                if (table.sql_name, name) not in stand:
                    db.execute(f'alter table {table.sql_name} add column "{name}" {kind}')
        made.update(table.ddl for table in new)


@contextmanager
def transaction(db: duckdb.DuckDBPyConnection) -> Generator[None]:
    """Commit at the end, or roll back if anything is raised."""
    db.execute("begin")
    try:
        yield
    except BaseException:
        db.execute("rollback")
        raise
    db.execute("commit")


def insert(db: duckdb.DuckDBPyConnection, table: Table, rows: pa.Table) -> None:
    """Append ``rows``, matching columns by name."""
    names = ", ".join(f'"{name}"' for name in table.columns)
    db.register("incoming", rows)
    db.execute(f"insert into {table.sql_name} ({names}) select {names} from incoming")
    db.unregister("incoming")
