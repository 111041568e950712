"""What a lake was before: each transaction is a version, with a note of what it wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from resources.store.place.lake.attaching import ALIAS, quoted

AUTHOR = "touchstone"


@dataclass(frozen=True, slots=True)
class Version:
    """One version.

    Parameters
    ----------
    number : int
        From 0, and up by one with each transaction.
    at : datetime
        When it was written, UTC.
    wrote : str
        Tables and batch, ``labels.released 2026-03-02``; empty where that was not noted.
    """

    number: int
    at: datetime
    wrote: str


def note(db: duckdb.DuckDBPyConnection, wrote: str, name: str = ALIAS) -> None:
    """Say with the transaction that is open what it writes."""
    db.execute(f"call ducklake_set_commit_message('{name}', '{AUTHOR}', {quoted(wrote)})")


def versions(db: duckdb.DuckDBPyConnection) -> list[Version]:
    """List the versions of a lake, the oldest first."""
    asked = (
        "select snapshot_id, snapshot_time, coalesce(commit_message, '')"
        f" from ducklake_snapshots('{ALIAS}') order by snapshot_id"
    )
    return [
        Version(number, at.astimezone(UTC), wrote)
        for number, at, wrote in db.execute(asked).fetchall()
    ]


def restore(db: duckdb.DuckDBPyConnection, version: int, tables: Sequence[str]) -> list[str]:
    """Let tables hold what they held in a version, all or none; return those that were another.

    Parameters
    ----------
    version : int
        Number of the version.
    tables : sequence of str
        ``schema.name``; one that did not stand then is emptied. Columns that came later hold nothing.
    """
    standing = {table: _columns(db, table, version) for table in tables}
    other = {
        table: columns
        for table, columns in standing.items()
        if _differs(db, table, columns, version)
    }
    for at, (table, columns) in enumerate(other.items()):
        # read before anything is deleted: DuckLake hides what a transaction deletes in older versions, too
        if columns:
            db.execute(
                f"create or replace temp table then_{at} as select {columns} from {_then(table, version)}"
            )
    db.execute("begin")
    note(db, f"version {version} again")
    for at, (table, columns) in enumerate(other.items()):
        db.execute(f"delete from {table}")
        if columns:
            db.execute(f"insert into {table} ({columns}) from then_{at}")
    db.execute("commit")
    return list(other)


def _then(table: str, version: int) -> str:
    return f"{table} at (version => {version:d})"


def _columns(db: duckdb.DuckDBPyConnection, table: str, version: int) -> str:
    """Name the columns that a table had; none if it did not stand."""
    try:
        told = db.execute(f"describe from {_then(table, version)}").fetchall()
    except duckdb.CatalogException:
        return ""
    return ", ".join(f'"{name}"' for name, *_ in told)


def _differs(db: duckdb.DuckDBPyConnection, table: str, columns: str, version: int) -> bool:
    """Whether a table holds other rows than it held, in the columns that it had."""
    if not columns:
        return db.execute(f"select 1 from {table} limit 1").fetchone() is not None
    asked = f"select count(*), sum(hash(t)) from (select {columns} from {{}}) t"
    now, then = (
        db.execute(asked.format(rows)).fetchone() for rows in (table, _then(table, version))
    )
    return now != then
