"""A turnstile in PostgreSQL: advisory locks keep processes of all machines apart."""

import time
import zlib
from typing import Any

from filelock import Timeout

from resources.store.place.lake.address import LakeAddress
from resources.store.place.lake.attaching import cut_off
from resources.store.place.lake.extensions import INSTALL
from resources.task.errors import TaskError

LOCK, NEXT = 1, 2


class AdvisoryTurnstile:
    """See :class:`~resources.store.place.turnstile.Turnstile`; the server gives locks back with the line.

    Parameters
    ----------
    lake : LakeAddress
        With a catalog in PostgreSQL; each task has locks of its own.
    """

    def __init__(self, lake: LakeAddress) -> None:
        self.lake = lake
        self._key = zlib.crc32(lake.schema.encode()) & 0x7FFFFFFF
        self._line: Any = None

    def enter(self, patience_s: float) -> None:
        """See :class:`~resources.store.place.turnstile.Turnstile`.

        Raises
        ------
        TaskError
            If the catalog does not answer.
        """
        ends_at = time.monotonic() + patience_s
        import psycopg

        self._hang_up()
        self._line = connect(self.lake)
        try:
            for lock in (NEXT, LOCK):
                left_ms = max(1, int(1000 * (ends_at - time.monotonic())))
                self._line.execute(f"set lock_timeout = {left_ms}")
                self._line.execute("select pg_advisory_lock(%s, %s)", (self._key, lock))
            self._line.execute("select pg_advisory_unlock(%s, %s)", (self._key, NEXT))
        except psycopg.errors.LockNotAvailable:
            self._hang_up()
            raise Timeout(self.lake.catalog_of_task) from None
        except psycopg.Error as error:
            self._hang_up()
            raise cut_off(self.lake, error) from None

    def leave(self) -> None:
        """See :class:`~resources.store.place.turnstile.Turnstile`."""
        self._hang_up()

    def is_wanted(self) -> bool:
        """See :class:`~resources.store.place.turnstile.Turnstile`."""
        asked = (
            "select count(*) from pg_locks where locktype = 'advisory' and granted"
            " and classid = %s::oid and objid = %s::oid"
        )
        return bool(self._ask(asked, (self._key, NEXT)))

    def is_held(self) -> bool:
        """See :class:`~resources.store.place.turnstile.Turnstile`."""
        return self._ask("select 1", ()) == 1

    def _ask(self, query: str, given: tuple[object, ...]) -> int | None:
        """Return a number, or ``None`` where the line was cut."""
        import psycopg

        line = self._line
        if line is None or line.closed:
            return None
        try:
            return line.execute(query, given).fetchone()[0]
        except psycopg.Error:
            return None

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()


def connect(lake: LakeAddress) -> Any:
    """Return a connection of psycopg to the catalog's database, each statement by itself.

    Raises
    ------
    TaskError
        If the package is missing, or the database does not answer.
    """
    try:
        import psycopg
    except ImportError:
        raise TaskError(f"a catalog in PostgreSQL needs the package psycopg: {INSTALL}") from None
    try:
        return psycopg.connect(lake.conninfo, autocommit=True)
    except psycopg.Error as error:
        raise cut_off(lake, error) from None
