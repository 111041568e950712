"""A stand-in for people, so that the loop runs unattended: answers from a truth file, with errors."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from itertools import chain, count
from pathlib import Path

import numpy as np
import pyarrow as pa

from labeling.class_changes import class_today
from labeling.files.columns import column_names, read_columns
from labeling.files.found import find_files
from orchestration.resources.review_rows import Review
from orchestration.resources.review_store import ReviewStore
from orchestration.task.errors import TaskError
from orchestration.task.people import ScriptedReviewer
from orchestration.task.task import Task

REVIEWER = "scripted/truth"
"""Its name in every review: nobody takes it for a person."""


def answer(task: Task, store: ReviewStore, plan: pa.Table) -> None:
    """Answer a set share of the planned items, some of them wrong, if the task has such a reviewer.

    Which items are answered, and which wrongly, follows from the seed and the item alone: asked
    again, the same answers come, and the store keeps them once.
    """
    scripted = task.spec.reviewers.scripted
    if scripted is None or plan.num_rows == 0:
        return
    truth = read_truth(task, scripted)
    known = store.answered(REVIEWER)
    given: list[Review] = []
    for row in plan.to_pylist():
        item_id, origin = str(row["item_id"]), str(row["origin"])
        share = {"audit": scripted.audit_share, "rereview": scripted.rereview_share}.get(
            origin, scripted.queue_share
        )
        rng = _chance(scripted.seed, item_id, origin)
        key = f"{item_id}/{row['batch']}/{origin}"
        key = _first(key, known)
        if item_id not in truth or rng.random() >= share or key in known:
            continue
        label = truth[item_id]
        if rng.random() < scripted.error_rate:
            label = str(rng.choice([c for c in task.classes if c != label]))
        given.append(
            Review(
                item_id=item_id,
                batch=str(row["batch"]),
                reviewer=REVIEWER,
                outcome="label",
                label=label,
                origin=origin,
                seconds=task.spec.reviewers.seconds_per_review,
                idempotency_key=key,
            )
        )
    store.record_many(given)


def _first(key: str, known: Mapping[str, bool]) -> str:
    """Return the key of an answer that counts, or of the next: a class or a text may be gone."""
    later = (f"{key}/{n}" for n in count(1))
    return next(one for one in chain([key], later) if known.get(one) is not False)


def read_truth(task: Task, scripted: ScriptedReviewer) -> dict[str, str]:
    """Read what the scripted reviewer believes; see :func:`read_labels`."""
    return read_labels(task, scripted.truth, scripted.id, scripted.label, scripted.names)


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
    for path in paths.values():
        for item_id, value in _pairs(path, path.stat().st_mtime_ns, id_column, label_column):
            name = class_today(task.changes, names.get(value, value))
            if name is not None:  # else of a class that is gone, and nobody can tell what it is now
                truth[item_id] = name
    strangers = sorted(set(truth.values()) - set(task.classes))
    if strangers:
        raise TaskError(
            f"{pattern}: {label_column}: {strangers[0]!r} is no class of task {task.name!r}; "
            f"allowed: {', '.join(task.classes)} (reviewers.scripted.names can map values to them)"
        )
    return truth


@lru_cache(maxsize=64)
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


def _chance(seed: int, item_id: str, origin: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed} {origin} {item_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
