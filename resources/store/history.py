"""Which version of a task's tables is meant by a batch or a time; only a lake keeps any."""

from datetime import datetime
from zoneinfo import ZoneInfo

from labeling.counted import counted
from resources.store.place.lake.versions import Version
from resources.store.tables import ITEMS, RELEASED
from resources.store.warehouse import Warehouse
from resources.task.errors import TaskError
from resources.task.task import Task


def version_at(task: Task, warehouse: Warehouse, said: str) -> Version:
    """Return the version with which a batch was labelled last, or that stood at a time.

    Parameters
    ----------
    said : str
        A batch, or a time as ISO 8601 writes it, of the task's zone if it names none. What is both is
        a batch.

    Raises
    ------
    TaskError
        If it is neither, or nothing stood then.
    NoVersionsError
        Where the tables lie in a file.
    """
    kept = warehouse.versions()
    labelled = _last(kept, f"{RELEASED.sql_name} {said}")
    if labelled is not None:
        return labelled
    at = _time(said, task.zone)
    if at is None:
        raise TaskError(
            f"{said!r} is no batch of task {task.name!r} that this lake saw labelled, and no time; "
            f"{_batches(kept)}, or say a time such as 2026-03-02T18:00"
        )
    before = [version for version in kept if version.at <= at]
    if not before:
        begins = (
            f"its lake begins at {kept[0].at:%Y-%m-%d %H:%M} UTC" if kept else "its lake is empty"
        )
        raise TaskError(f"nothing of task {task.name!r} stood at {said}: {begins}")
    return before[-1]


def version_before(task: Task, warehouse: Warehouse, batch: str) -> Version:
    """Return the version that stood before a batch was last labelled, or begun to be.

    Raises
    ------
    TaskError
        If the lake never saw the batch labelled, or nothing stood before.
    NoVersionsError
        Where the tables lie in a file.
    """
    kept = warehouse.versions()
    begun = _last(kept, f"{ITEMS.sql_name} {batch}")
    if begun is None:
        raise TaskError(
            f"the lake of task {task.name!r} never saw batch {batch!r} labelled; {_batches(kept)}"
        )
    return kept[kept.index(begun) - 1]


def _last(kept: list[Version], wrote: str) -> Version | None:
    return next((version for version in reversed(kept) if version.wrote == wrote), None)


def _batches(kept: list[Version]) -> str:
    labelled = f"{RELEASED.sql_name} "
    found = sorted({v.wrote.removeprefix(labelled) for v in kept if v.wrote.startswith(labelled)})
    more = f" and {counted(len(found) - 5, 'more')}" if len(found) > 5 else ""
    return f"it saw {', '.join(found[-5:])}{more}" if found else "it saw none yet"


def _time(said: str, zone: ZoneInfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)
