"""Every request that was ever sent, in SQLite, so that nothing is paid for twice.

A row is committed before a request leaves and settled when its answer arrives: killing the process
loses nothing. :meth:`Ledger.sync` makes it safe from power cuts too, once a second. A row still
marked ``sent`` when nobody holds the ledger was in flight when its process died: it becomes
``lost`` and counts at its worst case, because the provider may ask for the money. Requests are known by a content key. Item text is not stored; the answer is.
"""

import json
import os
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from labeling.errors import LabelingError
from labeling.llm.ledger.caps import Budget, day_start
from labeling.llm.ledger.group_commit import GroupCommit
from labeling.llm.ledger.group_in_thread import GroupInThread
from labeling.llm.ledger.rows import Call, Spent, Stored, plain, read_stored
from labeling.llm.ledger.statements import FAIL, GONE, SETTLE, UNSENT_BATCHES
from labeling.llm.providers.transport import Fault, Reply
from labeling.state.connection import Connection, Row
from labeling.state.place import Place, SqliteFile

SCHEMA = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")
WAIT_S = 600.0
"""How long to wait for another run that is spending from the same ledger, in seconds."""

CHUNK = 500
"""Keys looked up in one query; SQLite allows some 32,000 parameters."""


class Ledger:
    """The ledger of one task.

    Parameters
    ----------
    place : Place or Path
        Where it is kept, or the SQLite file; made if missing.

    Examples
    --------
    >>> import tempfile
    >>> call = Call("k", "ask", "llm/spam", "v1", "m", "digest", {})
    >>> with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "l.sqlite") as ledger:
    ...     row = ledger.open_call(call, run="r", reserved_usd=0.01)
    ...     ledger.settle(row, Reply("SPAM"), cost_usd=0.002, latency_s=0.3)
    ...     ledger.answers(["k"])["k"].reply.text, ledger.spent("r").run
    ('SPAM', 0.002)
    """

    def __init__(self, place: SqliteFile | Path) -> None:
        file = SqliteFile(place) if isinstance(place, Path) else place
        self.place: Place = file
        self._file = file.open(SCHEMA)
        self._db: Connection = self._file
        self._db.execute("pragma synchronous=normal")  # sync() does the rest, off the event loop
        self.together: GroupCommit | GroupInThread = GroupCommit(self._file)
        self._synced = 0
        self._owner: int | None = None  # where there is one process, nobody asks which it is

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.together.commit()
        self._db.close()

    def sync(self) -> None:
        """Force what is committed onto the disk; safe to call from another thread."""
        written = self._file.total_changes
        whole = not self._db.in_transaction  # what is counted may not be committed yet
        if whole and written == self._synced:
            return
        with suppress(FileNotFoundError), Path(f"{self.place}-wal").open("rb") as wal:
            os.fsync(wal.fileno())
        if whole:
            self._synced = written

    @contextmanager
    def spending(self, wait_s: float = WAIT_S) -> Generator[int]:
        """Hold the ledger for spending: one process at a time, freed even by ``kill -9``.

        Yields
        ------
        int
            How many requests were in flight when an earlier process died.

        Raises
        ------
        LabelingError
            If another run still holds it after ``wait_s`` seconds.
        """
        lock = FileLock(f"{self.place}.lock", timeout=wait_s)
        try:
            lock.acquire()
        except Timeout:
            raise LabelingError(
                f"another run has been spending from {self.place} for {wait_s:.0f} s; "
                "wait for it to end, or stop it, and run again"
            ) from None
        try:
            yield self._write_off()
        finally:
            lock.release()

    def _write_off(self) -> int:
        return self._db.execute(
            "update calls set status='lost', exposure_usd=reserved_usd, done_at=? "
            "where status='sent' and batch is null",
            (time.time(),),
        ).rowcount

    def open_call(
        self,
        call: Call,
        run: str,
        reserved_usd: float,
        *,
        account: str = "",
        batch: str | None = None,
        budget: Budget | None = None,  # noqa: ARG002
    ) -> int:
        """Write that a request is about to leave; return the number of its row.

        ``budget`` is held by the :class:`labeling.llm.ledger.budget.Purse` of the one process that
        spends from this ledger.
        """
        row = self._db.execute(
            "insert into calls (key, run, account, kind, voter, version, model, item, parameters, "
            "batch, status, reserved_usd, sent_at, owner) "
            "values (?,?,?,?,?,?,?,?,?,?,'sent',?,?,?) returning id",
            (
                call.key,
                run,
                account,
                call.kind,
                call.voter,
                call.version,
                call.model,
                call.item,
                json.dumps(plain(call.parameters), sort_keys=True),
                batch,
                reserved_usd,
                time.time(),
                self._owner,
            ),
        ).fetchone()
        return int(row[0])

    def settle(self, row: int, reply: Reply, cost_usd: float, latency_s: float | None) -> None:
        """Store an answer; committed when this returns. Without a latency, it came by batch.

        Where the question was answered meanwhile, the answer is paid for and spare.
        """
        filtered = reply.finish_reason == "content_filter"
        status = "filtered" if filtered else "answered"
        self._db.execute(
            SETTLE,
            (
                status,
                status,
                reply.text,
                reply.refusal,
                reply.finish_reason,
                json.dumps([[t.text, t.logprob, t.others] for t in reply.tokens])
                if reply.tokens
                else None,
                reply.usage.prompt,
                reply.usage.cached,
                reply.usage.completion,
                cost_usd,
                reply.usage.stated_usd,
                latency_s,
                reply.model,
                reply.fingerprint,
                time.time(),
                row,
            ),
        )

    def fail(self, row: int, fault: Fault, exposure_usd: float, latency_s: float) -> None:
        """Store that no answer came; ``exposure_usd`` is what may be asked for all the same."""
        status = "filtered" if fault is Fault.FILTERED else "failed"
        self._db.execute(
            FAIL,
            (status, status, fault.value, exposure_usd, latency_s, time.time(), row),
        )

    def answers(self, keys: Iterable[str]) -> dict[str, Stored]:
        """Return the final answers among ``keys``."""
        rows = self.calls_of(keys, "select * from calls where status in ('answered', 'filtered')")
        return {row["key"]: read_stored(row) for row in rows}

    def calls_of(self, keys: Iterable[str], select: str) -> Iterator[Row]:
        """Yield those rows of a selection of calls that are about ``keys``."""
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            marks = ",".join("?" * len(chunk))
            yield from self._db.execute(f"{select} and key in ({marks})", chunk)

    async def elsewhere(self, key: str) -> Stored | None:
        """Return the answer that somebody else got meanwhile."""
        return self.answers([key]).get(key)

    def unsent(self) -> list[Any]:
        """Return the provider's batches that a dead process may have handed in: what stands for each, its model, when it was written and what went wrong."""
        return self.execute(UNSENT_BATCHES)

    def waiting(self, keys: Iterable[str]) -> dict[str, str]:
        """Return which of ``keys`` providers' batches are still to answer, and the batch of each."""
        out = "select key, batch from calls where status = 'sent' and batch is not null"
        return {row["key"]: row["batch"] for row in self.calls_of(keys, out)}

    def spent(self, run: str, now: float | None = None) -> Spent:
        """Return what is gone: paid, possibly owed, or still out.

        Parameters
        ----------
        run : str
            Which run.
        now : float, optional
            Says which day it is, in seconds since 1970; the clock's if not given. What is stamped
            later counts for it too: a clock that was put back is no new budget.
        """
        today = day_start(time.time() if now is None else now)
        row = self._db.execute(
            f"select (select {GONE} from calls where run = ?), "  # noqa: S608
            f"(select {GONE} from calls where sent_at >= ?), (select {GONE} from calls)",
            (run, today),
        ).fetchone()
        return Spent(*map(float, row))

    def settled_since(self, moment: float) -> float:
        """Return what is gone since, in US dollars, without what is out at this moment."""
        (gone,) = self._db.execute(
            f"select {GONE} from calls where sent_at >= ?"  # noqa: S608
            " and (status <> 'sent' or batch is not null)",
            (moment,),
        ).fetchone()
        return float(gone)

    def script(self, sql: str) -> None:
        """Make the tables of another module of this package."""
        self.together.commit()
        self._file.executescript(sql)

    def replace_rows(
        self, delete: str, parameters: tuple[Any, ...], insert: str, rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Delete and insert in one transaction."""
        with self.at_once():
            self._db.execute(delete, parameters)
            self._db.executemany(insert, rows)

    @contextmanager
    def at_once(self) -> Generator[None]:
        """Let all that is written inside be there together, or none of it."""
        self.together.commit()
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Run a query of another module of this package."""
        return self._db.execute(sql, parameters).fetchall()
