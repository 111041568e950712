"""The true class of items out of files, for whoever stands in for people or for a model."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from labeling.class_changes import class_today
from labeling.files.columns import column_names, read_columns
from labeling.files.found import find_files
from resources.task.errors import TaskError
from resources.task.task import Task


def read_labels(
    task: Task, files: str, id_column: str, label_column: str, names: Mapping[str, str]
) -> dict[str, str]:
    """Read the true class of each item from csv, jsonl or parquet files.

    Raises
    ------
    TaskError
        If no file stands there, a column is missing or a value is no class.
    """
    pattern = task.path(files)
    paths = find_files(pattern)
    if not paths:
        raise TaskError(f"{task.folder / 'task.yaml'}: truth: no file matches {pattern}")
    truth: dict[str, str] = {}
    today = cache(lambda value: class_today(task.changes, names.get(value, value)))
    for path in paths.values():
        for item_id, value in _pairs(path, path.stat().st_mtime_ns, id_column, label_column):
            name = today(value)
            if name is not None:  # else of a class that is gone, and nobody can tell what it is now
                truth[item_id] = name
    strangers = sorted(set(truth.values()) - set(task.classes))
    if strangers:
        raise TaskError(
            f"{pattern}: {label_column}: {strangers[0]!r} is no class of task {task.name!r}; "
            f"allowed: {', '.join(task.classes)} (demo.scripted.names can map values to them)"
        )
    return truth


@lru_cache(maxsize=10_000)
def _pairs(
    path: Path, modified_ns: int, id_column: str, label_column: str
) -> list[tuple[str, str]]:
    """Read (id, label) pairs; ``modified_ns`` only makes a changed file read anew."""
    del modified_ns
    columns = column_names(path)
    for column in (id_column, label_column):
        if column not in columns:
            raise TaskError(f"{path}: column {column!r} is missing; it has {', '.join(columns)}")
    table = read_columns(path, [id_column, label_column])
    pairs = zip(table[id_column].to_pylist(), table[label_column].to_pylist(), strict=True)
    return [(item_id or "", label or "") for item_id, label in pairs]
