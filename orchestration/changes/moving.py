"""A task's tables brought to another place: from its file to a lake, to another lake, or back."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orchestration.changes.resetting import PATIENCE_S, refuse_if_run
from orchestration.changes.said_anew import said_anew
from orchestration.turn import turn
from resources.dagster.instance import instance_of
from resources.dagster.living import end_lost_runs
from resources.store.copying import Copied, copy_store
from resources.store.place import named, remove, stands
from resources.store.place.lake.address import lake_of
from resources.store.warehouse import warehouse_of
from resources.task.classes.files import replace as write_whole
from resources.task.errors import TaskError
from resources.task.settings.store import Lake, Store
from resources.task.task import Task


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did: where the tables lie now, and how much was copied; ``None`` if they lay there."""

    to: str
    copied: Copied | None


def move_task(task: Task, lake: Lake | None) -> Moved:
    """Bring the tables of a task into a lake, or into its file, and let task.yaml say so.

    Nothing is taken away before the copy was compared and task.yaml names it. Of a move that was killed
    the task runs on where task.yaml says; the next move clears what the other place was left with.

    Parameters
    ----------
    lake : Lake, optional
        As task.yaml is to name it; into the file without one.

    Raises
    ------
    TaskError
        If something stands at the new place, the task is being run, or a place does not answer.
    """
    with turn(task, lambda _: None, PATIENCE_S), instance_of(task) as instance:
        end_lost_runs(instance, task.name)
        refuse_if_run(task, instance)
        _clear(task)
        there = _at(task, Store(lake=lake))
        if there.spec.store == task.spec.store:
            return Moved(named(task), None)
        _refuse_a_place_that_is_taken(task, there)
        _refuse_shared_files(task, there)
        text = said_anew(task.folder / "task.yaml", "store", _section(there))
        return Moved(named(there), _move(task, there, text))


def _move(task: Task, there: Task, text: str) -> Copied:
    copied = Copied(0, 0)
    source, target = warehouse_of(task, PATIENCE_S), warehouse_of(there, PATIENCE_S)
    with source.lock(), target.lock():
        _write(_mark(task), json.dumps({"from": _said(task), "to": _said(there)}))
        if stands(task):
            copied = copy_store(source, target)
        write_whole(task.folder / "task.yaml", text)  # from here on the copy counts
    _clear(there)
    return copied


def _refuse_a_place_that_is_taken(task: Task, there: Task) -> None:
    """Refuse to write where something stands.

    Raises
    ------
    TaskError
        Naming the place and, where it can be told, what stands there.
    """
    if named(there) != named(task) and not stands(there):
        return
    lake = lake_of(there)
    if lake is not None and lake.file is not None and not _is_database(lake.file):
        raise TaskError(
            f"{lake.file} is a file of something else, and no catalog; name another with --catalog"
        )
    raise TaskError(
        f"tables stand at {named(there)} already, and would be lost; name another place"
    )


def _is_database(path: Path) -> bool:
    """Return whether a file is DuckDB's, by what its format begins with."""
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


def _refuse_shared_files(task: Task, there: Task) -> None:
    """Refuse a lake whose files would lie among another's: clearing the one would take the other's.

    Raises
    ------
    TaskError
        Naming the folder.
    """
    lake, old = lake_of(there), lake_of(task)
    if lake is None:
        return
    if old is not None and (f"{old.data}/").startswith(f"{lake.data}/"):
        raise TaskError(
            f"the files of both lakes would lie in {lake.data}; name another folder with --data"
        )
    if lake.folder is not None and lake.folder.is_dir() and any(lake.folder.iterdir()):
        raise TaskError(
            f"{lake.folder} holds files already, of another lake perhaps; name another folder with --data"
        )


def _clear(task: Task) -> None:
    """Delete what a move has left at the place that task.yaml does not name."""
    mark = _mark(task)
    if not mark.is_file():
        return
    said = json.loads(mark.read_text(encoding="utf-8"))
    for store in (Store.model_validate(said[end]) for end in ("from", "to")):
        other = _at(task, store)
        if named(other) != named(task) and stands(other):
            with warehouse_of(other, PATIENCE_S).lock():
                remove(other)
    mark.unlink()


def _at(task: Task, store: Store) -> Task:
    return replace(task, spec=task.spec.model_copy(update={"store": store}))


def _said(task: Task) -> dict[str, Any]:
    return task.spec.store.model_dump(mode="json")


def _section(task: Task) -> dict[str, Any] | None:
    lake = task.spec.store.lake
    return {"lake": lake.model_dump(exclude_defaults=True)} if lake else None


def _mark(task: Task) -> Path:
    return task.var / "moving.json"


def _write(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
