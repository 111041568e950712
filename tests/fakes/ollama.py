"""An Ollama on loopback: its own HTTP for chats and vectors, and what it refuses."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.fakes.provider.server import letters
from tests.fakes.served import Served

Body = dict[str, Any]
CHAT = {"model", "messages", "stream", "format", "options", "keep_alive", "tools", "think"}
EMBED = {"model", "input", "truncate", "options", "keep_alive", "dimensions"}


class FakeOllama(Served):
    """Has some models pulled and answers ``answer(question)`` until the ``with`` block ends."""

    def __init__(self, models: set[str], answer: Callable[[str], str]) -> None:
        self.models, self.answer = models, answer
        self.asked: list[tuple[str, Body]] = []
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/api/chat", self._chat)
        app.router.add_post("/api/embed", self._embed)
        app.router.add_post("/api/show", self._show)

    async def _read(
        self, request: web.Request, known: set[str]
    ) -> tuple[Body, web.Response | None]:
        body = await request.json()
        self.asked.append((request.path, body))
        if unknown := sorted(set(body) - known):
            return body, web.json_response({"error": f"unknown field {unknown[0]}"}, status=400)
        name = body.get("model") or body["name"]
        if name.removesuffix(":latest") not in self.models:
            told = f'model "{name}" not found, try pulling it first'
            return body, web.json_response({"error": told}, status=404)
        return body, None

    async def _chat(self, request: web.Request) -> web.Response:
        body, refused = await self._read(request, CHAT)
        if refused is not None:
            return refused
        assert body["stream"] is False
        text = self.answer(str(body["messages"][-1]["content"]))
        return web.json_response(
            {
                "model": body["model"],
                "created_at": "2026-11-29T12:00:00.000000Z",
                "message": {"role": "assistant", "content": text},
                "done": True,
                "done_reason": "stop",
                "total_duration": 900_000_000,
                "load_duration": 1_000_000,
                "prompt_eval_count": sum(len(str(m["content"])) for m in body["messages"]) // 4,
                "prompt_eval_duration": 300_000_000,
                "eval_count": len(text) // 4 + 1,
                "eval_duration": 500_000_000,
            }
        )

    async def _embed(self, request: web.Request) -> web.Response:
        body, refused = await self._read(request, EMBED)
        if refused is not None:
            return refused
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        return web.json_response(
            {
                "model": body["model"],
                "embeddings": [letters(text) for text in texts],
                "total_duration": 14_000_000,
                "load_duration": 1_000_000,
                "prompt_eval_count": sum(map(len, texts)) // 4,
            }
        )

    async def _show(self, request: web.Request) -> web.Response:
        body, refused = await self._read(request, {"model", "name", "verbose"})
        del body
        return refused or web.json_response(
            {
                "template": "{{ .Prompt }}",
                "details": {"family": "llama", "format": "gguf"},
                "model_info": {"llama.context_length": 8192},
                "capabilities": ["completion"],
            }
        )
