"""What many write at the same moment, in one transaction."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class GroupCommit:
    """Commits once for all who write in the same turn of the event loop.

    Parameters
    ----------
    db : sqlite3.Connection
        Without transactions of its own (``isolation_level=None``); nobody else begins one on it.

    Examples
    --------
    >>> db = sqlite3.connect(":memory:", isolation_level=None)
    >>> _ = db.execute("create table calls (n)")
    >>> async def three():
    ...     group = GroupCommit(db)
    ...     say = "insert into calls values (1)"
    ...     await asyncio.gather(*(group.write(lambda: db.execute(say)) for _ in range(3)))
    >>> asyncio.run(three())
    >>> db.in_transaction, db.execute("select count(*) from calls").fetchone()
    (False, (3,))
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._waiting: list[asyncio.Future[None]] = []

    async def write(self, write: Callable[[], T]) -> T:
        """Call ``write`` and return its result once it is committed."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            self._db.execute("begin immediate")
            loop.call_soon(self.commit)
        committed = loop.create_future()
        self._waiting.append(committed)
        result = write()
        await committed
        return result

    def commit(self) -> None:
        """Commit what is written so far."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        error: BaseException | None = None
        try:
            self._db.execute("commit")
        except sqlite3.Error as failed:
            error = failed
            if self._db.in_transaction:  # a full disk has SQLite roll back by itself
                self._db.execute("rollback")
        for one in waiting:
            if one.done():
                continue
            if error is None:
                one.set_result(None)
            else:
                one.set_exception(error)
