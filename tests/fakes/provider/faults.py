"""Everything that goes wrong at a provider, each as it goes over the wire."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

COMPLETE = json.dumps(
    {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "HAM"},
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11},
    }
)


@dataclass(frozen=True)
class Fault:
    """One fault; ``status`` is what the provider's own meter notes (499 where nothing was sent)."""

    kind: str
    status: int
    retry_after: str | None = None
    message: str = "the fake provider was told to fail"
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        if self.kind == "drop":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if self.kind == "hang":
            await asyncio.sleep(30)
            return web.Response()
        if self.kind == "truncate":
            return web.Response(text=COMPLETE[:90], content_type="application/json")
        if self.kind == "cut":
            response = web.StreamResponse(headers={"Content-Length": str(len(COMPLETE))})
            await response.prepare(request)
            await response.write(COMPLETE[:90].encode())
            assert request.transport is not None
            request.transport.abort()
            return response
        if self.kind == "html":
            return web.Response(text="<html>502 Bad Gateway</html>", status=502)
        fields = {"message": self.message, "type": "x", "param": self.param, "code": self.kind}
        fields |= self.more
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["Retry-After"] = self.retry_after
        return web.json_response({"error": fields}, status=self.status, headers=headers)


RATE_LIMIT = Fault("rate_limit_exceeded", 429, retry_after="0.2")
RATE_LIMIT_SILENT = Fault("rate_limit_exceeded", 429)
QUOTA = Fault("insufficient_quota", 429)
ERROR_500 = Fault("server_error", 500)
ERROR_503 = Fault("overloaded", 503)
HTML_502 = Fault("html", 502)
DROP = Fault("drop", 499)
HANG = Fault("hang", 499)
TRUNCATE = Fault("truncate", 499)
CUT = Fault("cut", 499)
FILTER = Fault("content_filter", 400, message="flagged by content management policy")
CONTEXT = Fault("context_length_exceeded", 400)
UNKNOWN_MODEL = Fault("model_not_found", 404)
FORBIDDEN = Fault("permission_denied", 403)
