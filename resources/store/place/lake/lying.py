"""What is told of a task's lake without loading a database."""

import contextlib
import shutil

from resources.store.place.lake.address import LakeAddress, lake_of
from resources.task.task import Task


def named(task: Task) -> str:
    """Name the catalog of the lake of ``task``."""
    return _lake(task).catalog_of_task


def stands(task: Task) -> bool:
    """Return whether the lake of ``task`` was ever made.

    Raises
    ------
    TaskError
        If PostgreSQL has to be asked and does not answer.
    """
    lake = _lake(task)
    if lake.file is not None:
        return lake.file.is_file()
    from resources.store.place.lake.advisory import connect

    with contextlib.closing(connect(lake)) as line:
        asked = "select 1 from pg_tables where schemaname = %s and tablename = 'ducklake_metadata'"
        return line.execute(asked, (lake.schema,)).fetchone() is not None


def size(task: Task) -> int | None:
    """Return how many bytes the lake of ``task`` takes; ``None`` if part of it lies elsewhere."""
    lake = _lake(task)
    if lake.file is None or lake.folder is None:
        return None
    every = (lake.file, *lake.folder.rglob("*"))
    return sum(one.stat().st_size for one in every if one.is_file())


def remove(task: Task) -> None:
    """Delete catalog and data; whoever calls this keeps everybody else away."""
    lake = _lake(task)
    if lake.folder is None:
        from resources.store.place.lake.emptying import empty_bucket

        empty_bucket(lake)
    else:  # before the catalog: whoever is killed in between still finds that a lake stands
        shutil.rmtree(lake.folder, ignore_errors=True)
    if lake.file is not None:
        for suffix in ("", ".wal"):
            lake.file.with_name(lake.file.name + suffix).unlink(missing_ok=True)
    else:
        from resources.store.place.lake.advisory import connect

        with contextlib.closing(connect(lake)) as line:
            line.execute(f'drop schema if exists "{lake.schema}" cascade')


def _lake(task: Task) -> LakeAddress:
    lake = lake_of(task)
    if lake is None:
        raise LookupError(f"task {task.name!r} names no lake")
    return lake
