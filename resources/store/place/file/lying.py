"""What is told of a task's file without loading a database."""

from resources.task.task import Task


def named(task: Task) -> str:
    """Name the file of ``task``."""
    return str(task.warehouse)


def stands(task: Task) -> bool:
    """Return whether the file of ``task`` was ever made."""
    return task.warehouse.is_file()


def size(task: Task) -> int:
    """Return how many bytes the file of ``task`` takes."""
    return task.warehouse.stat().st_size


def remove(task: Task) -> None:
    """Delete the file; whoever calls this keeps everybody else away."""
    for suffix in ("", ".wal"):
        task.warehouse.with_name(task.warehouse.name + suffix).unlink(missing_ok=True)
