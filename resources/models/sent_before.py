"""Send again what LiteLLM sent before with another question in it, and let it read what is odd.

LiteLLM takes some 4 ms of computing a call, most of it to find out anew what it found out for the
call before. A provider that speaks OpenAI's form is sent each kind of request by LiteLLM once, over
a session that sees it; from then on the same request goes out with other messages. So address,
key, headers and body are LiteLLM's, whatever they came from. Plain answers are read here. All else
that comes back, faults of the wire too, is handed to LiteLLM as if it had been the one to ask.
"""

import asyncio
import atexit
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, cast
from weakref import WeakKeyDictionary

import aiohttp
import httpx
from yarl import URL

from labeling.llm.providers.transport import Request

PROVIDERS = frozenset({"openai", "hosted_vllm"})
"""LiteLLM's names for who is asked in OpenAI's form, without a word changed."""

KEPT_S = 120.0
"""How long an idle connection is kept, in seconds; LiteLLM's own figure."""

PLAIN_ENDS = ("stop", "length")

WRITINGS: tuple[dict[str, Any], ...] = ({"ensure_ascii": False, "separators": (",", ":")}, {})
"""How clients write JSON: OpenAI's, and LiteLLM's own."""

_WATCHING: ContextVar["list[Sent] | None"] = ContextVar("watching", default=None)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it left."""

    url: URL
    headers: Mapping[str, str] = field(repr=False)  # the key is among them
    body: Mapping[str, Any]
    ssl: Any
    writing: Mapping[str, Any]
    provider: str = ""

    def with_question(self, request: Request) -> bytes:
        """Return the body with the messages, and the schema, of another request in it."""
        body = {**self.body, "messages": list(request.messages)}
        if request.schema is not None:
            body["response_format"] = response_format(request.schema)
        return json.dumps(body, **self.writing).encode()


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came back: a status with headers and a body, or what went wrong on the wire."""

    status: int = 0
    headers: Any = ()
    content: bytes = b""
    error: Exception | None = None

    def response(self) -> httpx.Response:
        """Return it as clients that are built on httpx read it, unpacked where it was packed."""
        return httpx.Response(self.status, headers=list(self.headers.items()), content=self.content)

    def plain(self) -> Mapping[str, Any] | None:
        """Return an answer that is one text and nothing else; ``None`` where there is more to it."""
        if self.status != 200:
            return None
        try:
            packed = "Content-Encoding" in self.headers
            body = json.loads(self.response().content if packed else self.content)
            (choice,) = body["choices"]
            message = dict(choice["message"])
            text = message.pop("content")
            more = any(message[name] for name in message if name != "role") or body.get("error")
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            RecursionError,
            httpx.DecodingError,
        ):
            return None
        said = isinstance(text, str) and text.strip() and "<" not in text
        return body if said and not more and choice.get("finish_reason") in PLAIN_ENDS else None


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Wrap a JSON schema as OpenAI's API wants it."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)},
    }


def kind_of(request: Request) -> str | None:
    """Name what LiteLLM's translation may depend on: all but the words and the classes' names.

    ``None`` where that cannot be told.
    """
    shape = [
        [message.get("role"), sorted(message), _shape(message.get("content"))]
        for message in request.messages
    ]
    what = [request.model, request.parameters, request.logprobs, request.schema is not None]
    try:
        return json.dumps([*what, request.timeout_s, shape])
    except (TypeError, ValueError):
        return None


def _shape(content: object) -> object:
    if not isinstance(content, list | tuple):
        return bool(content)
    parts = cast("list[Mapping[str, Any]]", content)
    return [[part.get("type"), str(part.get("image_url", ""))[:16]] for part in parts]


@contextmanager
def watching() -> Generator["list[Sent]"]:
    """Note what goes out over :func:`session` meanwhile."""
    seen: list[Sent] = []
    token = _WATCHING.set(seen)
    try:
        yield seen
    finally:
        _WATCHING.reset(token)


def learned(seen: list[Sent], request: Request, provider: str) -> Sent | None:
    """Return what can be sent again, if LiteLLM sent the question once and as it was."""
    if len(seen) != 1 or not seen[0].url.path.endswith("/chat/completions"):
        return None
    body = seen[0].body
    same = body.get("messages") == list(request.messages)
    if request.schema is not None:
        same = same and body.get("response_format") == response_format(request.schema)
    return replace(seen[0], provider=provider) if same else None


async def send(sent: Sent, request: Request) -> Arrived:
    """Send ``request`` as LiteLLM sent one like it."""
    limits = aiohttp.ClientTimeout(
        sock_connect=request.timeout_s, sock_read=request.timeout_s, connect=request.timeout_s
    )
    try:
        async with session().post(
            sent.url,
            data=sent.with_question(request),
            headers=sent.headers,
            timeout=limits,
            allow_redirects=False,
            auto_decompress=False,
            ssl=sent.ssl,
            middlewares=(),
        ) as response:
            return Arrived(response.status, response.headers, await response.read())
    except Exception as error:  # noqa: BLE001  LiteLLM sorts them
        return Arrived(error=error)


def handed(arrived: Arrived, sent: Sent) -> Any:
    """Return a client for LiteLLM that sends nothing, and gets what has arrived."""
    from litellm.llms.custom_httpx.aiohttp_transport import map_aiohttp_exceptions
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler
    from openai import AsyncOpenAI

    async def answer(_: httpx.Request) -> httpx.Response:
        if arrived.error is not None:
            with map_aiohttp_exceptions():
                raise arrived.error
        return arrived.response()

    wire = httpx.MockTransport(answer)
    if sent.provider == "openai":
        client = httpx.AsyncClient(transport=wire)
        return AsyncOpenAI(
            api_key="-", base_url="http://localhost", max_retries=0, http_client=client
        )
    return AsyncHTTPHandler(transport=cast("Any", wire))


def session() -> aiohttp.ClientSession:
    """Return the session of the running event loop; connections belong to it."""
    loop = asyncio.get_running_loop()
    if loop not in _SESSIONS or _SESSIONS[loop].closed:
        _SESSIONS[loop] = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_watch,),
        )
    return _SESSIONS[loop]


_SESSIONS: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()


@atexit.register
def _leave() -> None:
    """Give sessions up without a word when the process ends: aiohttp would list every connection."""
    for one in list(_SESSIONS.values()):
        if one.connector is not None:
            one.connector._closed = True  # noqa: SLF001  to close it takes its loop, which has ended
        one.detach()


def _written(body: bytes) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return a body and how it is written; nothing where that cannot be told."""
    try:
        told = json.loads(body)
        writing = next(w for w in WRITINGS if json.dumps(told, **w).encode() == body)
    except (ValueError, StopIteration):
        return {}, {}
    return (told, writing) if isinstance(told, dict) else ({}, {})


async def _watch(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    seen = _WATCHING.get()
    if seen is not None and request.proxy is None:
        body = request.body
        told, writing = _written(
            await body.as_bytes() if isinstance(body, aiohttp.Payload) else b""
        )
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.casefold() not in ("host", "content-length")
        }
        seen.append(Sent(request.url, headers, told, request.ssl, writing))
    return await handler(request)
