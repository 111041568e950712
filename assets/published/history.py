"""One MLflow run that holds every batch's figures as steps, so that its charts show drift."""

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Collection
from typing import Any

from resources.store.table import as_arrow
from resources.store.tables import TRACKED
from resources.store.warehouse import Warehouse
from resources.task.task import Task

HISTORY = "history"
"""Name of the run, and its key among the tracked batches."""

MORE = "more"
"""Key, in a batch's figures, of those that are metrics here alone: by class, voter and series."""

AT_ONCE = 900
"""Metrics of one call; the store takes 1,000."""


def write_history(
    client: Any,
    experiment: str,
    task: Task,
    warehouse: Warehouse,
    figures: list[dict[str, Any]],
    metrics: tuple[str, ...],
    marks: list[str],
) -> str:
    """Write batches that are new as further steps; write all anew if an older one changed.

    Parameters
    ----------
    client, experiment : MlflowClient, str
    figures : list of dict
        One a batch, in the order of time; ``metrics`` names those that are logged, with all of
        :data:`MORE`.
    marks : list of str
        Of each batch, by :func:`marks_of`.

    Returns
    -------
    str
        Id of the run.
    """
    from mlflow.entities import Metric

    with warehouse.connect() as db:
        stored = next(iter(db.tuples("published.tracking.run", batch=HISTORY)), None)
    allowed = _allowed({name for row in figures for name in row[MORE]})
    run, done = _continued(stored, marks)
    if run is None:
        if stored is not None:
            client.delete_run(stored[0])
        run = client.create_run(
            experiment, run_name=HISTORY, tags={"task": task.name, "kind": HISTORY}
        ).info.run_id
    now_ms = int(time.time() * 1000)
    logged = [
        Metric(name, float(value), now_ms, step)
        for step, row in enumerate(figures)
        if step >= done
        for name, value in (
            *((name, row[name]) for name in metrics),
            *((allowed[name], value) for name, value in row[MORE].items()),
        )
        if value is not None
    ]
    for start in range(0, len(logged), AT_ONCE):
        client.log_batch(run, metrics=logged[start : start + AT_ONCE])
    client.set_terminated(run)
    note_run(warehouse, HISTORY, run, mark_of(marks))
    return run


def note_run(warehouse: Warehouse, batch: str, run: str, fingerprint: str) -> None:
    """Write down which run holds a batch, in place of an older one."""
    row = {"batch": batch, "mlflow_run": run, "fingerprint": fingerprint}
    warehouse.replace_batch(TRACKED, batch, as_arrow(TRACKED, [row]))


def marks_of(figures: list[dict[str, Any]], marks: dict[str, str]) -> list[str]:
    """Return a hash of what the history holds of each batch; ``marks`` are those of its own run."""
    return [_hash([marks[row["batch"]], json.dumps(row[MORE], sort_keys=True)]) for row in figures]


def mark_of(marks: list[str]) -> str:
    """Return the mark of a history that holds all of these batches."""
    return f"{len(marks)} {_hash(marks)}"


def delete_runs(client: Any, experiment: str, keep: Collection[str] = ()) -> None:
    """Delete the runs of batches, and the one that holds them as steps, but those to keep.

    Runs that users put beside them stay.
    """
    for run in client.search_runs([experiment], max_results=50_000):
        ours = "batch" in run.data.tags or run.data.tags.get("kind") == HISTORY
        if ours and run.info.run_id not in keep:
            client.delete_run(run.info.run_id)


def _continued(stored: tuple[str, str] | None, marks: list[str]) -> tuple[str | None, int]:
    """Return the run that holds a beginning of these batches unchanged, and how many it holds."""
    if stored is None:
        return None, 0
    run, told = stored
    count, _, mark = told.partition(" ")
    done = int(count)
    if done > len(marks) or _hash(marks[:done]) != mark:
        return None, 0
    return run, done


def _hash(marks: list[str]) -> str:
    return hashlib.sha256(" ".join(marks).encode()).hexdigest()[:16]


def _allowed(names: Collection[str]) -> dict[str, str]:
    """Keep to the characters that MLflow allows in a metric's name, and its length.

    Names that are the same after that are told apart by a hash.
    """
    told = {name: re.sub(r"[^\w\-. /:]", "_", name)[:200] for name in names}
    often = Counter(told.values())
    return {
        name: one if often[one] == 1 else f"{one} {_hash([name])[:6]}" for name, one in told.items()
    }
