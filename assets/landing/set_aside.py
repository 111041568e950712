"""What was set aside, by reason: the same words in run, status, report and ``touchstone quarantine``."""

from typing import Any

from resources.store.standing import stands
from resources.store.tables import ARRIVALS, QUARANTINE
from resources.store.warehouse import Warehouse, warehouse_of
from resources.task.errors import TaskError
from resources.task.task import Task

BY_REASON = """
select coalesce(field, '') as field, kind, count(*) as rows, count(distinct file) as files,
    arg_min(file, (file, row)) as first_file, arg_min(row, (file, row)) as first_row,
    arg_min(reason, (file, row)) as reason
from raw.quarantine
group by field, kind, regexp_replace(
        regexp_replace(reason, chr(39) || '[^' || chr(39) || ']*' || chr(39), '*', 'g'),
        '[0-9][0-9,.]*', '*', 'g')
order by rows desc, first_file, first_row
"""
"""Reasons that differ only in what they quote and count are one; ``reason`` is its first case."""

ALL = """
select file, row, batch, field, kind, reason, content from raw.quarantine order by file, row
"""

TAKEN = """
select count(*) as n from raw.arrivals anti join raw.quarantine using (file, row)
"""
"""Rows that came again stand in both: where they arrived, and why they do not count."""


def set_aside(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Return how many rows each reason set aside, and the first of them; most first."""
    warehouse.ensure(QUARANTINE)
    return warehouse.read(BY_REASON).to_pylist()


def sentence_of(task: Task, patience_s: float = 3.0) -> str | None:
    """Tell :func:`sentence` of a task; ``None`` too where a run has its warehouse at the moment."""
    if not stands(task):
        return None
    try:
        return sentence(warehouse_of(task, patience_s), task.name)
    except TaskError:
        return None


def sentence(warehouse: Warehouse, task: str) -> str | None:
    """Tell in a sentence how many rows are set aside, and the first reasons; ``None`` for none."""
    found = set_aside(warehouse)
    if not found:
        return None
    warehouse.ensure(ARRIVALS)
    taken = warehouse.read(TAKEN)["n"].to_pylist()[0]
    rows = sum(row["rows"] for row in found)
    reasons = "; ".join(
        f"{row['rows']:,} x {row['field'] or row['kind']}: {row['reason']}" for row in found[:3]
    )
    more = f"; and {len(found) - 3} more reasons" if len(found) > 3 else ""
    return f"{rows:,} set aside, {taken:,} taken ({reasons}{more}): touchstone quarantine {task}"
