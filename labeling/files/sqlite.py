"""SQLite files as they are met: of an earlier version, emptied, deleted."""

import sqlite3
from contextlib import closing
from pathlib import Path

TABLES = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'"


def add_columns(db: sqlite3.Connection, schema: str) -> set[tuple[str, str]]:
    """Add the columns that tables of ``schema`` have and those that stand already lack.

    Parameters
    ----------
    db : sqlite3.Connection
        Tables that do not stand there are left to the schema itself.
    schema : str
        Statements that make today's tables. A column that came later is null or has a default.

    Returns
    -------
    set of (str, str)
        Table and column of each that was added.

    Examples
    --------
    >>> db = sqlite3.connect(":memory:")
    >>> _ = db.execute("create table calls (id integer)")
    >>> add_columns(db, "create table calls (id integer, run text not null default '')")
    {('calls', 'run')}
    """
    added: set[tuple[str, str]] = set()
    with closing(sqlite3.connect(":memory:")) as today:
        today.executescript(schema)
        for (table,) in today.execute(TABLES).fetchall():
            has = {row[1] for row in db.execute(f"pragma table_info({table})")}
            for _, name, kind, required, default, _ in today.execute(f"pragma table_info({table})"):
                if has and name not in has:
                    more = f"{' not null' * required}{f' default {default}' if default else ''}"
                    db.execute(f"alter table {table} add column {name} {kind}{more}")
                    added.add((table, name))
    return added


def holds(path: Path, rows: str) -> bool:
    """Return whether there are rows; none where the file or its table is not there.

    Parameters
    ----------
    path : Path
        Opened for reading only.
    rows : str
        A query: ``select 1 from calls``.

    Raises
    ------
    sqlite3.DatabaseError
        If the file is damaged.

    Examples
    --------
    >>> holds(Path("nowhere.sqlite"), "select 1 from calls")
    False
    """
    if not path.exists():
        return False
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        try:
            return bool(db.execute(f"select exists ({rows})").fetchone()[0])
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return False
            raise
