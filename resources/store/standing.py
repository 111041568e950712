"""Whether a task has a store yet, for those that must not wait for a database to be loaded."""

from resources.task.task import Task


def stands(task: Task) -> bool:
    """Return whether anything of ``task`` was ever stored."""
    return task.warehouse.is_file()
