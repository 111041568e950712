"""Before any work: is the state kept where it was? Elsewhere, old answers would be left unread in silence."""

import json
from pathlib import Path

from resources.store.place import stands
from resources.task.errors import TaskError
from resources.task.task import Task

FILES = "files"


def check_moved_state(task: Task) -> None:
    """Refuse to go on where task.yaml names another place of the state than the last run knew; note the place.

    Raises
    ------
    TaskError
        Naming both places and what to do.
    """
    if (told := moved_state(task)) is not None:
        raise TaskError(told)
    if noted_places(task) != [task.state]:
        note_state(task, task.state)


def note_state(task: Task, *places: str) -> None:
    """Write down where the state is kept; two places where a move has just made them equal."""
    task.var.mkdir(parents=True, exist_ok=True)
    note = _note(task)
    beside = note.with_suffix(".part")
    beside.write_text("".join(f"{place}\n" for place in places), encoding="utf-8")
    beside.replace(note)


def moved_state(task: Task) -> str | None:
    """Say that the state was kept elsewhere at the last run; None where it was not, or nothing ran yet."""
    before = noted_places(task)
    if not before and stands(task) and (task.var / "reviews.sqlite").is_file():
        before = [FILES]  # of a version that knew nothing else
    if not before or task.state in before:
        return None
    to = FILES if task.state == FILES else task.spec.state.postgres
    return (
        f"answers of {task.name} were kept in {_told(task, before[0])} at the last run, and task.yaml names "
        f"{_told(task, task.state)} now, where they are not read. Take the change of `state:` back, and let "
        f"`touchstone move {task.name} --state '{to}'` bring them over; or give them up: "
        f"`echo '{task.state}' > {_note(task)}`"
    )


def mark_of_move(task: Task) -> Path:
    """Return the file that says that a move of the state is under way, or was killed."""
    return task.var / "moving_state.json"


def unfinished_move(task: Task) -> tuple[str, str] | None:
    """Say that a move of the state was not finished, and how it is; None where none is open."""
    mark = mark_of_move(task)
    if not mark.is_file():
        return None
    new = json.loads(mark.read_text(encoding="utf-8"))["new"] or FILES
    return (
        f"a move of the state to {new} was not finished; the task works from {_told(task, task.state)}",
        f"touchstone move {task.name} --state '{new}'",
    )


def _note(task: Task) -> Path:
    return task.var / "state.txt"


def noted_places(task: Task) -> list[str]:
    """Return where the state is kept by what was noted; two places where a move has just made them equal."""
    note = _note(task)
    said = note.read_text(encoding="utf-8") if note.is_file() else ""
    return [place for line in said.split("\n") if (place := line.strip())]


def _told(task: Task, place: str) -> str:
    return f"files in {task.var}" if place == FILES else place
