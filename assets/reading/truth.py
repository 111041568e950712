"""The true class of items out of files, for whoever stands in for people or for a model."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from labeling.class_changes import class_today
from labeling.files.columns import column_names, read_columns
from labeling.files.found import find_files
from labeling.kinds.kind import AnswerError
from resources.task.errors import TaskError
from resources.task.task import Task


def read_labels(
    task: Task,
    files: str,
    id_column: str,
    label_column: str,
    names: Mapping[str, str],
    items: Sequence[str] | None = None,
) -> dict[str, str]:
    """Read the true answer of each item, or of some, from csv, jsonl or parquet files.

    ``names`` map what files call a class to the class. Of other ``items`` than files tell nothing is said.

    Raises
    ------
    TaskError
        If no file stands there, a column is missing or a value is no answer.
    """
    pattern = task.path(files)
    paths = find_files(pattern)
    if not paths:
        raise TaskError(f"{task.folder / 'task.yaml'}: truth: no file matches {pattern}")
    told = pa.concat_tables(
        _told(path, path.stat().st_mtime_ns, id_column, label_column) for path in paths.values()
    )
    current = cache(lambda name: class_today(task.changes, names.get(name, name)))
    today = cache(lambda value: task.kind.carried(value, current))
    answers: dict[str, str] = {}
    said = (today(text or "") for text in told["label"].unique().to_pylist())
    # None is of a class that is gone, and nobody can tell what it is now
    for value in sorted({name for name in said if name is not None}):
        try:
            answers[value] = task.kind.checked(value, task.classes)
        except AnswerError as error:
            raise TaskError(
                f"{pattern}: {label_column}: task {task.name!r}: {error} "
                "(demo.scripted.names can map values to them)"
            ) from error
    if items is not None:
        told = told.filter(pc.is_in(told["id"], value_set=pa.array(items, pa.string())))
    names_now = (today(text or "") for text in told["label"].to_pylist())
    pairs = zip(told["id"].to_pylist(), names_now, strict=True)
    return {item_id or "": answers[name] for item_id, name in pairs if name is not None}


@lru_cache(maxsize=10_000)
def _told(path: Path, modified_ns: int, id_column: str, label_column: str) -> pa.Table:
    """Read ids and labels; ``modified_ns`` only makes a changed file read anew."""
    del modified_ns
    columns = column_names(path)
    for column in (id_column, label_column):
        if column not in columns:
            raise TaskError(f"{path}: column {column!r} is missing; it has {', '.join(columns)}")
    table = read_columns(path, [id_column, label_column])
    return pa.Table.from_arrays([table[id_column], table[label_column]], names=["id", "label"])
