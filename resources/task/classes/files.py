"""The edits that a change of classes makes to a task's files: kept in the record, then written.

The record is the one commit point. Edits that a killed process left undone are made when the task
is read next; a file that somebody changed in between is left alone.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from labeling.state.place import Place
from resources.task.classes.record import changes_in


def write_files(folder: Path, reviews: Place) -> bool:
    """Make the edits of recorded changes that are not made yet, each file as a whole.

    Returns
    -------
    bool
        Whether there were any.
    """
    if (line := reviews.look()) is None:
        return False
    with closing(line) as db:
        try:
            (done,) = db.execute("select coalesce(max(change_id), 0) from class_files").fetchone()
            (kept,) = db.execute("select coalesce(max(change_id), 0) from class_changes").fetchone()
        except sqlite3.OperationalError:  # of an earlier version
            return False
        if done == kept:
            return False
        changes = changes_in(db, after=done)
    for change in changes:
        for name, (before, after) in change.detail.get("files", {}).items():
            path = folder / name
            if path.is_file() and path.read_bytes() == before.encode():
                replace(path, after)
    with closing(reviews.open()) as db:
        db.execute("insert into class_files values (?) on conflict do nothing", (kept,))
    return True


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
