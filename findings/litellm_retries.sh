#!/usr/bin/env bash
# LiteLLM's num_retries means one thing with tenacity installed and another without, and says nothing.
#
# Guess:    num_retries=2 sends at most three requests, and an invalid key (401) or a malformed
#           request (400) is sent once, whatever other packages are installed.
# Happens:  as guessed after a bare installation. Once tenacity is there, which many packages bring
#           along, an answer of 500 is asked for five times, and 400 and 401 are sent three times.
# Source:   https://docs.litellm.ai/docs/completion/input says: so many retries, after an APIError, a
#           TimeoutError or a ServiceUnavailableError. In the source N is used twice: litellm/main.py
#           makes it the max_retries of the OpenAI client (1 + N requests), and the wrapper in
#           litellm/utils.py calls acompletion_with_retries for N attempts more, whatever the error
#           was. That needs tenacity, which LiteLLM does not declare; the wrapper swallows its absence.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet litellm==1.106.2 openai==2.54.0

cat >"$folder/count.py" <<'PYTHON'
import asyncio
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from importlib.util import find_spec

import litellm

TENACITY = find_spec("tenacity") is not None
litellm.suppress_debug_info = True
requests = []
errors = {400: "invalid_request_error", 401: "authentication_error", 500: "server_error"}


class Provider(BaseHTTPRequestHandler):
    status = 500

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        requests.append(self.path)
        error = {"message": "refused", "type": errors[self.status], "param": None, "code": None}
        body = json.dumps({"error": error}).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


async def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    there = f"tenacity {version('tenacity')}" if TENACITY else "no tenacity"
    print(f"litellm {version('litellm')}, openai {version('openai')}, {there}")
    sent = {}
    for Provider.status in errors:
        for retries in (0, 1, 2):
            requests.clear()
            try:
                await litellm.acompletion(
                    model="openai/gpt-4o-mini", messages=[{"role": "user", "content": "hello"}],
                    api_base=f"http://127.0.0.1:{server.server_port}/v1", api_key="none",
                    num_retries=retries,
                )
            except Exception as error:
                told = type(error).__name__
            sent[Provider.status, retries] = len(requests)
            print(f"answer {Provider.status}, num_retries={retries}: {len(requests)} requests, {told}")
    return sent


found = asyncio.run(main())
if [found[500, n] for n in (0, 1, 2)] != ([1, 3, 5] if TENACITY else [1, 2, 3]):
    sys.exit("Changed: after 500, num_retries=N no longer sends 2N+1 requests with tenacity, N+1 without.")
refused = [found[status, n] for status in (400, 401) for n in (0, 1, 2)]
if refused != ([1, 2, 3] if TENACITY else [1, 1, 1]) * 2:
    sys.exit("Changed: 400 and 401 are no longer repeated num_retries times just where tenacity is there.")
PYTHON

export LITELLM_LOCAL_MODEL_COST_MAP=True
"$folder/venv/bin/python" "$folder/count.py"
"$folder/venv/bin/pip" install --quiet tenacity==9.2.1
"$folder/venv/bin/python" "$folder/count.py"
