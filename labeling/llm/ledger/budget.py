"""A hard cap: the worst case is put aside before a request leaves, and settled after."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from labeling.errors import BudgetError
from labeling.llm.ledger.caps import EPSILON_USD, Budget, day_start, reached
from labeling.llm.ledger.elsewhere import LOOK_S, CapWaitError
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.shared import SharedLedger


class Purse:
    """What is left of a budget while many requests are out at once.

    Parameters
    ----------
    budget : Budget
        The caps.
    ledger : Ledger
        Knows what earlier runs spent.
    run : str
        Which run this is.
    clock : callable
        Seconds since 1970.

    Notes
    -----
    Invariant: spent + reserved <= cap, for each cap, at every moment. A request that might pass a
    cap waits while others are out, since they mostly cost less than their worst case; it is
    refused once nothing is out.
    """

    def __init__(
        self, budget: Budget, ledger: Ledger, run: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.budget = budget
        self._clock = clock
        self._ledger = ledger
        spent = ledger.spent(run, clock())
        self._spent = {"run": spent.run, "day": spent.day, "task": spent.task}
        self._midnight = day_start(clock())
        self._days: dict[float, float] = {}
        self._reserved = 0.0
        self._out = 0
        self._settled = asyncio.Event()

    async def reserve(self, worst_usd: float) -> None:
        """Put ``worst_usd`` aside, waiting for other requests to settle if need be.

        Raises
        ------
        BudgetError
            Naming the cap that this request might pass.
        """
        while self._passed(worst_usd) and self._out:
            self._settled.clear()
            await self._settled.wait()
        self.reserve_now(worst_usd)

    def reserve_now(self, worst_usd: float) -> None:
        """Put ``worst_usd`` aside without waiting; raises as :meth:`reserve` does."""
        cap = self._passed(worst_usd)
        if cap:
            name, limit = cap
            raise BudgetError(reached(name, limit, self._spent[name], self._reserved, worst_usd))
        self._reserved += worst_usd
        self._out += 1

    def settle(self, reserved_usd: float, spent_usd: float) -> None:
        """Give back what was put aside and count what was spent."""
        self._reserved -= reserved_usd
        self._out -= 1
        for name in self._spent:
            self._spent[name] += max(0.0, spent_usd)
        self._turn_of_day()  # after it was counted: the ledger has it already
        self._settled.set()

    async def once_there_is_room(self, write: Callable[[], Awaitable[int]]) -> int:
        """Return what ``write`` returns; room was made before, in this process."""
        return await write()

    def _passed(self, worst_usd: float) -> tuple[str, float] | None:
        self._turn_of_day()
        for name, cap in self.budget.caps().items():
            if cap is None or worst_usd == 0:
                continue
            if self._spent[name] + self._reserved + worst_usd > cap + EPSILON_USD:
                return name, cap
        return None

    def _turn_of_day(self) -> None:
        midnight = day_start(self._clock())
        if midnight != self._midnight:
            # the clock may have been put back: what was spent on that day stays spent
            self._days[self._midnight] = self._spent["day"]
            known = self._days.get(midnight, 0.0)
            self._spent["day"] = max(known, self._ledger.settled_since(midnight))
            self._midnight = midnight


class SharedPurse(Purse):
    """What is left of a budget that other processes spend from, too.

    The ledger holds the caps as it writes a request down; nothing is put aside before.

    Parameters
    ----------
    budget : Budget
        The caps.
    ledger : SharedLedger
    run : str
        Which run this is.
    """

    def __init__(self, budget: Budget, ledger: SharedLedger, run: str) -> None:  # pyright: ignore[reportMissingSuperCall]
        self.budget, self._shared, self._run = budget, ledger, run
        self._turn = asyncio.Lock()

    async def reserve(self, worst_usd: float) -> None:
        """Do nothing: the ledger refuses what might pass a cap."""

    def reserve_now(self, worst_usd: float) -> None:
        """Raise if ``worst_usd`` might pass a cap at this moment."""
        self._shared.check(self.budget, self._run, worst_usd)

    async def once_there_is_room(self, write: Callable[[], Awaitable[int]]) -> int:
        """Try ``write`` again and again, one request after the other, until a cap has room for it."""
        async with self._turn:
            while True:
                try:
                    return await write()
                except CapWaitError:
                    await asyncio.sleep(LOOK_S)
                    # what the dead had out is no reason to wait
                    await asyncio.to_thread(self._shared.write_off)

    def settle(self, reserved_usd: float, spent_usd: float) -> None:
        """Do nothing: the ledger has counted it."""
