"""The edits that a change of classes makes to a task's files: kept in the record, then written.

The record is the one commit point. Edits that a killed process left undone are made when the task
is read next; a file that somebody changed in between is left alone.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from resources.task.classes.record import changes_in


def write_files(folder: Path, reviews: Path) -> None:
    """Make the edits of recorded changes that are not made yet, each file as a whole."""
    if not reviews.is_file():
        return
    with closing(sqlite3.connect(reviews, timeout=30, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        try:
            (done,) = db.execute("select coalesce(max(change_id), 0) from class_files").fetchone()
            (kept,) = db.execute("select coalesce(max(change_id), 0) from class_changes").fetchone()
        except sqlite3.OperationalError:  # of an earlier version
            return
        if done == kept:
            return
        for change in changes_in(db)[done:]:
            for name, (before, after) in change.detail.get("files", {}).items():
                path = folder / name
                if path.is_file() and path.read_bytes() == before.encode():
                    replace(path, after)
        db.execute("insert or ignore into class_files values (?)", (kept,))


def replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all, keeping its permissions; a link stays one."""
    path = path.resolve()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with unfinished.open("wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    unfinished.chmod(path.stat().st_mode & 0o7777)
    unfinished.replace(path)
