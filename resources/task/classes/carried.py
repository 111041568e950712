"""Changes of classes carried over to an SQLite file that names classes: each once, none forgotten."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from labeling.class_changes import ClassChange

Carry = Callable[[sqlite3.Connection, ClassChange], None]


def carry_file(path: Path, changes: Sequence[ClassChange], table: str, carry: Carry) -> None:
    """Make the changes that a file has not seen, once; it counts them in ``user_version``.

    Parameters
    ----------
    path : Path
        A file that does not stand has nothing to be carried over.
    table : str
        What names classes; changes from before it stood mean nothing to it.
    carry : callable
        Makes one change, inside a transaction.
    """
    if not path.is_file():
        return
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
        db.execute("begin immediate")
        (done,) = db.execute("pragma user_version").fetchone()
        stands = db.execute("select 1 from sqlite_master where name = ?", (table,)).fetchone()
        for change in changes[done:] if stands else ():
            carry(db, change)
        db.execute(f"pragma user_version = {len(changes)}")
        db.execute("commit")
