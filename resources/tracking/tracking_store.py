"""MLflow's file: made apart and put in its place whole, and brought to today's tables on a copy.

MLflow makes its tables in some forty steps, each of which SQLite keeps at once: a process that is
killed between leaves a file that no MLflow opens any more. They take seconds; an empty file is kept.
"""

import logging
import sqlite3
import tempfile
import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from resources.kept import kept
from resources.task.errors import TaskError


def ready_tracking_store(var: Path) -> Path:
    """Return MLflow's file under ``var``, made, mended or brought to today's tables if need be.

    Raises
    ------
    TaskError
        If the file holds runs or prompts and cannot be brought to today's tables; it stays as it was.
    """
    path = var / "mlflow.db"
    var.mkdir(parents=True, exist_ok=True)
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with FileLock(var / "mlflow.lock"):
        if path.is_file() and _is_of_today(path):
            return path
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        if path.is_file() and _holds_work(path):
            with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(new)) as copy:
                old.backup(copy)
            _upgrade(new)
            _make(new)
        else:
            _copy_empty(new)
        new.replace(path)
    return path


def _make(path: Path) -> None:
    """Let MLflow make the tables of ``path``, and let go of it."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore(f"sqlite:///{path}", _artifacts(path))
    store.engine.dispose()


def _copy_empty(path: Path) -> None:
    """Put an empty file of MLflow's at ``path``, as if MLflow had made it there just now."""
    path.write_bytes(empty_store())
    now = int(time.time() * 1000)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "update experiments set creation_time = ?, last_update_time = ?,"
            " artifact_location = ? || '/' || experiment_id",
            [now, now, _artifacts(path)],
        )


def empty_store() -> bytes:
    """Return a file of MLflow's with its tables and no run, as the MLflow that is installed makes it."""
    return kept(f"mlflow-{version('mlflow')}.db", _empty)


def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mlflow.db"
        _make(path)
        return path.read_bytes()


def _artifacts(path: Path) -> str:
    return (path.parent / "mlflow-artifacts").absolute().as_uri()


def _is_of_today(path: Path) -> bool:
    from mlflow.store.db.utils import _get_latest_schema_revision

    with closing(sqlite3.connect(path)) as db:
        try:
            found = db.execute("select version_num from alembic_version").fetchall()
        except sqlite3.OperationalError:
            return False
    return found == [(_get_latest_schema_revision(),)]


def _holds_work(path: Path) -> bool:
    asked = "select 1 from runs union all select 1 from registered_models limit 1"
    with closing(sqlite3.connect(path)) as db:
        try:
            return db.execute(asked).fetchone() is not None
        except sqlite3.OperationalError:
            return False


def _upgrade(path: Path) -> None:
    from mlflow.store.db.utils import _upgrade_db  # what `mlflow db upgrade` calls
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        _upgrade_db(create_engine(f"sqlite:///{path}"))
    except SQLAlchemyError as error:
        raise TaskError(
            f"{path.with_suffix('.db')} cannot be brought to the tables of today's MLflow "
            f"({str(error).splitlines()[0]}); move it away: the next run writes its runs anew"
        ) from error
