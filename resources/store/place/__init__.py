"""Where the tables of a task lie: a DuckDB file. Another place is another folder with these two modules.

Here, what is told without loading a database; in ``opening.py`` the place opened, by
:class:`resources.store.protocol.Place`. Not here: what is asked (``queries/``) and by which words
(``session.py``).
"""

from resources.task.task import Task


def stands(task: Task) -> bool:
    """Return whether anything of ``task`` was ever stored."""
    return task.warehouse.is_file()


def size(task: Task) -> int:
    """Return how many bytes the store of ``task`` takes."""
    return task.warehouse.stat().st_size


def remove(task: Task) -> None:
    """Delete all that was stored; whoever calls this keeps everybody else away."""
    for suffix in ("", ".wal"):
        task.warehouse.with_name(task.warehouse.name + suffix).unlink(missing_ok=True)
