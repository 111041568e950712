"""What many write while PostgreSQL commits, in the next transaction."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from labeling.errors import BudgetError
from labeling.llm.ledger.elsewhere import AskedElsewhereError
from labeling.state.line import PostgresConnection

T = TypeVar("T")

REFUSED = (AskedElsewhereError, BudgetError)
"""What one write may come to without harm to the others."""


class GroupInThread:
    """Commits for all who came while the last commit was under way; the event loop goes on.

    Parameters
    ----------
    db : PostgresConnection
    """

    def __init__(self, db: PostgresConnection) -> None:
        self._db = db
        self._waiting: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def write(self, write: Callable[[], T]) -> T:
        """Call ``write`` and return its result once it is committed."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._waiting.append((write, done))
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        return await done

    async def _work(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            writes = [write for write, _ in group]
            results: list[Any]
            try:
                results = await asyncio.to_thread(self._commit, writes)
            except Exception as error:  # noqa: BLE001  whoever waits is told
                results = [error] * len(group)
            for (_, done), result in zip(group, results, strict=True):
                if done.done():
                    continue
                if isinstance(result, Exception):
                    done.set_exception(result)
                else:
                    done.set_result(result)

    def _commit(self, writes: list[Callable[[], Any]]) -> list[Any]:
        results: list[Any] = []
        with self._db.turn:
            self._db.execute("begin immediate")
            try:
                for write in writes:
                    try:
                        results.append(write())
                    except REFUSED as error:
                        results.append(error)
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")
        return results

    def commit(self) -> None:
        """Do nothing: what waits is committed by who waits, and nothing else is open."""
