#!/usr/bin/env bash
# LiteLLM sends no call with tools unless an optional package is there, and calls that a lost connection.
#
# Guess:    `mcp` is an extra of LiteLLM: calls with the ordinary `tools` of
#           OpenAI's API do without, and whatever is missing is told as missing.
# Happens:  the same call is answered without `tools`; with them nothing is sent, and APIConnectionError
#           is raised, whose text ends with "No module named 'mcp'": a kind of error that a caller waits
#           for and tries again. With mcp installed the same call is sent and answered.
# Source:   https://docs.litellm.ai/docs/completion/function_call installs `litellm` and nothing more.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet litellm==1.106.2 openai==2.54.0

cat > "$folder/calls.py" <<'PYTHON'
import asyncio
import importlib.util
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import litellm

litellm.suppress_debug_info = True
TOOL = {"type": "function", "function": {"name": "answer", "parameters": {
    "type": "object", "properties": {"label": {"type": "string"}}}}}


class Provider(BaseHTTPRequestHandler):
    asked = 0

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        Provider.asked += 1
        told = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


async def told(base, **more):
    Provider.asked = 0
    try:
        got = await litellm.acompletion(
            model="openai/m", api_base=base, api_key="none", max_retries=0,
            messages=[{"role": "user", "content": "hi"}], **more,
        )
        return f"answers {got.choices[0].message.content!r}, requests sent: {Provider.asked}"
    except Exception as error:
        end = str(error).strip().splitlines()[-1].rpartition("- ")[2]
        return f"raises {type(error).__name__}: {end}, requests sent: {Provider.asked}"


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}/v1"
print(f"litellm {version('litellm')}, mcp installed: {importlib.util.find_spec('mcp') is not None}")
plain, tools = asyncio.run(told(base)), asyncio.run(told(base, tools=[TOOL]))
print(f"without tools: {plain}\nwith tools:    {tools}")
if not plain.startswith("answers"):
    sys.exit("Changed: a call without tools is not answered.")
if importlib.util.find_spec("mcp"):
    if not tools.startswith("answers"):
        sys.exit("Changed: a call with tools fails with mcp, too.")
elif "'mcp'" not in tools or not tools.endswith("requests sent: 0"):
    sys.exit("Changed: a call with tools no longer fails for want of mcp.")
PYTHON
export LITELLM_LOCAL_MODEL_COST_MAP=True
"$folder/venv/bin/python" "$folder/calls.py"
"$folder/venv/bin/pip" install --quiet 'litellm[mcp]==1.106.2' mcp==2.3.0
"$folder/venv/bin/python" "$folder/calls.py"
