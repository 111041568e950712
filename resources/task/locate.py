"""Find the task a user means: a folder, a name, or the only one there is."""

from pathlib import Path

from resources.task.errors import TaskError
from resources.task.task import Task, load_task


def find_task(given: Path | None) -> Task:
    """Load the task that :func:`task_folder` finds.

    Raises
    ------
    TaskError
        If none is found, or it cannot be read.
    """
    return load_task(task_folder(given))


def task_folder(given: Path | None) -> Path:
    """Return the folder of a task: as it is given, or of that name under ``tasks/`` of the working directory.

    Raises
    ------
    TaskError
        If nothing fits, or nothing was given and there are several; it lists what there is.
    """
    if given is not None and (given / "task.yaml").is_file():
        return given
    root = Path.cwd() / "tasks"
    names = sorted(path.parent.name for path in root.glob("*/task.yaml"))
    if given is not None:
        if str(given) in names:
            return root / given
        raise TaskError(
            f"there is no task {str(given)!r}: neither a folder with a task.yaml nor one of "
            f"{', '.join(names) or 'none'} under {root}"
        )
    if len(names) != 1:
        raise TaskError(f"say which task: {', '.join(names) or f'there is none under {root}'}")
    return root / names[0]


def all_tasks(project: Path) -> list[Task]:
    """Load every task of a project, by name."""
    return [load_task(path.parent) for path in sorted((project / "tasks").glob("*/task.yaml"))]
