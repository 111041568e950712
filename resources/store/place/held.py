"""One place as this process has it: closed, in use, or open a moment longer.

Opening a place costs 30 ms of computing and more, more than most of what is asked of it, and a batch
asks some sixty times. So it stays open between two uses, until another process wants it.
"""

import atexit
import contextlib
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import contextmanager

import duckdb
from filelock import Timeout

from resources.processes import describe
from resources.store.place.turnstile import Turnstile
from resources.task.errors import TaskError

HELD = re.compile(r"[Cc]onflicting lock is held.*?\(PID (\d+)\)", re.DOTALL)
"""What DuckDB says where a program that knows nothing of our locks has a file open."""

STRANGER_S = 60.0
"""How long such a program is waited for, in seconds: a shell may stay open for days."""

LOOK_S = 0.5
"""How often it is looked whether it is gone, in seconds."""

LINGER_S = 3.0
"""How long a place stays open after its last use, in seconds."""

TICK_S = 0.1
"""How often it is asked whether another process wants the place, in seconds: so long that one waits."""


class HeldPlace(ABC):
    """A place that one thread of one process uses at a time; see :class:`~resources.store.protocol.Place`.

    Parameters
    ----------
    name : str
        What messages call it: a path, or an address without a secret.
    turnstile : Turnstile
        Keeps other processes out.

    Attributes
    ----------
    made : set of str
        What its user has made sure of since it was opened; nobody else can have undone it.
    """

    def __init__(self, name: str, turnstile: Turnstile) -> None:
        self.name = name
        self.made: set[str] = set()
        self._turnstile = turnstile
        self._mine = threading.Lock()
        self._database: duckdb.DuckDBPyConnection | None = None
        self._opened_as: object = None
        self._used_at = 0.0
        self._wanted = False
        self._watchers: list[threading.Thread] = []
        self._ending = threading.Event()
        atexit.register(self._end)

    @abstractmethod
    def _open(self) -> duckdb.DuckDBPyConnection:
        """Open the place.

        Raises
        ------
        duckdb.IOException
            As DuckDB says it, where another program has a file open.
        TaskError
            Where it cannot be opened, naming it and what to do.
        """

    @abstractmethod
    def _shut(self, database: duckdb.DuckDBPyConnection) -> None:
        """Close what :meth:`_open` gave."""

    @abstractmethod
    def _identity(self) -> object:
        """Return what is another where the place was replaced by another one."""

    @abstractmethod
    def _told(self, error: duckdb.Error) -> TaskError | None:
        """Say what an error means, if it is the place that is at fault and not what was asked."""

    @abstractmethod
    def _enter(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let a new connection find the tables."""

    @contextmanager
    def cursor(self, patience_s: float) -> Generator[duckdb.DuckDBPyConnection]:
        """Yield a connection of its own; the place stays open for a moment when it is left.

        Raises
        ------
        TaskError
            If others have the place for ``patience_s`` seconds, or it is damaged; naming it and what
            to do.
        """
        with self._turn(patience_s) as ends_at:
            database = self._database if self._is_open() else None
            if database is None:
                self._let_go()
                self._queue(patience_s, ends_at)
                self._database = database = self._opened(ends_at)
            with database.cursor() as connection:
                try:
                    self._enter(connection)
                    yield connection
                except duckdb.Error as error:
                    told = self._told(error)
                    if told is None:
                        raise
                    self._wanted = True  # what was read of it is not to be trusted
                    raise told from None

    def note(self, connection: duckdb.DuckDBPyConnection, wrote: str) -> None:
        """See :class:`~resources.store.protocol.Place`; by itself a place keeps no versions."""
        del connection, wrote

    @contextmanager
    def closed(self, patience_s: float, *, usable: bool = True) -> Generator[None]:
        """Keep everybody away from the place without opening it, for a program that will.

        With ``usable`` it was seen before that it opens.

        Raises
        ------
        TaskError
            If others have the place for ``patience_s`` seconds, or it is to be usable and is not;
            naming it and what to do.
        """
        with self._turn(patience_s) as ends_at:
            self._let_go()
            self._queue(patience_s, ends_at)
            try:
                if usable:
                    self._shut(self._connect(ends_at))
                yield
            finally:
                self._turnstile.leave()

    def close(self, patience_s: float = 1.0) -> None:
        """Close the place now, unless another thread goes on using it for ``patience_s`` seconds."""
        with contextlib.suppress(TaskError), self._turn(patience_s):
            self._let_go()

    @contextmanager
    def _turn(self, patience_s: float) -> Generator[float]:
        """Keep other threads out; yields when patience ends, in seconds of the monotonic clock."""
        ends_at = time.monotonic() + patience_s
        if not self._mine.acquire(timeout=patience_s):
            raise self._in_use(patience_s)
        try:
            yield ends_at
        finally:
            self._used_at = time.monotonic()
            if self._wanted:
                self._let_go()
            self._mine.release()

    def _is_open(self) -> bool:
        return (
            self._database is not None
            and self._opened_as == self._identity()
            and self._turnstile.is_held()
        )

    def _queue(self, patience_s: float, ends_at: float) -> None:
        try:
            self._turnstile.enter(max(0.0, ends_at - time.monotonic()))
        except Timeout:
            raise self._in_use(patience_s) from None

    def _in_use(self, patience_s: float) -> TaskError:
        return TaskError(
            f"{self.name} has been in use by another process for {patience_s:g} s; "
            "wait until its run has ended, or end that process"
        )

    def _connect(self, ends_at: float) -> duckdb.DuckDBPyConnection:
        """Open the place as soon as no stranger has it open."""
        patience_ends = min(ends_at, time.monotonic() + STRANGER_S)
        while True:
            try:
                return self._open()
            except duckdb.IOException as error:
                held = HELD.search(str(error))
                if held is None:
                    raise
                if time.monotonic() >= patience_ends:
                    raise TaskError(
                        f"{self.name} is open in {describe(int(held[1]))}; close it there and try again"
                    ) from None
            time.sleep(LOOK_S)

    def _opened(self, ends_at: float) -> duckdb.DuckDBPyConnection:
        try:
            database = self._connect(ends_at)
        except BaseException:
            self._turnstile.leave()
            raise
        self._opened_as = self._identity()
        self.made.clear()
        watcher = threading.Thread(
            target=self._watch, args=[database], name="warehouse", daemon=True
        )
        self._watchers = [*(one for one in self._watchers if one.is_alive()), watcher]
        watcher.start()
        return database

    def _end(self) -> None:
        """Close the place before the interpreter ends, which must not cut a watcher off in DuckDB."""
        self._ending.set()
        for watcher in self._watchers:
            watcher.join()
        self.close()

    def _let_go(self) -> None:
        self._wanted = False
        if self._database is None:
            return
        database, self._database = self._database, None
        try:
            self._shut(database)
        finally:
            self._turnstile.leave()

    def _watch(self, database: duckdb.DuckDBPyConnection) -> None:
        """Close the place when another process wants it, or nobody has used it for a while."""
        while not self._ending.wait(TICK_S):
            if self._database is not database:
                return
            wanted = self._turnstile.is_wanted()
            if not self._mine.acquire(blocking=False):
                self._wanted = wanted  # whoever uses it lets go when done
                continue
            try:
                if self._database is not database:
                    return
                if wanted or time.monotonic() - self._used_at > LINGER_S:
                    self._let_go()
                    return
            finally:
                self._mine.release()
