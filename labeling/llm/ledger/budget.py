"""A hard cap: the worst case is put aside before a request leaves, and settled after."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from labeling.errors import BudgetError
from labeling.llm.ledger.ledger import Ledger, day_start

EPSILON_USD = 1e-9
"""Rounding of sums of floats; a tenth of a millionth of a cent."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What model calls may cost, in US dollars; ``None`` where there is no cap.

    Parameters
    ----------
    run_usd, day_usd, task_usd : float, optional
        Caps of one run, of one day (UTC) over all runs, and of the task for ever.
    """

    run_usd: float | None = None
    day_usd: float | None = None
    task_usd: float | None = None

    def capped(self) -> bool:
        """Whether there is any cap."""
        return (self.run_usd, self.day_usd, self.task_usd) != (None, None, None)


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
        self._budget = budget
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
            raise BudgetError(
                f"the {name} budget of ${limit:g} is reached: ${self._spent[name]:.6f} spent, "
                f"${self._reserved:.6f} held for requests that are out, "
                f"and the next request may cost ${worst_usd:.6f}; "
                f"raise models.budget.{name}_usd or run again when there is budget left"
            )
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

    def _passed(self, worst_usd: float) -> tuple[str, float] | None:
        self._turn_of_day()
        caps = {
            "run": self._budget.run_usd,
            "day": self._budget.day_usd,
            "task": self._budget.task_usd,
        }
        for name, cap in caps.items():
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
