"""Files and batches of the fake provider: OpenAI's batch endpoints, with expiry on a script."""

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.fakes.provider.server import FakeProvider


class Batches:
    """``finishes`` says how many of a batch's requests are done before it expires (all if None)."""

    def __init__(self, provider: "FakeProvider") -> None:
        self._provider = provider
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, dict[str, Any]] = {}
        self.finishes: list[int | None] = []
        self.polls_until_done = 1

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{id}/content", self._download)
        app.router.add_post("/v1/batches", self._create)
        app.router.add_get("/v1/batches/{id}", self._retrieve)

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        upload = form["file"]
        content = upload.file.read() if isinstance(upload, web.FileField) else str(upload).encode()
        return web.json_response(self._file(content, "batch"))

    def _file(self, content: bytes, purpose: str) -> dict[str, Any]:
        name = f"file-{uuid.uuid4().hex[:12]}"
        self._files[name] = content
        return {
            "id": name,
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": "batch.jsonl",
            "purpose": purpose,
            "status": "processed",
        }

    async def _download(self, request: web.Request) -> web.Response:
        return web.Response(body=self._files[request.match_info["id"]])

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        name = f"batch_{uuid.uuid4().hex[:12]}"
        self._batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": body["endpoint"],
            "input_file_id": body["input_file_id"],
            "completion_window": body["completion_window"],
            "created_at": int(time.time()),
            "status": "in_progress",
            "errors": None,
            "polls": 0,
        }
        return web.json_response(self._shown(name))

    async def _retrieve(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        batch = self._batches[name]
        batch["polls"] += 1
        if batch["status"] == "in_progress" and batch["polls"] >= self.polls_until_done:
            self._finish(batch)
        return web.json_response(self._shown(name))

    def _finish(self, batch: dict[str, Any]) -> None:
        lines = [json.loads(x) for x in self._files[batch["input_file_id"]].splitlines() if x]
        finishes = self.finishes.pop(0) if self.finishes else None
        done = lines if finishes is None else lines[:finishes]
        out = []
        for line in done:
            completed = self._provider.completion(line["body"])
            self._provider.note_batch(line["body"], completed)
            response = {"status_code": 200, "request_id": "r", "body": completed}
            out.append({"custom_id": line["custom_id"], "response": response, "error": None})
        batch["status"] = "completed" if finishes is None else "expired"
        batch["output_file_id"] = self._file(
            "\n".join(map(json.dumps, out)).encode(), "batch_output"
        )["id"]
        batch["request_counts"] = {"total": len(lines), "completed": len(done), "failed": 0}

    def _shown(self, name: str) -> dict[str, Any]:
        return {k: v for k, v in self._batches[name].items() if k != "polls"}
