"""One DuckDB file as this process has it: closed, in use, or open a moment longer.

Opening a file costs 30 ms of computing, more than most of what is asked of it, and a batch asks some
sixty times. So the file stays open between two uses, until another process wants it.
"""

import atexit
import contextlib
import os
import re
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from resources.processes import describe
from resources.task.errors import DamagedError, TaskError

HELD = re.compile(r"[Cc]onflicting lock is held.*?\(PID (\d+)\)", re.DOTALL)
"""What DuckDB says where a program that knows nothing of our locks has the file open."""

STRANGER_S = 60.0
"""How long such a program is waited for, in seconds: a shell may stay open for days."""

LOOK_S = 0.5
"""How often it is looked whether it is gone, in seconds."""

LINGER_S = 3.0
"""How long a file stays open after its last use, in seconds."""

TICK_S = 0.1
"""How often it is asked whether another process wants the file, in seconds: so long that one waits."""


class OpenFile:
    """A DuckDB file that one thread of one process uses at a time.

    Two locks stand beside the file, as at a turnstile. Whoever has ``.lock`` may have the file open.
    Whoever wants it takes ``.lock.next`` first and keeps that until it has ``.lock``; seeing this,
    the one that has the file open lets go, and has to queue behind if it wants the file again. The
    system gives both back when a process dies.

    Parameters
    ----------
    path : Path
        Absolute; made by the first use.

    Attributes
    ----------
    made : set of str
        What its user has made sure of since it was opened; nobody else can have undone it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.made: set[str] = set()
        self._mine = threading.Lock()
        self._lock = FileLock(f"{path}.lock", thread_local=False)
        self._next = FileLock(f"{path}.lock.next", thread_local=False)
        self._database: duckdb.DuckDBPyConnection | None = None
        self._file: tuple[int, int] | None = None
        self._used_at = 0.0
        self._wanted = False
        self._watchers: list[threading.Thread] = []
        self._ending = threading.Event()
        atexit.register(self._end)

    @contextmanager
    def cursor(self, patience_s: float) -> Generator[duckdb.DuckDBPyConnection]:
        """Yield a connection of its own; the file stays open for a moment when it is left.

        Raises
        ------
        TaskError
            If others have the file for ``patience_s`` seconds, or it is damaged; naming it and what
            to do.
        """
        with self._turn(patience_s) as ends_at:
            if self._database is None or self._file != _identity(self.path):
                self._let_go()
                self._queue(patience_s, ends_at)
                self._database = self._open(ends_at)
            with self._database.cursor() as connection:
                try:
                    yield connection
                except (duckdb.IOException, duckdb.FatalException) as error:
                    if "Corrupt database" in str(error) or isinstance(error, duckdb.FatalException):
                        self._wanted = True  # what was read of it is not to be trusted
                        raise self._unreadable(error) from None
                    raise

    @contextmanager
    def closed(self, patience_s: float, *, usable: bool = True) -> Generator[Path]:
        """Keep everybody away from the file without opening it, for a program that will.

        With ``usable`` it was seen before that it opens.

        Raises
        ------
        TaskError
            If others have the file for ``patience_s`` seconds, or it is to be usable and is not;
            naming it and what to do.
        """
        with self._turn(patience_s) as ends_at:
            self._let_go()
            self._queue(patience_s, ends_at)
            try:
                if usable:
                    self._connect(ends_at).close()
                yield self.path
            finally:
                self._lock.release()

    def close(self, patience_s: float = 1.0) -> None:
        """Close the file now, unless another thread goes on using it for ``patience_s`` seconds."""
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

    def _queue(self, patience_s: float, ends_at: float) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._next.acquire(timeout=max(0.0, ends_at - time.monotonic())):
                self._lock.acquire(timeout=max(0.0, ends_at - time.monotonic()))
        except Timeout:
            raise self._in_use(patience_s) from None

    def _in_use(self, patience_s: float) -> TaskError:
        return TaskError(
            f"{self.path} has been in use by another process for {patience_s:g} s; "
            "wait until its run has ended, or end that process"
        )

    def _unreadable(self, error: duckdb.Error) -> DamagedError:
        fault = str(error).partition("\n")[0].rstrip("!.")
        return DamagedError(
            f"{self.path} cannot be read: {fault}. If it is damaged, `touchstone reset "
            f"{self.path.parent.name}` begins it anew; reviews and model answers stand elsewhere"
        )

    def _connect(self, ends_at: float) -> duckdb.DuckDBPyConnection:
        """Open the file as soon as no stranger has it open."""
        patience_ends = min(ends_at, time.monotonic() + STRANGER_S)
        while True:
            try:
                return duckdb.connect(str(self.path))
            except duckdb.IOException as error:
                held = HELD.search(str(error))
                if held is None:
                    raise self._unreadable(error) from None
                if time.monotonic() >= patience_ends:
                    raise TaskError(
                        f"{self.path} is open in {describe(int(held[1]))}; close it there and try again"
                    ) from None
            time.sleep(LOOK_S)

    def _open(self, ends_at: float) -> duckdb.DuckDBPyConnection:
        try:
            database = self._connect(ends_at)
        except BaseException:
            self._lock.release()
            raise
        self._file = _identity(self.path)
        self.made.clear()
        watcher = threading.Thread(
            target=self._watch, args=[database], name="warehouse", daemon=True
        )
        self._watchers = [*(one for one in self._watchers if one.is_alive()), watcher]
        watcher.start()
        return database

    def _end(self) -> None:
        """Close the file before the interpreter ends, which must not cut a watcher off in DuckDB."""
        self._ending.set()
        for watcher in self._watchers:
            watcher.join()
        self.close()

    def _let_go(self) -> None:
        self._wanted = False
        if self._database is None:
            return
        self._database.close()
        self._database = None
        self._lock.release()

    def _watch(self, database: duckdb.DuckDBPyConnection) -> None:
        """Close the file when another process wants it, or nobody has used it for a while."""
        queue = FileLock(self._next.lock_file, thread_local=False)
        while not self._ending.wait(TICK_S):
            wanted = not _is_free(queue)
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


_FILES: dict[str, OpenFile] = {}
_FILES_LOCK = threading.Lock()


def open_place(path: str) -> OpenFile:
    """Return what this process has of a file; the same for each use of a path."""
    absolute = os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps ..
    with _FILES_LOCK:
        if absolute not in _FILES:
            _FILES[absolute] = OpenFile(Path(absolute))
        return _FILES[absolute]


def _is_free(lock: FileLock) -> bool:
    try:
        with lock.acquire(timeout=0):
            return True
    except Timeout:
        return False


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
