"""Who may have a place open: one process, and the next one that wants it, as at a turnstile."""

import time
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout


class Turnstile(Protocol):
    """Two locks. Whoever has the first may have the place open.

    Whoever wants it takes the second before it, and keeps that until it has the first; seeing this,
    the one that has the place open lets go, and has to queue behind if it wants it again. Both are
    given back when a process dies.
    """

    def enter(self, patience_s: float) -> None:
        """Queue for the place, and have it.

        Raises
        ------
        filelock.Timeout
            If others have it for ``patience_s`` seconds.
        """
        ...

    def leave(self) -> None:
        """Give the place back."""
        ...

    def is_wanted(self) -> bool:
        """Whether another process stands in the queue."""
        ...

    def is_held(self) -> bool:
        """Whether what was entered is still ours: locks of a server go with the line to it."""
        ...


class FileTurnstile:
    """Locks of the system on two files, ``NAME.lock`` and ``NAME.lock.next``.

    Parameters
    ----------
    path : Path
        What they stand beside; its folder is made.
    """

    def __init__(self, path: Path) -> None:
        self.folder = path.parent
        self._lock = FileLock(f"{path}.lock", thread_local=False)
        self._next = FileLock(f"{path}.lock.next", thread_local=False)

    def enter(self, patience_s: float) -> None:
        """See :class:`Turnstile`."""
        ends_at = time.monotonic() + patience_s
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._next.acquire(timeout=patience_s):
            self._lock.acquire(timeout=max(0.0, ends_at - time.monotonic()))

    def leave(self) -> None:
        """See :class:`Turnstile`."""
        self._lock.release()

    def is_wanted(self) -> bool:
        """See :class:`Turnstile`."""
        try:
            with FileLock(self._next.lock_file, thread_local=False).acquire(timeout=0):
                return False
        except Timeout:
            return True

    def is_held(self) -> bool:
        """See :class:`Turnstile`."""
        return self._lock.is_locked
