"""Hold requests back to what a provider allows: wait, never reject."""

import asyncio
import time
from collections.abc import Awaitable, Callable

MINUTE_S = 60.0
HEADROOM = 0.98
"""Share of the allowed rate that is used: clocks and networks jitter."""


class Pacer:
    """Requests and tokens a minute, evenly spread, for one model.

    Parameters
    ----------
    requests_per_minute, tokens_per_minute : int, optional
        What the provider allows; no limit where not given.
    clock : callable
        Seconds, monotonic.
    sleep : callable
        Waits that many seconds.

    Notes
    -----
    Each limit is a virtual schedule (the generic cell rate algorithm): a request of size ``n``
    takes the next free slot and moves it on by ``n`` intervals. Spreading evenly satisfies fixed
    windows, sliding windows and token buckets alike, whichever the provider uses.
    """

    def __init__(
        self,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval_s = [
            MINUTE_S / (limit * HEADROOM) if limit else 0.0
            for limit in (requests_per_minute, tokens_per_minute)
        ]
        self._free_at = [0.0, 0.0]
        self._paused_until = 0.0
        self._epoch = 0
        self._longest_sleep_s = 1.0
        self._clock = clock
        self._sleep = sleep

    async def turn(self, tokens: int) -> None:
        """Wait for a slot for one request of about ``tokens`` tokens."""
        while True:
            epoch, slot = self._epoch, self._take(tokens)
            while (wait := slot - self._clock()) > 0 and epoch == self._epoch:
                await self._sleep(min(wait, self._longest_sleep_s))
            if epoch == self._epoch:
                return

    def _take(self, tokens: int) -> float:
        earliest = max(self._clock(), self._paused_until)
        slot = max(earliest, *self._free_at)
        for at, size in enumerate((1, tokens)):
            self._free_at[at] = max(earliest, self._free_at[at]) + size * self._interval_s[at]
        return slot

    def correct(self, expected: int, used: int) -> None:
        """Give back the tokens that were not used, or take those that were used beyond."""
        self._free_at[1] += (used - expected) * self._interval_s[1]

    def pause(self, seconds: float) -> None:
        """Leave the provider alone for ``seconds``: it said so (429 with Retry-After).

        Everybody who waits takes a new slot after the pause, evenly spread again.
        """
        until = self._clock() + seconds
        if until > self._paused_until:
            self._paused_until = until
            self._free_at = [until, until]
            self._epoch += 1
