"""How long a connection may take to say what it wants: half-open ones are closed."""

import asyncio
from typing import Any

from starlette.types import Message, Receive
from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_S = 10.0
"""Seconds for the head of a request, from its first moment: of a connection, or of its first byte
where the connection has served others."""

BODY_S = 30.0
"""Seconds between two parts of a request's body."""

CONNECTIONS = 256
"""Connections at a time; whoever comes then is told to come again (503)."""

_Protocol: Any = AutoHTTPProtocol


class PatientProtocol(_Protocol):
    """uvicorn's HTTP, which closes a connection that does not complete the head of its request.

    uvicorn itself gives up on a connection only after it has answered on it.
    """

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        self._waiting: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait on while the head is incomplete, no longer once it is there."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._waiting is None and not self.transport.is_closing():
            self._waiting = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


def hurried(receive: Receive) -> Receive:
    """Return a ``receive`` that raises ``TimeoutError`` where a body does not go on.

    What comes after the body, the end of the connection, may take as long as it likes.
    """
    whole = False

    async def receive_in_time() -> Message:
        nonlocal whole
        if whole:
            return await receive()
        async with asyncio.timeout(BODY_S):
            message = await receive()
        whole = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return receive_in_time
