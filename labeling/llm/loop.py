"""One event loop for all model calls of a process.

Connections belong to the loop that opened them: a loop of its own for each batch would leave them
behind, and client libraries that keep one client for each loop would grow without end.
"""

import asyncio
import threading
from collections.abc import Coroutine
from functools import cache
from typing import TypeVar

T = TypeVar("T")


def run_to_end(work: Coroutine[object, object, T]) -> T:
    """Run ``work`` and return its result; an interrupt cancels it.

    Examples
    --------
    >>> async def answer():
    ...     return 42
    >>> run_to_end(answer())
    42
    """
    future = asyncio.run_coroutine_threadsafe(work, _loop())
    try:
        return future.result()
    except KeyboardInterrupt:
        future.cancel()
        raise


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="model-calls", daemon=True).start()
    return loop
