"""One event loop for all model calls of a process.

Connections belong to the loop that opened them: a loop of its own for each batch would leave them
behind, and client libraries that keep one client for each loop would grow without end.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from functools import cache
from typing import TypeVar

T = TypeVar("T")


GRACE_S = 10.0
"""How long an interrupted piece of work may take to stop, in seconds."""


def run_to_end(work: Coroutine[object, object, T]) -> T:
    """Run ``work`` and return its result; whatever interrupts the wait stops the work too.

    Examples
    --------
    >>> async def answer():
    ...     return 42
    >>> run_to_end(answer())
    42
    """
    ended = threading.Event()

    async def whole() -> T:
        try:
            return await work
        finally:
            ended.set()

    future = asyncio.run_coroutine_threadsafe(whole(), _loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        ended.wait(GRACE_S)
        raise


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="model-calls", daemon=True).start()
    return loop


os.register_at_fork(after_in_child=_loop.cache_clear)  # a child has no thread to run the loop


async def together(workers: list[asyncio.Task[None]]) -> None:
    """Wait for all; if one fails, or the wait is cancelled, nobody goes on spending."""
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
