"""Stop early when a provider is dead, instead of failing item by item."""

from labeling.llm.transport import FATAL, Fault, TransportError

LIMIT = 12
"""Failures in a row, over all requests, before a provider counts as dead."""


class ProviderDownError(Exception):
    """A model cannot be reached or refuses everything; says what to do."""


class Breaker:
    """Counts failures in a row of one model and opens at the limit.

    Being rate limited is no failure: the provider lives and asks for patience.

    Examples
    --------
    >>> breaker = Breaker("gpt-4o-mini", limit=1)
    >>> breaker.failed(TransportError(Fault.UNAVAILABLE, "503"))
    >>> breaker.check()
    Traceback (most recent call last):
    ...
    labeling.llm.breaker.ProviderDownError: gpt-4o-mini failed 1 times in a row, last: unavailable: \
503; nothing more is sent, what is answered is kept; run again when the provider is back
    """

    def __init__(self, model: str, limit: int = LIMIT) -> None:
        self._model = model
        self._limit = limit
        self._in_a_row = 0
        self._last: TransportError | None = None
        self._dead = False

    def check(self) -> None:
        """Raise ``ProviderDownError`` if the breaker is open."""
        if self._dead and self._last is not None:
            todo = (
                "check the key, the quota and the model's name, then run again"
                if self._last.fault in FATAL
                else "run again when the provider is back"
            )
            raise ProviderDownError(
                f"{self._model} failed {self._in_a_row} times in a row, last: {self._last}; "
                f"nothing more is sent, what is answered is kept; {todo}"
            )

    def succeeded(self) -> None:
        """Count an answer."""
        self._in_a_row = 0

    def failed(self, error: TransportError) -> None:
        """Count a failure; the breaker opens at the limit, and at once where all must fail."""
        if error.fault in (Fault.RATE_LIMITED, Fault.FILTERED) or error.refused is not None:
            return
        self._in_a_row += 1
        self._last = error
        self._dead = self._dead or error.fault in FATAL or self._in_a_row >= self._limit
