"""A model provider on loopback: OpenAI's HTTP API, faults on a script, and its own meter."""

import asyncio
import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.provider.batches import Batches
from tests.fakes.provider.faults import Fault
from tests.fakes.provider.odd import Bend
from tests.fakes.served import Served

Body = dict[str, Any]


@dataclass
class Answer:
    """What the model says: text, and how it came to an end."""

    text: str
    finish_reason: str = "stop"
    refusal: str | None = None
    tokens: list[tuple[str, dict[str, float]]] | None = None
    fingerprint: str = "fp_1"
    model: str | None = None
    bend: Bend | None = None


@dataclass
class Metered:
    """One request as the provider saw it."""

    at: float
    model: str
    status: int
    prompt_tokens: int = 0
    completion_tokens: int = 0
    question: str = ""
    body: Body = field(default_factory=dict, repr=False)


class FakeProvider(Served):
    """Serves ``answer(body)`` until the ``with`` block ends.

    ``script`` gives the fault of each request in turn (``None`` for none); ``requests_per_minute``
    is held over a sliding window, as a strict provider would.
    """

    def __init__(
        self,
        answer: Callable[[Body], str | Answer],
        script: Iterable[Fault | None] = (),
        latency_s: float = 0.0,
        requests_per_minute: int | None = None,
        key: str | None = None,
        structured: bool = True,
        logprobs: bool = True,
        window_s: float = 60.0,
        refuses: Callable[[Body], Fault | None] = lambda _: None,
    ) -> None:
        self._answer = answer
        self._refuses = refuses
        self.script = deque(script)
        self.latency_s = latency_s
        self.limit = requests_per_minute
        self.window_s = window_s
        self.key = key
        self.structured = structured
        self.logprobs = logprobs
        self.vectors: Callable[[str], list[float]] = letters
        self.meter: list[Metered] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self._recent: deque[float] = deque()
        self.batches = Batches(self)
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def charged(self) -> list[Metered]:
        return [m for m in self.meter if m.status == 200]

    def answer_with(self, answer: Callable[[Body], str | Answer]) -> None:
        """Answer otherwise from now on."""
        self._answer = answer

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embed)
        app.router.add_get("/meter", self._show_meter)
        self.batches.add_routes(app)

    async def _show_meter(self, _: web.Request) -> web.Response:
        rows = [[m.at, m.status, m.prompt_tokens, m.completion_tokens] for m in self.meter]
        return web.json_response(rows)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        seen = Metered(time.time(), body["model"], 0, question=last_text(body), body=body)
        self.meter.append(seen)
        refused = self._refuse(request, body)
        if refused is not None:
            seen.status = refused.status
            return refused
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            fault = self._refuses(body) or (self.script.popleft() if self.script else None)
            if fault is not None:
                seen.status = fault.status
                return await fault.respond(request)
            if self.latency_s:
                await asyncio.sleep(self.latency_s)
            answer, completed = self._completed(body)
            seen.status = 200
            seen.prompt_tokens = completed["usage"]["prompt_tokens"]
            seen.completion_tokens = completed["usage"]["completion_tokens"]
            return web.json_response(answer.bend(completed) if answer.bend else completed)
        finally:
            self.in_flight -= 1

    async def _embed(self, request: web.Request) -> web.Response:
        """Vectors that count letters: like texts get like vectors."""
        body = await request.json()
        seen = Metered(time.time(), body["model"], 0, question=str(len(body["input"])), body=body)
        self.meter.append(seen)
        refused = self._refuse(request, body)
        if refused is not None:
            seen.status = refused.status
            return refused
        seen.status = 200
        rows = [
            {"object": "embedding", "index": at, "embedding": self.vectors(text)}
            for at, text in enumerate(body["input"])
        ]
        seen.prompt_tokens = sum(map(len, body["input"])) // 4
        usage = {"prompt_tokens": seen.prompt_tokens, "total_tokens": seen.prompt_tokens}
        rows.reverse()  # nothing promises an order: the index counts
        return web.json_response(
            {"object": "list", "model": body["model"], "data": rows, "usage": usage}
        )

    def note_batch(self, body: Body, completed: Body) -> None:
        usage = completed.get("usage") or {}
        self.meter.append(
            Metered(
                time.time(),
                body["model"],
                200,
                usage.get("prompt_tokens", 0),
                usage.get("completion_tokens", 0),
                last_text(body),
                body,
            )
        )

    def _refuse(self, request: web.Request, body: Body) -> web.Response | None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.key is not None and given != self.key:
            # a provider that echoes the whole key, the worst of them
            return error(401, f"Incorrect API key provided: {given}", "invalid_api_key")
        if body.get("logprobs") and not self.logprobs:
            return error(400, "logprobs are not supported by this model", "unsupported_parameter")
        if body.get("response_format") and not self.structured:
            return error(400, "response_format is not supported", "unsupported_parameter")
        if self.limit is not None:
            now = time.monotonic()
            while self._recent and self._recent[0] <= now - self.window_s:
                self._recent.popleft()
            if len(self._recent) >= self.limit * self.window_s / 60:
                wait = self._recent[0] + self.window_s - now
                return error(429, "Rate limit reached", "rate_limit_exceeded", retry_after=wait)
            self._recent.append(now)
        return None

    def completion(self, body: Body) -> Body:
        answer, completed = self._completed(body)
        return answer.bend(completed) if answer.bend else completed

    def _completed(self, body: Body) -> tuple[Answer, Body]:
        """What is said, and how a sound provider writes it."""
        answer = self._answer(body)
        answer = answer if isinstance(answer, Answer) else Answer(answer)
        schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema")
        text = (
            json.dumps({"label": answer.text})
            if schema and answer.text and "{" not in answer.text
            else answer.text
        )
        message: Body = {"role": "assistant", "content": text, "refusal": answer.refusal}
        choice: Body = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
        if body.get("logprobs"):
            choice["logprobs"] = {"content": spelled(answer, text)}
        prompt, completion = count(json.dumps(body["messages"])), count(text)
        return answer, {
            "id": "chatcmpl-fake",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": answer.model or body["model"],
            "system_fingerprint": answer.fingerprint,
            "choices": [choice],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            },
        }


def letters(text: str) -> list[float]:
    """How often each letter stands in a text."""
    return [float(text.lower().count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz"]


def spelled(answer: Answer, text: str) -> list[Body]:
    tokens = answer.tokens or [(text, {text: math.log(0.9)})]
    return [
        {
            "token": token,
            "logprob": others[token],
            "bytes": list(token.encode()),
            "top_logprobs": [
                {"token": o, "logprob": p, "bytes": list(o.encode())} for o, p in others.items()
            ],
        }
        for token, others in tokens
    ]


def count(text: str) -> int:
    return max(1, len(text.encode()) // 4)


def last_text(body: Body) -> str:
    content = body["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part["type"] == "text")


def error(status: int, message: str, code: str, retry_after: float | None = None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:.3f}"}
    fields = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return web.json_response({"error": fields}, status=status, headers=headers)
