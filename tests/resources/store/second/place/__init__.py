"""Where the tables of a task lie: a folder of Parquet files, one a table."""

import shutil

from resources.task.task import Task


def stands(task: Task) -> bool:
    return task.warehouse.with_suffix(".parquet").is_dir()


def size(task: Task) -> int:
    return sum(one.stat().st_size for one in task.warehouse.with_suffix(".parquet").rglob("*"))


def remove(task: Task) -> None:
    shutil.rmtree(task.warehouse.with_suffix(".parquet"), ignore_errors=True)
