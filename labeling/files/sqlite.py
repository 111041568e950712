"""SQLite files as they are met: of an earlier version, emptied, deleted."""

import shlex
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

WAIT_S = 30.0
"""How long a writer waits its turn before it gives up, in seconds."""

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
    for column in columns_of(schema):
        has = {row[1] for row in db.execute(f"pragma table_info({column.table})")}
        if has and column.name not in has:
            db.execute(f"alter table {column.table} add column {column}")
            added.add((column.table, column.name))
    return added


@dataclass(frozen=True, slots=True)
class Column:
    """A column as a schema declares it; its text is what follows ``add column``."""

    table: str
    name: str
    kind: str
    required: bool
    default: str | None

    def __str__(self) -> str:
        required = " not null" * self.required
        return (
            f"{self.name} {self.kind}{required}{f' default {self.default}' if self.default else ''}"
        )


def columns_of(schema: str) -> list[Column]:
    """Return the columns of the tables that ``schema`` makes, in their order.

    Examples
    --------
    >>> [str(column) for column in columns_of("create table calls (id integer, run text not null default '')")]
    ['id integer', "run text not null default ''"]
    """
    with closing(sqlite3.connect(":memory:")) as today:
        today.executescript(schema)
        return [
            Column(table, name, kind.lower(), bool(required), default)
            for (table,) in today.execute(TABLES).fetchall()
            for _, name, kind, required, default, _ in today.execute(f"pragma table_info({table})")
        ]


@contextmanager
def lasting(path: Path, schema: str) -> Generator[sqlite3.Connection]:
    """Open a file, made if need be, whose commits are on disk when they return; close it at the end.

    Parameters
    ----------
    path : Path
        Its folder is made, too.
    schema : str
        Statements that make its tables where they are not there.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "kept" / "notes.sqlite"
    >>> with lasting(path, "create table if not exists notes (note text)") as db, db:
    ...     _ = db.execute("insert into notes values ('look twice')")
    >>> count(path, "from notes")
    1
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=WAIT_S)) as db:
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = full")
        db.executescript(schema)
        yield db


def count(path: Path, rows: str) -> int:
    """Count rows; none where the file or its table is not there.

    Parameters
    ----------
    path : Path
        Opened for reading only.
    rows : str
        What follows ``select`` and a count: ``from calls``.

    Raises
    ------
    sqlite3.DatabaseError
        If the file is damaged.

    Examples
    --------
    >>> count(Path("nowhere.sqlite"), "from calls")
    0
    """
    if not path.exists():
        return 0
    with closing(_reader(path)) as db:
        try:
            return int(db.execute(f"select count(*) {rows}").fetchone()[0])
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return 0
            raise


def fault(path: Path) -> str | None:
    """Say what is wrong with a file; ``None`` where nothing is, or it is busy or not ours to read."""
    try:
        with closing(_reader(path)) as db:
            told = str(db.execute("pragma quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        return str(error) if "malformed" in str(error) else None
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if told == "ok" else told


def _reader(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def rescue(path: Path) -> str:
    """Say how what is left of a damaged file comes into a new one, as a command to type.

    A dump of a damaged file ends with a rollback. SQLite's ``.recover`` is not used: the shell of
    3.40.1 fails in it, on whole files too.

    Examples
    --------
    >>> rescue(Path("a b.db")).partition(" and put ")[0]
    "save what is left with `sqlite3 'a b.db' .dump | sed 's/^ROLLBACK.*/COMMIT;/' | sqlite3 'a b.saved.db'`"
    """
    saved = path.with_name(f"{path.stem}.saved{path.suffix}")
    return (
        f"save what is left with `sqlite3 {shlex.quote(str(path))} .dump | "
        f"sed 's/^ROLLBACK.*/COMMIT;/' | sqlite3 {shlex.quote(str(saved))}` and put that in its "
        "place, or a backup"
    )
