"""The simulated model as an OpenAI-compatible server on loopback, in a thread of this process."""

import base64
import hashlib
import json
import math
import re
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from labeling.errors import LabelingError
from labeling.kinds.asking import PLAIN, Form
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from resources.models.simulated.behaviour import Behaviour

ITEM = re.compile(r"<item-([0-9a-f]{8})>\n(.*?)\n</item-\1>", re.DOTALL)
FINGERPRINT = "fp_simulated"
START_S = 10.0


class SimulatedModel:
    """Serves ``/v1/chat/completions`` until the ``with`` block ends.

    Parameters
    ----------
    truth, classes, error_rate, confusions, changes_at, error_rate_after, confusions_after, seed, kind
        See :class:`resources.models.simulated.behaviour.Behaviour`.
    now : str, optional
        The batch in whose time the questions are asked; decides whether the model has changed.
        May be set anew while it serves.

    Examples
    --------
    >>> with SimulatedModel({}, ["SPAM", "HAM"]) as model:
    ...     model.api_base.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        truth: Mapping[str, str],
        classes: Sequence[str],
        error_rate: float | Mapping[str, float] = 0.15,
        confusions: Mapping[str, str] | None = None,
        changes_at: str | None = None,
        error_rate_after: float | Mapping[str, float] | None = None,
        confusions_after: Mapping[str, str] | None = None,
        seed: int = 0,
        now: str | None = None,
        kind: Kind = SINGLE,
    ) -> None:
        self.behaviour = Behaviour(
            truth,
            classes,
            error_rate,
            confusions or {},
            changes_at,
            error_rate_after,
            confusions_after,
            seed,
            kind,
        )
        self.now = now
        self.calls = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        app = Starlette(routes=[Route("/v1/chat/completions", self._chat, methods=["POST"])])
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off")
        )
        self._thread = threading.Thread(target=self._serve, name="simulated-model", daemon=True)

    @property
    def api_base(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        self._thread.start()
        deadline = time.monotonic() + START_S
        while not self._server.started:
            if time.monotonic() > deadline:
                raise LabelingError(f"the simulated model did not start within {START_S:.0f} s")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(START_S)
        self._socket.close()

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    async def _chat(self, request: Request) -> JSONResponse:
        body = await request.json()
        self.calls += 1
        text, picture = _item(body["messages"])
        label, confidence = self.behaviour.answer(text, self.now, picture)
        content = self._content(label, confidence, text, body)
        choice: dict[str, Any] = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": content},
        }
        if body.get("logprobs"):
            choice["logprobs"] = {"content": self._tokens(content, label, confidence)}
        prompt, completion = _count(json.dumps(body["messages"])), _count(content)
        return JSONResponse(
            {
                "id": f"simulated-{self.calls}",
                "object": "chat.completion",
                "created": int(time.time()),
                "model": body["model"],
                "system_fingerprint": FINGERPRINT,
                "choices": [choice],
                "usage": {
                    "prompt_tokens": prompt,
                    "completion_tokens": completion,
                    "total_tokens": prompt + completion,
                },
            }
        )

    def _content(self, label: str, confidence: float, text: str, body: Mapping[str, Any]) -> str:
        schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
        kind = self.behaviour.kind
        if not schema:
            return kind.example(PLAIN, label, text)
        wanted = schema.get("properties", {})
        fields: dict[str, Any] = {"reasoning": "Simulated."} if "reasoning" in wanted else {}
        fields |= json.loads(kind.example(Form(json=True), label, text))
        if "confidence" in wanted:
            fields = {"confidence": round(confidence, 3), **fields}
        return json.dumps(fields)

    def _tokens(self, content: str, label: str, confidence: float) -> list[dict[str, Any]]:
        """Spell the answer in three tokens: what is before the label, the label, what is after."""
        before, found, after = content.rpartition(label)
        classes = self.behaviour.classes
        rest = math.log(max(1e-9, (1 - confidence) / max(1, len(classes) - 1)))
        weights = {c: math.log(confidence) if c == label else rest for c in classes}
        spelled = [(t, {t: 0.0}) for t in (before,) if t] + [(found, weights)]
        spelled += [(t, {t: 0.0}) for t in (after,) if t]
        return [
            {
                "token": token,
                "logprob": others[token],
                "bytes": None,
                "top_logprobs": [
                    {"token": o, "logprob": p, "bytes": None} for o, p in others.items()
                ],
            }
            for token, others in spelled
        ]


def _item(messages: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return text and hash of the picture of the item in question: the last one shown."""
    for message in reversed(messages):
        content = message.get("content") or ""
        parts: list[dict[str, Any]] = (
            [{"type": "text", "text": content}] if isinstance(content, str) else content
        )
        found = ITEM.findall("\n".join(part.get("text", "") for part in parts))
        pictures = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        if found or pictures:
            picture = _hash(pictures[-1]) if pictures else ""
            return found[-1][1] if found else "", picture
    return "", ""


def _hash(url: str) -> str:
    """Hash a picture as who sent it does: by its bytes, or by its address."""
    data = base64.b64decode(url.partition(",")[2]) if url.startswith("data:") else url.encode()
    return hashlib.sha256(data).hexdigest()


def _count(text: str) -> int:
    return max(1, len(text) // 4)
