"""Reviews that a model's rules are measured by, and reviews that it may be shown: never the same.

The audit measures rules that vote on later batches alone. The queue measures nothing else, so that
rules which it admits may vote on every batch.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa

from assets.reading.audited import read_audits
from assets.votes.examples import as_pool
from labeling.counted import counted
from labeling.items.batches import UNDATED
from labeling.rules.candidates.admission import Reviewed
from labeling.rules.candidates.asking import Shown
from resources.store.warehouse import Warehouse
from resources.task.errors import TaskError
from resources.task.task import Task


class By(StrEnum):
    """Which reviews measure."""

    AUDIT = "audit"
    QUEUE = "queue"


@dataclass(frozen=True, eq=False)
class Judged:
    """Reviewed items that measure.

    Attributes
    ----------
    places : list of (str, str)
        Each item and its batch.
    reviewed : Reviewed
        What people settled on for each, and what it stands for.
    after : str
        The newest batch that measures; empty where rules may vote on every batch.
    """

    places: list[tuple[str, str]]
    reviewed: Reviewed
    after: str


def judged_and_taught(task: Task, warehouse: Warehouse, by: By) -> tuple[Judged, list[Shown]]:
    """Return what measures, and gold of the queue that may be shown.

    Raises
    ------
    TaskError
        If nobody reviewed what is to measure, or all of it is of one class: nothing could be
        admitted.
    """
    rows = warehouse.read("orchestration.rules_by_model.queue_gold")
    known = np.isin(np.array(rows["label"].to_pylist(), dtype=np.str_), task.classes)
    rows = rows.filter(pa.array(known))
    pool = as_pool(warehouse, rows, None, task.kind)
    taught = list(map(Shown, pool.item_id, pool.text, pool.label))
    if by is By.AUDIT:
        return _checked(task, _by_audit(task, warehouse), by), taught
    batch_of = {str(row["item_id"]): str(row["batch"]) for row in rows.to_pylist()}
    held = [one for one in taught if _held_out(one.text)]
    return _checked(task, _by_queue(task, held, batch_of), by), [
        one for one in taught if not _held_out(one.text)
    ]


def _by_audit(task: Task, warehouse: Warehouse) -> Judged:
    names = warehouse.column("orchestration.rules_by_model.labelled")
    audits = [one for one in read_audits(task, warehouse, names) if one.batch.reviewed]
    # no batch comes after the one without a date: its reviews go on measuring it
    audits = [one for one in audits if one.batch.batch != UNDATED]
    places = [
        (str(audit.item_ids[item]), audit.batch.batch)
        for audit in audits
        for item in audit.batch.drawn[audit.batch.judged].tolist()
    ]
    after = audits[-1].batch.batch if audits else ""
    return Judged(places, Reviewed.of([one.batch for one in audits]), after)


def _by_queue(task: Task, held: Sequence[Shown], batch_of: dict[str, str]) -> Judged:
    gold = np.array([task.classes.index(str(one.label)) for one in held], dtype=np.int32)
    places = [(one.item_id, batch_of[one.item_id]) for one in held]
    return Judged(places, Reviewed(gold, np.ones(len(held))), "")


def _held_out(text: str) -> bool:
    """Whether gold of the queue with this text measures: half does, and is not shown."""
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def _checked(task: Task, judged: Judged, by: By) -> Judged:
    seen = np.unique(judged.reviewed.gold)
    reviewed = counted(len(judged.places), "reviewed item")
    of = "of the audit" if by is By.AUDIT else "of the queue that is not shown"
    if not len(seen):
        dated = " in a batch with a date" if by is By.AUDIT else ""
        other = ", or let the queue measure: --by queue" if by is By.AUDIT else ""
        raise TaskError(
            f"{task.name} has no reviewed item {of}{dated}, so no rule could be admitted, and nothing was "
            f"asked; `touchstone review {task.name}` asks for them{other}"
        )
    if len(seen) == 1:
        raise TaskError(
            f"all {reviewed} {of} of {task.name} are {task.classes[int(seen[0])]}: a rule that votes on "
            "anything would look right, so none could be admitted, and nothing was asked; review until "
            "another class was seen"
        )
    return judged
