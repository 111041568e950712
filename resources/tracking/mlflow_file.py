"""MLflow's store: which runs stand, and the whole paths in it made today's after a move."""

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


def runs_that_stand(task: Task) -> set[str]:
    """Return the ids of the runs in the store that were not deleted; none where there is no store."""
    if not task.mlflow_store.is_file():
        return set()
    try:
        with closing(sqlite3.connect(task.mlflow_store)) as db:
            asked = "select run_uuid from runs where lifecycle_stage = 'active'"
            return {row[0] for row in db.execute(asked)}
    except sqlite3.OperationalError:  # no tables yet
        return set()


def follow_move(task: Task) -> None:
    """Let MLflow find the task's artifacts, and write new ones, where the project stands now.

    Else the artifacts of a copy would go into the project that it was copied from.
    """
    if not task.mlflow_store.is_file():
        return
    now = task.mlflow_artifacts.as_uri()
    with closing(sqlite3.connect(task.mlflow_store, timeout=30)) as db, db:
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
