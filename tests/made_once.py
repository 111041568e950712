"""MLflow's and Dagster's empty files: made once for all tests, and copied for each new project.

Both make their tables in dozens of steps, two seconds a project. What the product does with the
files stays as it is, and processes that a test starts by itself make their own. Tests of how the
files come to be ask for :func:`made_anew`.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from resources.dagster import instance
from resources.tracking import tracking_store

MAKE_STORE = tracking_store._make
MAKE_INSTANCE = instance._make


class MadeOnce:
    """Stands where the makers of the files stand; ``folder`` is shared by all workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def copy_store(self, path: Path) -> None:
        """Copy MLflow's file to ``path``, unless one lies there, and let MLflow open it."""
        if not path.is_file():
            with FileLock(self.folder / "mlflow.lock"):
                first = self.folder / "mlflow.db"
                if not first.is_file():
                    MAKE_STORE(first.with_suffix(".new"))
                    first.with_suffix(".new").rename(first)
            shutil.copyfile(first, path)
            home = (path.parent / "mlflow-artifacts" / "0").absolute().as_uri()
            with closing(sqlite3.connect(path)) as db, db:
                db.execute("update experiments set artifact_location = ?", [home])
        MAKE_STORE(path)

    def copy_instance(self, home: Path) -> None:
        """Copy the files of an instance into ``home``, the history last as the product does."""
        first = self.folder / "dagster"
        with FileLock(self.folder / "dagster.lock"):
            if not first.is_dir():
                MAKE_INSTANCE(first.with_suffix(".new"))
                first.with_suffix(".new").rename(first)
        for path in sorted(
            (path for path in first.iterdir() if path.is_dir()),
            key=lambda path: path.name == instance.HISTORY,
        ):
            shutil.rmtree(home / path.name, ignore_errors=True)
            shutil.copytree(path, home / path.name)


def install(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Put copies in the place of what is made."""
    folder.mkdir(exist_ok=True)
    once = MadeOnce(folder)
    patch.setattr(tracking_store, "_make", once.copy_store)
    patch.setattr(instance, "_make", once.copy_instance)


@pytest.fixture
def made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the product make the files by itself."""
    monkeypatch.setattr(tracking_store, "_make", MAKE_STORE)
    monkeypatch.setattr(instance, "_make", MAKE_INSTANCE)
