"""Before any work: is the state kept where it was? Elsewhere, old answers would be left unread in silence."""

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
    note = task.var / "state.txt"
    if not note.is_file():
        task.var.mkdir(parents=True, exist_ok=True)
        beside = note.with_suffix(".part")
        beside.write_text(f"{task.state}\n", encoding="utf-8")
        beside.replace(note)


def moved_state(task: Task) -> str | None:
    """Say that the state was kept elsewhere at the last run; None where it was not, or nothing ran yet."""
    note = task.var / "state.txt"
    if note.is_file():
        before = note.read_text(encoding="utf-8").strip()
    elif stands(task) and (task.var / "reviews.sqlite").is_file():
        before = FILES  # of a version that knew nothing else
    else:
        return None
    if before == task.state:
        return None
    return (
        f"answers of {task.name} were kept in {_told(task, before)} at the last run, and task.yaml names "
        f"{_told(task, task.state)} now, where they are not read. Take the change of `state:` back; or "
        f"bring them over as the guide on state says, and tell so: `echo '{task.state}' > {note}`"
    )


def _told(task: Task, place: str) -> str:
    return f"files in {task.var}" if place == FILES else place
