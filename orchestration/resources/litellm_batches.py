"""Providers' batch endpoints through LiteLLM: hand in a file of requests, fetch a file of answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from labeling.llm.transport import Fault, Reply, Request, TransportError
from labeling.llm.waiting import BatchState
from orchestration.resources.litellm_faults import read_fault
from orchestration.resources.litellm_transport import LiteLlmTransport, litellm_module, read_body

ENDPOINT = "/v1/chat/completions"
WINDOW = "24h"
RUNNING = ("validating", "in_progress", "finalizing", "cancelling")


@dataclass(frozen=True, slots=True)
class LiteLlmBatches(LiteLlmTransport):
    """A transport that knows batch endpoints too.

    Parameters
    ----------
    provider : str
        Whose they are, as LiteLLM names it.
    """

    provider: str = "openai"

    async def submit(self, requests: Sequence[tuple[str, Request]]) -> str:
        """Hand in named requests; see :class:`labeling.llm.waiting.BatchTransport`."""
        lines = [
            {"custom_id": name, "method": "POST", "url": ENDPOINT, "body": self.body(request)}
            for name, request in requests
        ]
        data = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
        file = BytesIO(data)
        file.name = "batch.jsonl"
        uploaded = await self._call("acreate_file", file=file, purpose="batch")
        batch = await self._call(
            "acreate_batch",
            completion_window=WINDOW,
            endpoint=ENDPOINT,
            input_file_id=uploaded.id,
        )
        return str(batch.id)

    async def poll(self, batch: str) -> BatchState:
        """Ask how a batch stands; partial results of one that expired are results."""
        found = await self._call("aretrieve_batch", batch_id=batch)
        if found.status in RUNNING:
            return BatchState("running")
        results: list[tuple[str, Reply | TransportError]] = []
        for file in (found.output_file_id, found.error_file_id):
            if file:
                content = await self._call("afile_content", file_id=file)
                results += [_read(json.loads(line)) for line in content.text.splitlines() if line]
        return BatchState("done" if found.status == "completed" else "ended", results)

    def body(self, request: Request) -> dict[str, Any]:
        """Return a request as OpenAI's API takes it, without what concerns this connection only."""
        arguments = self.arguments(request)
        ours = ("timeout", "max_retries", "num_retries", "api_base", "api_key")
        kept = {k: v for k, v in arguments.items() if k not in ours}
        model = request.model.removeprefix(f"{self.provider}/")
        return {"model": model, "messages": list(request.messages), **kept}

    async def _call(self, name: str, **arguments: Any) -> Any:
        if self.api_base is not None:
            arguments["api_base"] = self.api_base
        if self.api_key is not None:
            arguments["api_key"] = self.api_key
        try:
            function = getattr(litellm_module(), name)
            return await function(custom_llm_provider=self.provider, **arguments)
        except Exception as error:  # noqa: BLE001  LiteLLM raises some forty kinds
            raise read_fault(error, (), self.api_key) from None


def _read(line: dict[str, Any]) -> tuple[str, Reply | TransportError]:
    response = line.get("response") or {}
    if response.get("status_code") != 200:
        code = response.get("status_code") or (line.get("error") or {}).get("code")
        return line["custom_id"], TransportError(Fault.UNAVAILABLE, f"the batch says {code}")
    return line["custom_id"], read_body(response["body"])
