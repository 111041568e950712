"""Requests that do not leave just now, where several processes spend from one ledger, and what becomes of them."""

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

from labeling.errors import BudgetError, LabelingError
from labeling.llm.ledger.rows import Stored

LOOK_S = 0.2
"""How often it is looked whether another process has its answer, or left room, in seconds."""

STILL_OUT = "select key from calls where status = 'sent' and key in ({marks})"


class AskedElsewhereError(LabelingError):
    """The same question was answered meanwhile, or somebody waits for its answer.

    Parameters
    ----------
    by_batch : bool
        Whether a provider's batch is to answer it, which may take hours.
    """

    def __init__(self, *, by_batch: bool) -> None:
        super().__init__("another process asks the same")
        self.by_batch = by_batch


class CapWaitError(BudgetError):
    """The request might pass a cap while others are out, which mostly cost less than they may."""


class Book(Protocol):
    """What of a ledger is asked here."""

    def answers(self, keys: Iterable[str]) -> dict[str, Stored]:
        """Return the final answers among ``keys``."""
        ...

    def write_off(self) -> int:
        """Write off what dead processes had in flight."""
        ...

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Run a query."""
        ...


class Elsewhere:
    """Waits for answers that other processes asked for: one look at the ledger for all who wait.

    Parameters
    ----------
    book : Book
        The ledger.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._wanted: dict[str, list[asyncio.Future[Stored | None]]] = {}
        self._watch: asyncio.Task[None] | None = None

    async def answer(self, key: str) -> Stored | None:
        """Return the answer to a question; ``None`` where whoever asked got none."""
        loop = asyncio.get_running_loop()
        wanted: asyncio.Future[Stored | None] = loop.create_future()
        self._wanted.setdefault(key, []).append(wanted)
        if self._watch is None or self._watch.done():
            self._watch = loop.create_task(self._look())
        return await wanted

    async def _look(self) -> None:
        while self._wanted:
            try:
                found = await asyncio.to_thread(self._settled, tuple(self._wanted))
            except Exception as error:  # noqa: BLE001  whoever waits is told
                for key in tuple(self._wanted):
                    for one in self._wanted.pop(key):
                        if not one.done():
                            one.set_exception(error)
                return
            for key, answer in found.items():
                for one in self._wanted.pop(key):
                    if not one.done():
                        one.set_result(answer)
            await asyncio.sleep(LOOK_S)

    def _settled(self, keys: tuple[str, ...]) -> dict[str, Stored | None]:
        """Return what became of those questions that nobody waits for any more."""
        self._book.write_off()
        marks = ", ".join("?" * len(keys))
        out = {row[0] for row in self._book.execute(STILL_OUT.format(marks=marks), keys)}
        over = [key for key in keys if key not in out]
        answers = self._book.answers(over)
        return {key: answers.get(key) for key in over}
