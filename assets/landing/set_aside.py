"""What was set aside, by reason: the same words in run, status, report and ``touchstone quarantine``."""

from typing import Any

from labeling.counted import counted
from resources.store.place import stands
from resources.store.warehouse import Warehouse, warehouse_of
from resources.task.errors import TaskError
from resources.task.task import Task


def set_aside(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Return how many rows each reason set aside, and the first of them; most first."""
    return warehouse.rows("landing.set_aside.by_reason")


def sentence_of(task: Task, patience_s: float = 3.0) -> str | None:
    """Tell :func:`sentence` of a task; ``None`` too where a run has its warehouse at the moment."""
    if not stands(task):
        return None
    try:
        return sentence(warehouse_of(task, patience_s), task.name)
    except TaskError:
        return None


def sentence(warehouse: Warehouse, task: str) -> str | None:
    """Tell in a sentence how many rows and whole files are set aside, and the first reasons; ``None`` for none."""
    found = set_aside(warehouse)
    if not found:
        return None
    taken = warehouse.value("landing.set_aside.taken")
    (aside,) = warehouse.rows("landing.set_aside.how_many")
    many = " and ".join(
        counted(aside[what], what[:-1]) for what in ("rows", "files") if aside[what]
    )
    reasons = "; ".join(
        f"{row['rows']:,} x {row['field'] or row['kind']}: {row['reason']}" for row in found[:3]
    )
    more = f"; and {len(found) - 3} more reasons" if len(found) > 3 else ""
    return f"{many} set aside, {taken:,} taken ({reasons}{more}): touchstone quarantine {task}"
