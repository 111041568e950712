"""The gate before every request: hosts, sessions, forged requests, rates, headers.

Pure ASGI, so that nothing behind it can be reached around it.
"""

import hashlib
import hmac
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.origin import READING, known_host, same_origin
from console.patience import hurried
from console.settings import ConsoleSettings
from labeling.state.faults import UNREACHABLE
from resources.reviews.reviewers import Person, Reviewers

LOG = logging.getLogger(__name__)

COOKIE = "touchstone_session"
CSRF_HEADER = "x-csrf-token"
OPEN_PATHS = ("/sign-in", "/static/", "/openapi.json", "/api/health")
"""What is served to people who are not signed in."""

SIGN_INS_PER_S = 0.2
"""Tries at a token from one address, on average; ten at once are allowed."""

POLICY = "content-security-policy"
HEADERS = {
    POLICY: (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


def csrf_token(session: str) -> str:
    """Return the token that a page of this session must send with every change.

    It follows from the cookie, which other sites can make a browser send but cannot read.
    """
    return hmac.new(session.encode(), b"csrf", hashlib.sha256).hexdigest()


class RateLimit:
    """Token buckets, one a caller: ``per_s`` on average, ``burst`` at once.

    Examples
    --------
    >>> limit = RateLimit(per_s=0.1, burst=1, clock=lambda: 0.0)
    >>> limit.wait_s("anna"), limit.wait_s("anna")
    (0.0, 10.0)
    """

    KEPT = 10_000
    """Callers remembered; the one seen longest ago is forgotten first."""

    def __init__(
        self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.per_s = per_s
        self.burst = burst
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, caller: str) -> float:
        """Take one token; returns 0.0, or the seconds to wait if there is none."""
        at = self._clock()
        left, seen = self._left.pop(caller, (self.burst, at))
        left = min(self.burst, left + (at - seen) * self.per_s)
        allowed = left >= 1
        self._left[caller] = (left - 1 if allowed else left, at)
        if len(self._left) > self.KEPT:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self.per_s


class Gate:
    """Lets a request through, with ``request.state.person`` and ``.session``, or answers it."""

    def __init__(self, app: ASGIApp, settings: ConsoleSettings, reviewers: Reviewers) -> None:
        self.app = app
        self.settings = settings
        self.reviewers = reviewers
        self._rates = RateLimit(settings.requests_per_s, burst=10 * settings.requests_per_s)
        self._sign_ins = RateLimit(SIGN_INS_PER_S, burst=10)
        self._headers = dict(HEADERS)
        if settings.image_root is not None:  # items may name images by their address
            policy = HEADERS[POLICY].replace("img-src 'self'", "img-src 'self' https: http:")
            self._headers[POLICY] = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Guard one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        cookie: list[str] = []

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                for value in cookie:
                    headers.append("set-cookie", value)
            await send(message)

        refusal = await self._refuse(scope, cookie)
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send_guarded(message)

        try:
            await (refusal or self.app)(scope, hurried(receive), send_noted)
        except TimeoutError:
            if not started:
                slow = problem(408, "slow", "the request did not go on", {"connection": "close"})
                await slow(scope, receive, send_guarded)

    async def _refuse(self, scope: Scope, cookie: list[str]) -> Response | None:
        request = Request(scope)
        headers, path = request.headers, scope["path"]
        if not known_host(headers, self.settings.hosts):
            return problem(421, "host", f"this console answers to {', '.join(self.settings.hosts)}")
        session = _session(headers)
        try:
            person = await self._person(session)
        except UNREACHABLE as error:
            return state_gone(error)
        if person is not None and session is None:
            session = secrets.token_urlsafe(32)
            cookie.append(session_cookie(session, secure=self.settings.secure_cookie))
        scope.setdefault("state", {})
        scope["state"].update(person=person, session=session)

        address = request.client.host if request.client else "unknown"
        signing_in = path == "/api/sign-in" and request.method == "POST"
        wait = (
            self._sign_ins.wait_s(address)
            if signing_in
            else self._rates.wait_s(person.name if person else address)
        )
        if wait:
            return problem(429, "rate", "too many requests; wait", {"retry-after": f"{wait:.0f}"})
        if request.method not in READING and not same_origin(headers):
            return problem(403, "origin", "this request came from another site")
        if signing_in or path.startswith(OPEN_PATHS):
            return None
        if person is None:
            if path.startswith("/api/"):
                return problem(401, "signed_out", "sign in first, at /sign-in")
            return RedirectResponse("/sign-in", 303)
        if request.method not in READING:
            sent = headers.get(CSRF_HEADER, "").encode("latin-1", "replace")
            if not hmac.compare_digest(sent, csrf_token(session or "").encode()):
                return problem(403, "csrf", f"the {CSRF_HEADER} header is missing or stale; reload")
        return None

    async def _person(self, session: str | None) -> Person | None:
        if not self.settings.sign_in:
            return Person(self.settings.local_reviewer, "admin")
        return await run_in_threadpool(self.reviewers.who, session)


def problem(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Answer with what went wrong, for people and for programs."""
    return JSONResponse({"code": code, "message": message}, status, headers)


def state_gone(error: Exception) -> JSONResponse:
    """Answer that the reviews cannot be reached now; why is told to who runs the console alone."""
    LOG.warning("%s", error)
    return problem(
        503,
        "state",
        "the reviews cannot be reached at the moment; nothing that was saved is lost, and answers "
        "that wait on this device are sent again",
        {"retry-after": "5"},
    )


def session_cookie(session: str, *, secure: bool, max_age_s: int | None = None) -> str:
    """Return a ``Set-Cookie`` value that scripts cannot read and other sites cannot use."""
    parts = [f"{COOKIE}={session}", "Path=/", "HttpOnly", "SameSite=Strict"]
    if secure:
        parts.append("Secure")
    if max_age_s is not None:
        parts.append(f"Max-Age={max_age_s}")
    return "; ".join(parts)


def _session(headers: Headers) -> str | None:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return None
    return jar[COOKIE].value if COOKIE in jar and jar[COOKIE].value else None
