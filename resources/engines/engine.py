"""What an engine has to be able to do, and which one a task has."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from resources.engines.cluster import ANSWERS_S, log
from resources.engines.dask_engine import dask_engine
from resources.engines.in_process import InProcess
from resources.engines.ray_engine import ray_engine
from resources.task.task import Task

P = TypeVar("P")
R = TypeVar("R")


class Engine(Protocol):
    """Works on parts, here or elsewhere."""

    def map(self, work: Callable[[P], R], parts: Iterable[P]) -> Iterator[R]:
        """Yield what ``work`` returns of each part, in the order of the parts.

        Work is done at least once: where a worker dies its part is done anew, elsewhere. So it has
        to be the same whoever does it and how often; what is large it writes itself, under a name
        that follows from the part, and what it returns is small. Parts, work and results are pickled.

        Raises
        ------
        LabelingError
            What ``work`` raised for a part.
        TaskError
            If the engine cannot be reached or went away; naming it and what to do.
        """
        ...

    def told(self) -> str:
        """Say in words who works on parts."""
        ...


def engine_of(
    task: Task, answers_s: float = ANSWERS_S, tell: Callable[[str], object] = log.warning
) -> AbstractContextManager[Engine]:
    """Return the engine that ``scale`` of the task names, ready while the context lasts.

    Parameters
    ----------
    task : Task
    answers_s : float
        For how many seconds a cluster is waited for when it is entered.
    tell : callable
        Is told of a wait in the middle of a run.

    Raises
    ------
    TaskError
        On entering, if its package is not installed, it does not answer, or its workers have another
        version of the code.
    """
    scale = task.spec.scale
    if scale.engine == "dask":
        return dask_engine(scale, answers_s, tell)
    if scale.engine == "ray":
        return ray_engine(scale, answers_s, tell)
    return InProcess()
