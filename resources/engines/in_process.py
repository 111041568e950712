"""No engine at all: one part after another, in this process."""

from collections.abc import Callable, Iterable, Iterator
from typing import Self, TypeVar

P = TypeVar("P")
R = TypeVar("R")


class InProcess:
    """Works on a part when its result is asked for, so that one is in memory at a time.

    Examples
    --------
    >>> with InProcess() as engine:
    ...     list(engine.map(len, ["a", "bc"]))
    [1, 2]
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, work: Callable[[P], R], parts: Iterable[P]) -> Iterator[R]:
        """See :meth:`resources.engines.engine.Engine.map`."""
        yield from map(work, parts)

    def told(self) -> str:
        """See :meth:`resources.engines.engine.Engine.told`."""
        return "this process, one part after another"
