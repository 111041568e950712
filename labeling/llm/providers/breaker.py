"""Stop early when a provider is dead or asks to come later, instead of failing item by item."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from labeling.llm.providers.transport import FATAL, Fault, TransportError

LIMIT = 12
"""Failures in a row, over all requests, before a provider counts as dead."""

PATIENCE_S = 900.0
"""For so long a provider may ask for patience without answering once, in seconds."""

KEPT = "nothing more is sent, what is answered is kept"


class ProviderDownError(Exception):
    """A model cannot be reached or refuses everything; says what to do."""


def moment(at: float) -> str:
    """Write seconds since 1970 for people.

    Examples
    --------
    >>> moment(0.0)
    '1970-01-01 00:00 UTC'
    """
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


class Breaker:
    """Counts failures in a row of one model and opens at the limit.

    Being rate limited is no failure: the provider lives and asks for patience. It opens, too, where
    a provider asks to come again in hours, or for patience again and again.

    Parameters
    ----------
    model : str
        Whose failures they are.
    limit : int
        How many in a row are too many.
    clock : callable
        Seconds since 1970.
    rested : callable
        Told until when the provider asks to be left alone, and why.

    Examples
    --------
    >>> breaker = Breaker("gpt-4o-mini", limit=1)
    >>> breaker.failed(TransportError(Fault.UNAVAILABLE, "503"))
    >>> breaker.check()
    Traceback (most recent call last):
    ...
    labeling.llm.providers.breaker.ProviderDownError: gpt-4o-mini failed 1 times in a row, last: unavailable: \
503; nothing more is sent, what is answered is kept; run again when the provider is back
    """

    def __init__(
        self,
        model: str,
        limit: int = LIMIT,
        clock: Callable[[], float] = time.time,
        rested: Callable[[float, str], None] = lambda _at, _why: None,
    ) -> None:
        self._model = model
        self._limit = limit
        self._clock = clock
        self._rested = rested
        self._in_a_row = 0
        self._patient_since: float | None = None
        self._why = ""

    def check(self) -> None:
        """Raise ``ProviderDownError`` if the breaker is open."""
        if self._why:
            raise ProviderDownError(self._why)

    def succeeded(self) -> None:
        """Count an answer."""
        self._in_a_row = 0
        self._patient_since = None

    def failed(self, error: TransportError) -> None:
        """Count a failure; the breaker opens at the limit, and at once where all must fail."""
        if error.fault is Fault.RATE_LIMITED:
            self._wait(error)
        if error.fault in (Fault.RATE_LIMITED, Fault.FILTERED) or error.refused is not None:
            return
        self._in_a_row += 1
        if error.fault in FATAL or self._in_a_row >= self._limit:
            todo = (
                "check the key, the quota and the model's name, then run again"
                if error.fault in FATAL
                else "run again when the provider is back"
            )
            self._why = f"{self._model} failed {self._in_a_row} times in a row, last: {error}; {KEPT}; {todo}"

    def rest(self, error: TransportError) -> None:
        """Open: the provider asks to be left alone for hours (``error.retry_after_s``)."""
        if error.retry_after_s == float("inf"):
            self._why = (
                f"{self._model} takes no more requests, and nobody can tell until when from its words "
                f"({error}); {KEPT}; run again once it takes some"
            )
            return
        until = self._clock() + (error.retry_after_s or 0.0)
        self._rested(until, str(error))
        self.rest_until(until, str(error))

    def rest_until(self, until: float, why: str) -> None:
        """Open until a point in time, in seconds since 1970."""
        self._why = (
            f"{self._model} takes no more requests until {moment(until)} ({why}); {KEPT}; run again "
            "then, or let `touchstone up` go on by itself; if it takes some by now, "
            "`touchstone ledger --ask-again`"
        )

    def _wait(self, error: TransportError) -> None:
        now = self._clock()
        if self._patient_since is None or self._patient_since > now:
            self._patient_since = now
        waited = now - self._patient_since
        if waited > PATIENCE_S:
            self._why = (
                f"{self._model} has asked for patience for {waited / 60:.0f} minutes and answered "
                f"nothing, last: {error}; {KEPT}; run again later, or ask for less by models.pace"
            )
