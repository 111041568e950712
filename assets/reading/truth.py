"""The true class of items out of files, for whoever stands in for people or for a model."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from labeling.class_changes import class_today
from labeling.files.columns import column_names, read_columns
from labeling.files.found import find_files
from labeling.kinds.kind import AnswerError
from resources.task.errors import TaskError
from resources.task.task import Task


def read_labels(
    task: Task, files: str, id_column: str, label_column: str, names: Mapping[str, str]
) -> dict[str, str]:
    """Read the true answer of each item from csv, jsonl or parquet files.

    ``names`` map what files call a class to the class.

    Raises
    ------
    TaskError
        If no file stands there, a column is missing or a value is no answer.
    """
    pattern = task.path(files)
    paths = find_files(pattern)
    if not paths:
        raise TaskError(f"{task.folder / 'task.yaml'}: truth: no file matches {pattern}")
    truth: dict[str, str] = {}
    current = cache(lambda name: class_today(task.changes, names.get(name, name)))
    today = cache(lambda value: task.kind.carried(value, current))
    for path in paths.values():
        for item_id, value in _pairs(path, path.stat().st_mtime_ns, id_column, label_column):
            name = today(value)
            if name is not None:  # else of a class that is gone, and nobody can tell what it is now
                truth[item_id] = name
    answers: dict[str, str] = {}
    for value in sorted(set(truth.values())):
        try:
            answers[value] = task.kind.checked(value, task.classes)
        except AnswerError as error:
            raise TaskError(
                f"{pattern}: {label_column}: task {task.name!r}: {error} "
                "(demo.scripted.names can map values to them)"
            ) from error
    return {item_id: answers[value] for item_id, value in truth.items()}


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
