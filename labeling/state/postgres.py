"""A schema of PostgreSQL as the state of one task, for any number of processes.

Writers take turns as they do in a file of SQLite: ``begin immediate`` waits for a lock of the schema
that the transaction gives back (``pg_advisory_xact_lock``), so that whoever writes sees all that was
written before. Readers wait for nobody.
"""

import hashlib
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from labeling.errors import LabelingError
from labeling.files.sqlite import columns_of
from labeling.state import dialect
from labeling.state.address import conninfo, named
from labeling.state.connection import Connection
from labeling.state.line import SILENT_S, PostgresConnection, lock_number

MADE = """
create table if not exists made (digest text primary key);
create table if not exists versions (of text primary key, version bigint not null);
create or replace function max(a double precision, b double precision) returns double precision
    language sql immutable strict as 'select greatest(a, b)';
create or replace function json_extract(said text, path text) returns double precision
    language sql immutable as
    'select (said::json #>> string_to_array(substr(path, 3), ''.''))::double precision';
"""
"""What every state keeps of itself, and the functions of SQLite that are asked for."""

MOVED = "moved"
"""The table that is left where the rows of a task were before they were moved; it says where to."""

ADDED = re.compile(r"alter table (\w+) add column if not exists (\w+)")
"""Columns that PostgreSQL alone has."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What there is at a place: the version of the server, and how many tables of the task."""

    version: str
    tables: int


@dataclass(frozen=True)
class PostgresSchema:
    """The state of one task among those that share a database.

    Parameters
    ----------
    address : str
        ``postgres://user@host/database``; libpq finds a password in PGPASSWORD or ~/.pgpass.
    schema : str
        The task's own; made by the first use.
    table : str
        The first of the tables that are asked for here; several states of a task share its schema.

    Examples
    --------
    >>> str(PostgresSchema("postgres://me@db.example/labels?sslmode=require", "letters", "calls"))
    'postgres://me@db.example/labels, schema letters'
    """

    address: str
    schema: str
    table: str

    def __str__(self) -> str:
        return named(self.address, self.schema)

    @property
    def conninfo(self) -> str:
        """The address as PostgreSQL's own library takes it; a machine that is gone lets go soon."""
        return conninfo(self.address, keepalives_idle=SILENT_S, tcp_user_timeout=SILENT_S * 1000)

    @property
    def file(self) -> Path | None:
        """The file that holds it: none of ours."""
        return None

    def lock_number(self, of: str) -> int:
        """Return the number of a lock of this schema."""
        return lock_number(self.schema, of)

    def make(self, db: PostgresConnection, schema: str, more: str = "") -> None:
        """Make the tables of ``schema`` where they are not there, as :meth:`open` does."""
        _make(db, self.schema, schema, more)

    def line(self) -> PostgresConnection:
        """Lay a line to it, and make nothing."""
        return PostgresConnection(self.conninfo, self.schema, str(self), self.table)

    def exists(self) -> bool:
        """Whether anything was ever kept here."""
        with closing(self.line()) as db:
            return self.has(self.table, db)

    def look(self) -> Connection | None:
        """Open it for reading; ``None`` where nothing was ever kept here."""
        db = self.line()
        if self.has(self.table, db):
            return db
        db.close()
        return None

    def count(self, rows: str) -> int:
        """Count rows; none where the table is not there."""
        with closing(self.line()) as db:
            try:
                return int(db.execute(f"select count(*) {rows}").fetchone()[0])
            except sqlite3.OperationalError as error:
                if "does not exist" in str(error):
                    return 0
                raise

    def holding(self) -> Holding:
        """Say which PostgreSQL it is, and how much stands in the schema."""
        with closing(self.line()) as db:
            (version,) = db.execute("show server_version").fetchone()
            (tables,) = db.execute(
                "select count(*) from information_schema.tables"
                " where table_schema = ? and table_type = 'BASE TABLE'",
                (self.schema,),
            ).fetchone()
        return Holding(version.split()[0], tables)

    def fault(self) -> str | None:
        """Say what is wrong with it: nothing, since PostgreSQL sees to its own files."""
        return None

    def has(self, table: str, db: Connection) -> bool:
        """Whether a table stands."""
        found = db.execute("select to_regclass(?)", (f'"{self.schema}".{table}',))
        return found.fetchone() != (None,)

    def version(self, db: Connection) -> int:
        """Return a number that is kept with the tables of this state; 0 until one is."""
        found = db.execute("select version from versions where of = ?", (self.table,)).fetchone()
        return int(found[0]) if found else 0

    def keep_version(self, db: Connection, number: int) -> None:
        """Keep a number with the tables of this state."""
        db.execute(
            "insert into versions values (?, ?) on conflict (of) do update set version = excluded.version",
            (self.table, number),
        )

    def open(self, schema: str = "", more: str = "") -> PostgresConnection:
        """Open it, with the tables of ``schema`` and the columns that came to them since.

        Parameters
        ----------
        schema : str
            In the SQL of SQLite; its triggers are left out.
        more : str
            What PostgreSQL alone is told after it: triggers and functions.
        """
        db = self.line()
        try:
            if schema:
                _make(db, self.schema, schema, more)
        except BaseException:
            db.close()
            raise
        return db


def _make(db: PostgresConnection, name: str, schema: str, more: str) -> None:
    """Make what is not there, once: two that begin at the same moment take turns."""
    digest = hashlib.sha256(f"{schema}\n{more}".encode()).hexdigest()
    try:
        if db.execute("select 1 from made where digest = ?", (digest,)).fetchone():
            return
    except sqlite3.OperationalError as error:
        if "does not exist" not in str(error):
            raise
    db.execute("begin immediate")
    try:
        # states that share the schema make its tables in turn
        db.execute("select pg_advisory_xact_lock(?, 1)", (lock_number(name, "tables"),))
        db.execute(f'create schema if not exists "{name}"')
        _refuse_moved(name, db)
        db.execute_own(MADE)
        known: dict[str, set[str]] = {}
        for table, column in db.execute(
            "select table_name, column_name from information_schema.columns where table_schema = ?",
            (name,),
        ):
            known.setdefault(table, set()).add(column)
        today = columns_of(schema)
        _refuse_newer(name, known, {(c.table, c.name) for c in today} | set(ADDED.findall(more)))
        for column in today:
            if column.table in known and column.name not in known[column.table]:
                (said,) = dialect.tables(f"alter table {column.table} add column {column};")
                db.execute(said)
                db.execute("delete from made")  # whoever is of an earlier version looks again
        for statement in dialect.tables(schema):
            db.execute(statement)
        if more:
            db.execute_own(more)
        db.execute("insert into made values (?) on conflict (digest) do nothing", (digest,))
    except BaseException:
        if not db.cut:
            db.execute("rollback")
        raise
    db.execute("commit")


def _refuse_moved(name: str, db: PostgresConnection) -> None:
    if db.execute("select to_regclass(?)", (f'"{name}".{MOVED}',)).fetchone() == (None,):
        return
    (to,) = db.execute(f'select said from "{name}".{MOVED}').fetchone()  # noqa: S608
    raise LabelingError(
        f"the rows of schema {name} were moved: to {to}; let `state:` in task.yaml name that place"
    )


def _refuse_newer(name: str, known: Mapping[str, set[str]], today: set[tuple[str, str]]) -> None:
    for table in {table for table, _ in today} & known.keys():
        strange = sorted(column for column in known[table] if (table, column) not in today)
        if strange:
            raise LabelingError(
                f"schema {name} was made by a newer version of Touchstone: its table {table} has "
                f"{', '.join(strange)}, which this one does not know; install that version here too"
            )
