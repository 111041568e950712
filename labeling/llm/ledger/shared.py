"""A ledger that any number of processes spend from at once, in PostgreSQL.

All write in turn, so that whoever is about to send sees every claim and every dollar that is out:
a request leaves only if nobody asks the same and no cap might be passed, both seen in the transaction
that writes it down. What was in flight with a process whose line to PostgreSQL ended is written off.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labeling.errors import BudgetError
from labeling.llm.ledger.caps import DAY_S, EPSILON_USD, Budget, reached
from labeling.llm.ledger.elsewhere import AskedElsewhereError, CapWaitError, Elsewhere
from labeling.llm.ledger.group_in_thread import GroupInThread
from labeling.llm.ledger.ledger import SCHEMA, WAIT_S, Ledger
from labeling.llm.ledger.rows import Call, Spent, Stored
from labeling.state.postgres import PostgresSchema

SHARED = (Path(__file__).parent / "shared.sql").read_text(encoding="utf-8")

KNOWN = """
select count(*) as known, count(*) filter (where status <> 'sent' or batch is null) as soon
from calls where key = ? and status in ('sent', 'answered', 'filtered')
"""

GONE = """
select coalesce(sum(gone) filter (where kind = 'run' and period = ?), 0) as run,
    coalesce(sum(gone) filter (
        where case kind when 'day' then period::bigint >= ? end), 0) as day,
    coalesce(sum(gone) filter (where kind = 'task'), 0) as task,
    (select coalesce(sum(reserved_usd), 0) from calls where status = 'sent' and batch is null) as out
from purses where kind in ('day', 'task') or period = ?
"""

WRITE_OFF = """
update calls set status = 'lost', exposure_usd = reserved_usd, done_at = ?
where status = 'sent' and batch is null and coalesce(owner, 0) in ({owners})
"""


class SharedLedger(Ledger):
    """The ledger of one task in PostgreSQL.

    Parameters
    ----------
    place : PostgresSchema
        Its tables are made if missing.

    Notes
    -----
    Invariant: what the purses hold is the sum over all calls of what each took from a budget, at
    every commit; a trigger of the database sees to it, whoever writes.
    """

    def __init__(self, place: PostgresSchema) -> None:  # pyright: ignore[reportMissingSuperCall]
        self._schema, self.place = place, place
        self._line = self._db = place.open(SCHEMA, SHARED)
        self.together = GroupInThread(self._line)
        self._owner = None
        self._elsewhere = Elsewhere(self)
        self._lives = place.lock_number("owner")

    def sync(self) -> None:
        """Do nothing: what PostgreSQL has committed is on disk."""

    @contextmanager
    def spending(self, wait_s: float = WAIT_S) -> Generator[int]:  # noqa: ARG002
        """Be one of those who spend, until the end or the death of this process.

        Yields
        ------
        int
            How many requests were in flight when other processes died.
        """
        owner = int(
            self._db.execute(
                "insert into owners (began_at) values (?) returning id", (time.time(),)
            ).fetchone()[0]
        )
        self._line.hold(self._lives, owner)
        self._owner = owner
        try:
            yield self.write_off()
        finally:
            self._owner = None
            self._line.let_go(self._lives, owner)
            self._db.execute("delete from owners where id = ?", (owner,))

    @contextmanager
    def at_once(self) -> Generator[None]:
        """Let all that is written inside be there together, or none of it."""
        with self._line.turn:
            if self._line.in_transaction:
                yield
                return
            with super().at_once():
                yield

    def write_off(self) -> int:
        """Write off what dead processes had in flight, at its worst; return how many requests."""
        with self.at_once():
            dead = self._dead()
            if not dead:
                return 0
            marks = ", ".join("?" * len(dead))
            lost = self._db.execute(WRITE_OFF.format(owners=marks), (time.time(), *dead)).rowcount
            self._db.execute(f"delete from owners where id in ({marks})", tuple(dead))  # noqa: S608
            return lost

    def _dead(self) -> list[int]:
        """Return who has requests out and no line any more; what nobody owns is of 0."""
        owners = self._db.execute(
            "select distinct coalesce(owner, 0) from calls where status = 'sent'"
        ).fetchall()
        return [
            owner
            for (owner,) in owners
            if owner != self._owner
            and (
                owner == 0
                or self._db.execute(
                    "select pg_try_advisory_xact_lock(?, ?)", (self._lives, owner)
                ).fetchone()[0]
            )
        ]

    def open_call(
        self,
        call: Call,
        run: str,
        reserved_usd: float,
        *,
        account: str = "",
        batch: str | None = None,
        budget: Budget | None = None,
    ) -> int:
        """Write that a request is about to leave; return the number of its row.

        Raises
        ------
        AskedElsewhereError
            If it was answered meanwhile, or somebody waits for its answer.
        CapWaitError
            If it might pass a cap while others are out, which mostly cost less than they may.
        BudgetError
            If it might pass a cap, and nothing is out.
        """
        with self.at_once():
            known, soon = self._db.execute(KNOWN, (call.key,)).fetchone()
            if known:
                raise AskedElsewhereError(by_batch=not soon)
            if budget is not None and reserved_usd:
                self.check(budget, run, reserved_usd)
            return super().open_call(call, run, reserved_usd, account=account, batch=batch)

    def check(self, budget: Budget, run: str, worst_usd: float) -> None:
        """See that ``worst_usd`` might be spent at this moment; raises as :meth:`open_call` does."""
        gone = self._gone(run, time.time())
        for name, cap in budget.caps().items():
            spent, out = float(gone[name]), float(gone["out"])
            if cap is None or spent + worst_usd <= cap + EPSILON_USD:
                continue
            told = reached(name, cap, max(0.0, spent - out), min(out, spent), worst_usd)
            raise CapWaitError(told) if out else BudgetError(told)

    def _gone(self, run: str, now: float) -> Any:
        return self._db.execute(GONE, (run, int(now // DAY_S), run)).fetchone()

    def spent(self, run: str, now: float | None = None) -> Spent:
        """Return what is gone: paid, possibly owed, or still out."""
        gone = self._gone(run, time.time() if now is None else now)
        return Spent(float(gone["run"]), float(gone["day"]), float(gone["task"]))

    async def elsewhere(self, key: str) -> Stored | None:
        """Wait for an answer that somebody else asked for; ``None`` where none came."""
        return await self._elsewhere.answer(key)

    def unsent(self) -> list[Any]:
        """Return the provider's batches that a dead process, or this one, may have handed in."""
        with self.at_once():
            ours = {*self._dead(), self._owner}
            owner_of = dict(
                tuple(row)
                for row in self._db.execute(
                    "select batch, max(coalesce(owner, 0)) from calls where status = 'sent'"
                    " and batch like 'unsent:%' group by batch"
                )
            )
            return [row for row in super().unsent() if owner_of.get(row[0]) in ours]

    def script(self, sql: str) -> None:
        """Make the tables of another module of this package."""
        self.together.commit()
        self._schema.make(self._line, sql)
