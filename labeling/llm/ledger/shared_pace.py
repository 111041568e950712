"""One pace of a model for all processes: a row of the ledger says when the next request may leave."""

import asyncio
from typing import Any

from labeling.llm.ledger.shared import SharedLedger
from labeling.llm.providers.pace import Pacer


class SharedPacer(Pacer):
    """Requests and tokens a minute of one model, over all processes that share a ledger.

    The clock is PostgreSQL's, so that machines need not agree on the time.

    Parameters
    ----------
    ledger : SharedLedger
    model : str
    requests_per_minute, tokens_per_minute : int, optional
        What the provider allows; no limit where not given.
    """

    def __init__(
        self,
        ledger: SharedLedger,
        model: str,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
    ) -> None:
        super().__init__(requests_per_minute, tokens_per_minute)
        self._ledger, self._model = ledger, model
        self._unused = 0.0
        self._pause_s = 0.0
        self._telling: set[asyncio.Task[None]] = set()

    async def turn(self, tokens: int) -> None:
        """Wait for a slot for one request of about ``tokens`` tokens."""
        if not any(self._interval_s):
            await super().turn(tokens)  # nothing is shared but what a provider asks for
            return
        write = self._ledger.together.write
        while True:
            wait, pauses = await write(lambda: self._take_of_all(tokens))
            if wait <= 0:
                return
            await self._sleep(wait)
            now = self._ledger.execute("select pauses from paces where model = ?", (self._model,))
            if now[0][0] == pauses:
                return

    def _take_of_all(self, tokens: int) -> tuple[float, int]:
        """Take the next slot; return in how many seconds it is, and how many pauses there were."""
        row = self._row()
        earliest = row["now"]
        requests, of_tokens = row["free_at"]
        of_tokens += self._unused
        self._unused = 0.0
        slot = max(earliest, requests, of_tokens)
        free = [
            max(earliest, at) + size * interval
            for at, size, interval in zip(
                (requests, of_tokens), (1, tokens), self._interval_s, strict=True
            )
        ]
        self._ledger.execute("update paces set free_at = ? where model = ?", (free, self._model))
        return slot - row["now"], row["pauses"]

    def _row(self) -> Any:
        self._ledger.execute(
            "insert into paces (model) values (?) on conflict (model) do nothing", (self._model,)
        )
        (row,) = self._ledger.execute(
            "select extract(epoch from clock_timestamp())::double precision as now, free_at, pauses"
            " from paces where model = ?",
            (self._model,),
        )
        return row

    def correct(self, expected: int, used: int) -> None:
        """Give back the tokens that were not used with the next turn, or take those beyond."""
        self._unused += (used - expected) * self._interval_s[1]

    def pause(self, seconds: float) -> None:
        """Leave the provider alone for ``seconds``, in every process."""
        super().pause(seconds)
        told = asyncio.get_running_loop().create_task(self._tell(seconds))
        self._telling.add(told)
        told.add_done_callback(self._telling.discard)

    async def _tell(self, seconds: float) -> None:
        def tell() -> None:
            until = self._row()["now"] + seconds
            self._ledger.execute(
                "update paces set paused_until = ?, free_at = ?, pauses = pauses + 1"
                " where model = ? and paused_until < ?",
                (until, [until, until], self._model, until),
            )

        await self._ledger.together.write(tell)
