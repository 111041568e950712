"""Where one state of a task is kept, whichever database keeps it."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from labeling.files.sqlite import add_columns, count, fault
from labeling.state.connection import Connection
from labeling.state.line import WAIT_S
from labeling.state.postgres import PostgresSchema


@dataclass(frozen=True)
class SqliteFile:
    """A file of SQLite, in WAL mode; one process writes at a time.

    Parameters
    ----------
    path : Path
        Made by the first use, its folder too.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> file = SqliteFile(Path(mkdtemp()) / "kept" / "notes.sqlite")
    >>> file.exists(), file.count("from notes")
    (False, 0)
    >>> db = file.open("create table if not exists notes (note text)")
    >>> _ = db.execute("insert into notes values (?)", ("look twice",))
    >>> file.exists(), file.count("from notes")
    (True, 1)
    """

    path: Path

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def file(self) -> Path | None:
        """The file that holds it."""
        return self.path

    def exists(self) -> bool:
        """Whether anything was ever kept here."""
        return self.path.is_file()

    def look(self) -> Connection | None:
        """Open it for reading only; ``None`` where nothing was ever kept here."""
        if not self.exists():
            return None
        db = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=WAIT_S)
        db.row_factory = sqlite3.Row
        return db

    def count(self, rows: str) -> int:
        """Count rows, reading only; none where the file or its table is not there.

        Raises
        ------
        sqlite3.DatabaseError
            If the file is damaged.
        """
        return count(self.path, rows)

    def fault(self) -> str | None:
        """Say what is wrong with it; ``None`` where nothing is."""
        return fault(self.path) if self.exists() else None

    def has(self, table: str, db: Connection) -> bool:
        """Whether a table stands."""
        found = db.execute("select 1 from sqlite_master where name = ?", (table,))
        return found.fetchone() is not None

    def version(self, db: Connection) -> int:
        """Return a number that is kept with the tables; 0 until one is."""
        return int(db.execute("pragma user_version").fetchone()[0])

    def keep_version(self, db: Connection, number: int) -> None:
        """Keep a number with the tables."""
        db.execute(f"pragma user_version = {number:d}")

    def open(self, schema: str = "", more: str = "") -> sqlite3.Connection:  # noqa: ARG002
        """Open it, with the tables of ``schema`` and the columns that came to them since.

        ``more`` is of PostgreSQL alone.
        """
        db = self.connect()
        add_columns(db, schema)
        db.executescript(schema)
        return db

    def connect(self) -> sqlite3.Connection:
        """Open it as it is; made if missing, with no table."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(
            self.path, timeout=WAIT_S, isolation_level=None, check_same_thread=False
        )
        db.row_factory = sqlite3.Row
        db.execute("pragma journal_mode=wal")
        # what was acknowledged must survive a power cut, not only a killed process
        db.execute("pragma synchronous=full")
        return db


Place = SqliteFile | PostgresSchema


def place_of(kept: Place | Path | str) -> Place:
    """Return where something is kept; a path names a file of SQLite.

    Examples
    --------
    >>> place_of("notes.sqlite") == SqliteFile(Path("notes.sqlite"))
    True
    """
    return SqliteFile(Path(kept)) if isinstance(kept, Path | str) else kept
