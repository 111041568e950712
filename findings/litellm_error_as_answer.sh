#!/usr/bin/env bash
# LiteLLM turns one of the provider's refusals into a successful answer with invented token counts.
#
# Guess:    an answer of 400 from the provider raises BadRequestError, and usage is what was billed.
# Happens:  where the error says that the message could not be finished because of max_tokens, the
#           caller gets a normal ModelResponse: empty text, finish_reason "length", an id and a usage
#           that no server ever sent. An empty string is then read as the model's answer, and a
#           counted guess is booked as tokens. Any other 400 raises.
# Source:   https://docs.litellm.ai/docs/exception_mapping maps 400 to BadRequestError and names no
#           exception to it. is_output_token_limit_error and build_output_token_limit_response in
#           litellm/llms/openai/common_utils.py make the answer, and give their reasons there.
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

litellm.suppress_debug_info = True
LIMIT = (
    "Could not finish the message because max_tokens or model output limit was reached. "
    "Please try again with higher max_tokens."
)
OTHER = "max_tokens is too small."


class Provider(BaseHTTPRequestHandler):
    message = ""

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        error = {"message": self.message, "type": "invalid_request_error", "param": None, "code": None}
        body = json.dumps({"error": error}).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


async def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"litellm {version('litellm')}, openai {version('openai')}")
    seen = []
    for Provider.message in (OTHER, LIMIT):
        try:
            answer = await litellm.acompletion(
                model="openai/gpt-4o-mini", messages=[{"role": "user", "content": "hello"}],
                api_base=f"http://127.0.0.1:{server.server_port}/v1", api_key="none",
                max_tokens=1, max_retries=0,
            )
            choice = answer.choices[0]
            seen.append((choice.finish_reason, choice.message.content, answer.usage.prompt_tokens > 0))
            print(f"400 {Provider.message!r}\n    answer {choice.message.content!r}, finish_reason "
                  f"{choice.finish_reason!r}, id {answer.id}, {answer.usage.prompt_tokens} prompt tokens")
        except litellm.BadRequestError as error:
            seen.append(type(error).__name__)
            print(f"400 {Provider.message!r}\n    {type(error).__name__}")
    return seen


other, limit = asyncio.run(main())
if other != "BadRequestError":
    sys.exit("Changed: an ordinary 400 no longer raises BadRequestError.")
if limit != ("length", "", True):
    sys.exit("Changed: the refusal over max_tokens is no longer made an answer with token counts.")
PYTHON
