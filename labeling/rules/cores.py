"""How many processor cores there are to use."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_MOST: ContextVar[int | None] = ContextVar("most", default=None)


def usable_cores() -> int:
    """Return how many cores this process may run on, at least 1."""
    has = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(has, _MOST.get() or has))


@contextmanager
def at_most(cores: int) -> Generator[None]:
    """Let what runs inside use so many cores: one of several workers sees all of the machine's.

    Examples
    --------
    >>> with at_most(1):
    ...     usable_cores()
    1
    """
    before = _MOST.set(cores)
    try:
        yield
    finally:
        _MOST.reset(before)
