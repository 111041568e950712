"""Signs of life that need no clock: a lock in the database that ends with the process that holds it.

PostgreSQL gives a lock up when the line ends on which it was taken: also after ``kill -9``, and within a
minute where the machine is gone.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from labeling.state.line import lock_number
from resources.dagster.machines.database import Database, InstanceGoneError

if TYPE_CHECKING:
    import dagster as dg
    from sqlalchemy import Connection

PING_S = 1.0
"""How often a line is tried, in seconds: one that was cut takes its locks again at once."""

LOOK_S = 0.5
"""Between two looks at a lock that somebody else holds, in seconds."""

CUT_S = 8.0
"""How long to stand back where the database was gone, in seconds: who held a lock, takes it first."""

RUN, TURN, DAEMON, MAKING = (
    lock_number("dagster", word) & 0x7FFFFFFF for word in ("run", "turn", "daemon", "making")
)
"""What a lock is about: a run that is worked on, a task's turn, the one daemon, making the tables."""

TRY = "select pg_try_advisory_lock(%s, %s)"
HELD = """
select l.objid::bigint, a.application_name from pg_locks l left join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.classid::bigint = %s
    and l.database = (select oid from pg_database where datname = current_database())
"""


class Sign:
    """A lock that this process holds for as long as it lives, or until :meth:`let_go`.

    Parameters
    ----------
    database : Database
    kind : int
        One of :data:`RUN`, :data:`TURN`, :data:`DAEMON`, :data:`MAKING`.
    of : str
        Which run or task.
    """

    def __init__(self, database: Database, kind: int, of: str) -> None:
        self._database, self._lock = database, (kind, number(of))
        self._end = threading.Event()
        self._open = ExitStack()
        self._line: Connection | None = None
        self._ours = False
        self._keeper = threading.Thread(target=self._keep, name="sign of life", daemon=True)

    def take(self) -> bool:
        """Take the lock, unless somebody else holds it; return whether it is ours.

        Raises
        ------
        InstanceGoneError
            If the database does not answer.
        """
        self._ours = self._try()
        if self._ours:
            self._keeper.start()
        return self._ours

    def let_go(self) -> None:
        """Give the lock back."""
        self._end.set()
        if self._keeper.is_alive():
            self._keeper.join()
        if self._line is not None:
            with suppress(Exception):
                self._line.exec_driver_sql("select pg_advisory_unlock(%s, %s)", self._lock)
        self._hang_up()

    def _try(self) -> bool:
        from sqlalchemy.exc import DBAPIError

        try:
            if self._line is None:
                self._line = self._open.enter_context(self._database.line())
                self._line.exec_driver_sql(
                    "select set_config('application_name', %s, false)", (me(),)
                )
            return bool(self._line.exec_driver_sql(TRY, self._lock).scalar_one())
        except DBAPIError as error:
            self._hang_up()
            raise InstanceGoneError(str(error.orig)) from None

    def _keep(self) -> None:
        from sqlalchemy.exc import DBAPIError

        while not self._end.wait(PING_S):
            try:
                if self._line is None or not self._ours:
                    self._ours = self._try()
                else:
                    self._line.exec_driver_sql("select 1")
            except (DBAPIError, InstanceGoneError):
                self._hang_up()

    def _hang_up(self) -> None:
        self._line, self._ours = None, False
        with suppress(Exception):
            self._open.close()


@contextmanager
def run_sign(instance: "dg.DagsterInstance", run_id: str) -> Generator[None]:
    """Give a sign of life of a run while this process works on it; in files of one machine, none is needed."""
    database = Database.of(instance)
    if database is None:
        yield
        return
    with holding(database, RUN, run_id):
        yield


@contextmanager
def holding(
    database: Database,
    kind: int,
    of: str,
    waiting: Callable[[str], object] = lambda _: None,
    patience_s: float | None = None,
) -> Generator[None]:
    """Hold a lock; wait for whoever has it.

    Parameters
    ----------
    database, kind, of
        See :class:`Sign`.
    waiting : callable
        Called once with who has it.
    patience_s : float, optional
        How long to wait, in seconds; for as long as it takes if not said.

    Raises
    ------
    TimeoutError
        After ``patience_s``, with who has it.
    InstanceGoneError
        If the database does not answer.
    """
    sign = Sign(database, kind, of)
    until = None if patience_s is None else time.monotonic() + patience_s
    told: str | None = None
    while not _taken(sign, told):
        if told is None:
            told = holders(database, kind).get(number(of)) or "another process"
            waiting(told)
        if until is not None and time.monotonic() >= until:
            sign.let_go()
            raise TimeoutError(told)
        time.sleep(LOOK_S)
    try:
        yield
    finally:
        sign.let_go()


def _taken(sign: Sign, waited_for: str | None) -> bool:
    try:
        return sign.take()
    except InstanceGoneError:
        if waited_for is None:
            raise
        time.sleep(CUT_S)
        return sign.take()


def holders(database: Database, kind: int) -> dict[int, str]:
    """Return who holds locks of a kind, in words, by the number of what they are about."""
    with database.line() as line:
        rows = line.exec_driver_sql(HELD, (kind,)).all()
    return {int(of): str(who or "another process") for of, who in rows}


def number(of: str) -> int:
    """Return the number of what a lock is about, the same on every machine; collisions are harmless.

    Examples
    --------
    >>> number("letters") == number("letters"), 0 <= number("letters") < 2**31
    (True, True)
    """
    return lock_number(of) & 0x7FFFFFFF


def me() -> str:
    """Name this process among those of all machines, as short as PostgreSQL keeps names.

    Examples
    --------
    >>> me().startswith(f"process {os.getpid()} on ")
    True
    """
    return f"process {os.getpid()} on {socket.gethostname()}"[:63]
