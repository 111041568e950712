"""Who may ask a server on this machine: the right host, and no page of another site.

The review console has this gate as a part of its own; Dagster and MLflow, which `touchstone up`
starts, get it in front of them.
"""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

READING = ("GET", "HEAD", "OPTIONS")
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class OriginGate:
    """Lets a request through, or answers it; WebSockets too.

    Parameters
    ----------
    app : ASGI application
    hosts : collection of str
        Names it answers to, without ports.
    changing : tuple of str
        Paths that change things; they are never read with a query, which any page can make a
        browser ask for.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Collection[str] = LOOPBACK_NAMES,
        changing: tuple[str, ...] = (),
    ) -> None:
        self.app = app
        self.hosts = hosts
        self.changing = changing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Guard one request."""
        refusal = None
        if scope["type"] in ("http", "websocket"):
            refusal = self._refusal(scope)
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
        else:
            status, told = refusal
            await PlainTextResponse(f"{told}\n", status)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        if not known_host(headers, self.hosts):
            return 421, f"this server answers to {', '.join(self.hosts)}"
        if not same_origin(headers) and not _opens_a_page(scope, headers):
            return 403, "this request came from another site"
        changes = scope["type"] == "http" and scope["path"].rstrip("/") in self.changing
        if changes and scope["method"] == "GET" and scope.get("query_string"):
            return 405, "ask this with POST"
        return None


def _opens_a_page(scope: Scope, headers: Headers) -> bool:
    """Whether somebody followed a link: a page of its own, which the other site cannot read."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and headers.get("origin") is None
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def known_host(headers: Headers, hosts: Collection[str]) -> bool:
    """Whether a request names one of the hosts, whatever the port."""
    host = headers.get("host", "").lower()
    name = host if host.endswith("]") else host.rsplit(":", 1)[0] if ":" in host else host
    return name in {h.lower() for h in hosts}


def same_origin(headers: Headers) -> bool:
    """Whether a request came from a page of this server, or from no page at all."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or origin.split("://", 1)[-1].lower() == headers.get("host", "").lower()
