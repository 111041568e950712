"""MLflow's store of a project that was moved or copied: the whole paths in it are made today's."""

import sqlite3
from contextlib import closing

from resources.task.task import Task

PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
)
"""Where MLflow 3.17 writes down a path; its own commands have no move."""


def follow_move(task: Task) -> None:
    """Let MLflow find the task's artifacts, and write new ones, where the project stands now.

    Else the artifacts of a copy would go into the project that it was copied from.
    """
    store = task.var.parent / "mlflow.db"
    if not store.is_file():
        return
    now = task.mlflow_artifacts.as_uri()
    with closing(sqlite3.connect(store, timeout=30)) as db, db:
        try:
            asked = "select artifact_location from experiments where name = ?"
            row = db.execute(asked, [task.name]).fetchone()
        except sqlite3.OperationalError:  # no tables yet
            return
        if row is None or row[0] == now:
            return
        was = str(row[0])
        for table, column in PLACES:
            db.execute(
                f"update {table} set {column} = ? || substr({column}, ?)"
                f" where {column} = ? or substr({column}, 1, ?) = ?",
                [now, len(was) + 1, was, len(was) + 1, f"{was}/"],
            )
