#!/usr/bin/env bash
# LiteLLM cannot ask for a batch whose status is not one of OpenAI's eight words.
#
# Guess:    a batch that LiteLLM lists can be asked for through LiteLLM too, and a status that it does
#           not know is passed on, as the OpenAI client below it does.
# Happens:  aretrieve_batch raises for "COMPLETED" and "queued", and for a batch without its
#           completion_window, although the OpenAI client below it reads all three. alist_batches
#           of the same LiteLLM shows each of them. acreate_batch raises over the acknowledgement
#           too, when the batch has been taken and will be paid.
# Source:   https://docs.litellm.ai/docs/batches promises OpenAI's form for what it supports, and
#           hosted_vllm or an api_base name other houses. litellm/llms/openai/openai.py validates what
#           the client had read leniently with LiteLLMBatch.model_validate. Together's words stand in
#           https://docs.together.ai/docs/inference/batch/manage.
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

litellm.suppress_debug_info = True
SOUND = {
    "id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions", "status": "completed",
    "input_file_id": "file-1", "output_file_id": "file-2", "completion_window": "24h",
    "created_at": 1767225600,
}
CASES = {
    "completed": SOUND,
    "COMPLETED": {**SOUND, "status": "COMPLETED"},
    "queued": {**SOUND, "status": "queued"},
    "no completion_window": {k: v for k, v in SOUND.items() if k != "completion_window"},
}


class Provider(BaseHTTPRequestHandler):
    batch = SOUND
    taken = 0

    def log_message(self, *_):
        pass

    def answer(self, told):
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        one = self.path.partition("?")[0].endswith("batch_1")
        self.answer(self.batch if one else {"object": "list", "data": [self.batch], "has_more": False})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        Provider.taken += 1
        self.answer(self.batch)


async def told(call):
    try:
        got = await call
        return str((got.data[0] if hasattr(got, "data") else got).status)
    except Exception as error:
        return f"raises {type(error).__name__}"


async def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/v1"
    print(f"litellm {version('litellm')}, openai {version('openai')}")
    ours = {"custom_llm_provider": "openai", "api_base": base, "api_key": "none", "max_retries": 0}
    request = {"completion_window": "24h", "endpoint": SOUND["endpoint"], "input_file_id": "file-1"}
    found = {}
    for name, Provider.batch in CASES.items():
        Provider.taken = 0
        async with openai.AsyncOpenAI(api_key="none", base_url=base, max_retries=0) as client:
            below = await told(client.batches.retrieve("batch_1"))
        found[name] = (
            below, await told(litellm.alist_batches(**ours)),
            await told(litellm.aretrieve_batch(batch_id="batch_1", **ours)),
            await told(litellm.acreate_batch(**request, **ours)), Provider.taken,
        )
        print("{}\n    openai retrieve: {}\n    litellm list: {}, retrieve: {}, create: {} "
              "(batches taken: {})".format(name, *found[name]))
    return found


found = asyncio.run(main())
if found.pop("completed") != ("completed",) * 4 + (1,):
    sys.exit("Changed: a batch in OpenAI's own words is no longer read by all four.")
for name, (below, listed, asked, handed, taken) in found.items():
    if below != CASES[name]["status"] or listed != below:
        sys.exit(f"Changed: {name}: the OpenAI client or LiteLLM's list no longer shows the batch.")
    if not asked.startswith("raises") or not handed.startswith("raises") or taken != 1:
        sys.exit(f"Changed: {name}: LiteLLM no longer raises over the batch.")
PYTHON
