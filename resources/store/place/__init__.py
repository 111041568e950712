"""Where the tables of a task lie: in a DuckDB file, or in a lake, as task.yaml says under ``store``.

Here, what is told of the one or the other without loading a database; ``opening.py`` gives it opened, by
:class:`resources.store.protocol.Place`. A place is a room: ``file/``, ``lake/``. Not here: what is asked
(``queries/``) and by which words (``session.py``).
"""

from types import ModuleType

from resources.store.place.file import lying as file
from resources.store.place.lake import lying as lake
from resources.task.task import Task


def _of(task: Task) -> ModuleType:
    return file if task.spec.store.lake is None else lake


def named(task: Task) -> str:
    """Name the place of ``task``, as messages do."""
    return _of(task).named(task)


def stands(task: Task) -> bool:
    """Return whether anything of ``task`` was ever stored.

    Raises
    ------
    TaskError
        If a catalog has to be asked and does not answer.
    """
    return _of(task).stands(task)


def size(task: Task) -> int | None:
    """Return how many bytes the store of ``task`` takes; ``None`` where it lies elsewhere."""
    return _of(task).size(task)


def remove(task: Task) -> None:
    """Delete all that was stored; whoever calls this keeps everybody else away."""
    _of(task).remove(task)
