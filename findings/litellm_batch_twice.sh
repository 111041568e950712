#!/usr/bin/env bash
# LiteLLM hands a batch in twice although num_retries=0 asked for no retries.
#
# Guess:    num_retries is LiteLLM's own parameter for retries, so num_retries=0 sends one request.
# Happens:  the server takes the batch, its acknowledgement is lost (one answer of 500), and the batch
#           is handed in again, without an idempotency key: two batches run and both are paid. Only
#           max_retries=0 sends one request and lets the caller decide.
# Source:   https://docs.litellm.ai/docs/completion/input describes num_retries as the number of
#           retries. litellm/batches/main.py passes max_retries alone to the OpenAI client, and
#           get_openai_client in litellm/llms/openai/openai.py leaves it out when it is None, so
#           that the client keeps its own two retries (openai/_constants.py).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet litellm==1.106.2 openai==2.54.0

LITELLM_LOCAL_MODEL_COST_MAP=True "$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import litellm
import openai

taken = []  # one entry a batch: was there an idempotency key?


class Provider(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        taken.append(any("idempotency" in name.lower() for name in self.headers))
        if len(taken) == 1:
            status, answer = 500, {"error": {"message": "lost on the way", "type": "server_error"}}
        else:
            status, answer = 200, {
                "id": f"batch_{len(taken)}", "object": "batch", "status": "validating",
                "created_at": 1767225600, **request,
            }
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


async def hand_in(base, **retries):
    taken.clear()
    try:
        batch = await litellm.acreate_batch(
            completion_window="24h", endpoint="/v1/chat/completions", input_file_id="file-1",
            custom_llm_provider="openai", api_base=base, api_key="none", **retries,
        )
        told = batch.id
    except openai.InternalServerError as error:
        told = type(error).__name__
    print(f"{str(retries):20} batches at the provider: {len(taken)}   caller is told: {told}")
    return list(taken)


async def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/v1"
    print(f"litellm {version('litellm')}, openai {version('openai')}")
    return await hand_in(base, num_retries=0), await hand_in(base, max_retries=0)


asked_for_none, told_the_client = asyncio.run(main())
if asked_for_none != [False, False]:
    sys.exit("Changed: with num_retries=0 the batch is no longer handed in twice without a key.")
if told_the_client != [False]:
    sys.exit("Changed: with max_retries=0 the batch is no longer handed in exactly once.")
PYTHON
