"""Every table of a task copied from one place to another, and compared."""

from dataclasses import dataclass

import duckdb

from resources.store.place.lake.attaching import attach, quoted
from resources.store.place.lake.extensions import OFFLINE
from resources.store.place.lake.versions import note
from resources.store.warehouse import Warehouse
from resources.task.errors import TaskError

TABLES = "select schema_name, table_name from duckdb_tables() where database_name = 'source' order by all"


@dataclass(frozen=True, slots=True)
class Copied:
    """How much was copied."""

    tables: int
    rows: int


def copy_store(source: Warehouse, target: Warehouse) -> Copied:
    """Copy all tables in one transaction, and compare counts and hashes of all rows.

    Whoever calls this keeps everybody away from both places; nothing stands at the target.

    Raises
    ------
    TaskError
        If a table of the copy differs, naming it; or a place cannot be read or written.
    """
    with duckdb.connect(config=dict(OFFLINE)) as db:
        _attach(db, source, "source")
        _attach(db, target, "target")
        tables = [f'"{schema}"."{name}"' for schema, name in db.execute(TABLES).fetchall()]
        db.execute("begin")
        for schema in sorted({table.partition(".")[0] for table in tables}):
            db.execute(f"create schema if not exists target.{schema}")
        for table in tables:
            db.execute(f"create table target.{table} as from source.{table}")
        if target.lake is not None:
            note(db, "all tables, from another place", "target")
        db.execute("commit")
        rows = [_same(db, table) for table in tables]
    return Copied(len(tables), sum(rows))


def _attach(db: duckdb.DuckDBPyConnection, place: Warehouse, name: str) -> None:
    if place.lake is not None:
        attach(db, place.lake, name=name)
    else:
        db.execute(f"attach {quoted(place.path)} as {name}")


def _same(db: duckdb.DuckDBPyConnection, table: str) -> int:
    """Return how many rows both have; the order of rows counts for nothing."""
    there, here = (
        db.execute(f"select count(*), sum(hash(t)) from {place}.{table} t").fetchall()
        for place in ("source", "target")
    )
    if there != here:
        raise TaskError(
            f"the copy of {table} differs ({there[0][0]} rows, and {here[0][0]} in the copy); nothing was "
            "changed: the task stands where it stood"
        )
    return there[0][0]
