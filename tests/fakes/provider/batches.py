"""Files and batches of the fake provider: OpenAI's batch endpoints, with failures on a script."""

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.fakes.provider.server import FakeProvider


class Batches:
    """Batches by name.

    ``finishes`` says of each batch in turn how many requests are done before it expires (all if
    None), ``fails`` with which code it fails as a whole; ``refuses`` is asked of each request's
    body for the status and code it ends with; ``stall_s`` passes between taking a batch and
    saying so; ``bend_batch`` changes how a finished one is shown; ``losing`` says of each hand-in in turn how its acknowledgement is lost: the connection
    is dropped or a status sent, after the batch was taken or ``before``; ``quotes`` has messages of failed batches quote an item.
    """

    def __init__(self, provider: "FakeProvider") -> None:
        self._provider = provider
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, dict[str, Any]] = {}
        self.finishes: list[int | None] = []
        self.fails: list[str | None] = []
        self.refuses: Callable[[dict[str, Any]], tuple[int, str] | None] = lambda _: None
        self.polls_until_done = 1
        self.stall_s = 0.0
        self.upload_stall_s = 0.0
        self.uploads = 0
        self.upload_status = 200
        self.losing: list[str | int | None] = []
        self.bend_line: Callable[[str], str] = lambda line: line
        self.bend_batch: Callable[[dict[str, Any]], None] = lambda _: None
        self.quotes = False
        self.answered = 0
        self.page = 100

    def __len__(self) -> int:
        return len(self._batches)

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{id}/content", self._download)
        app.router.add_post("/v1/batches", self._create)
        app.router.add_get("/v1/batches", self._list)
        app.router.add_get("/v1/batches/{id}", self._retrieve)

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.uploads += 1
        await asyncio.sleep(self.upload_stall_s)
        upload = form["file"]
        content = upload.file.read() if isinstance(upload, web.FileField) else str(upload).encode()
        if self.upload_status != 200:
            told = {"message": f"Invalid file: {content.decode()}", "code": "invalid_file"}
            return web.json_response({"error": told}, status=self.upload_status)
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
        lost = self.losing.pop(0) if self.losing else None
        if lost == "before":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
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
            "metadata": body.get("metadata"),
            "polls": 0,
        }
        await asyncio.sleep(self.stall_s)
        if lost == "drop":
            assert request.transport is not None
            request.transport.abort()
        if lost == "html":
            return web.Response(text="<html>", content_type="text/html")
        if isinstance(lost, int):
            return web.json_response({"error": {"message": "no", "code": "x"}}, status=lost)
        return web.json_response(self._shown(name))

    async def _list(self, request: web.Request) -> web.Response:
        """Newest first, a page at a time."""
        names = list(reversed(self._batches))
        after = request.query.get("after")
        start = names.index(after) + 1 if after else 0
        page = names[start : start + self.page]
        more = start + self.page < len(names)
        return web.json_response(
            {"object": "list", "data": [self._shown(name) for name in page], "has_more": more}
        )

    async def _retrieve(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        if name not in self._batches:
            return web.json_response({"error": {"message": f"No batch {name}"}}, status=404)
        batch = self._batches[name]
        batch["polls"] += 1
        if batch["status"] == "in_progress" and batch["polls"] >= self.polls_until_done:
            self._finish(batch)
        return web.json_response(self._shown(name))

    def _finish(self, batch: dict[str, Any]) -> None:
        lines = [json.loads(x) for x in self._files[batch["input_file_id"]].splitlines() if x]
        failed = self.fails.pop(0) if self.fails else None
        if failed is not None:
            quoted = f": {lines[0]['body']['messages'][-1]['content']}" if self.quotes else ""
            told = {"code": failed, "message": f"The batch failed{quoted}", "line": 1}
            batch["status"], batch["errors"] = "failed", {"object": "list", "data": [told]}
            return
        finishes = self.finishes.pop(0) if self.finishes else None
        done = lines if finishes is None else lines[:finishes]
        out: list[dict[str, Any]] = []
        wrong: list[dict[str, Any]] = []
        for line in lines[len(done) :]:
            told = {"code": "batch_expired", "message": "Not done within the window."}
            wrong.append({"custom_id": line["custom_id"], "response": None, "error": told})
        for line in done:
            refused = self.refuses(line["body"])
            if refused is not None:
                status, code = refused
                told = {"error": {"code": code, "message": "no"}}
                response = {"status_code": status, "request_id": "r", "body": told}
                wrong.append({"custom_id": line["custom_id"], "response": response, "error": None})
                continue
            completed = self._provider.completion(line["body"])
            self._provider.note_batch(line["body"], completed)
            self.answered += 1
            response = {"status_code": 200, "request_id": "r", "body": completed}
            out.append({"custom_id": line["custom_id"], "response": response, "error": None})
        batch["status"] = "completed" if finishes is None else "expired"
        for field, rows in (("output_file_id", out), ("error_file_id", wrong)):
            if rows:
                content = "\n".join(self.bend_line(json.dumps(row)) for row in rows).encode()
                batch[field] = self._file(content, "batch_output")["id"]
        counts = {"total": len(lines), "completed": len(out), "failed": len(done) - len(out)}
        batch["request_counts"], batch["completed_at"] = counts, int(time.time())
        self.bend_batch(batch)

    def _shown(self, name: str) -> dict[str, Any]:
        return {k: v for k, v in self._batches[name].items() if k != "polls"}
