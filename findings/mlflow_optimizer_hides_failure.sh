#!/usr/bin/env bash
# MLflow's one-step prompt optimiser gives the old prompt back as an optimised one where its model could not be asked.
#
# Guess:    optimize_prompts raises where the model that is to write the better prompt refuses the key, or declines;
#           nothing is registered then.
# Happens:  it returns as usual. What it returns as optimised is the old text, and that is registered as a new version
#           of the prompt; a warning in the log is all that tells. An optimisation that did not happen looks like one.
# Source:   https://mlflow.org/docs/latest/genai/prompt-registry/optimize-prompts and the docstring of optimize_prompts
#           tell of a result that holds optimised prompts. MetaPromptOptimizer catches every exception in
#           mlflow/genai/optimize/optimizers/metaprompt_optimizer.py.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet mlflow==3.17.2 openai==2.54.0
cd "$folder"

export MLFLOW_DISABLE_TELEMETRY=true OPENAI_API_KEY=none
"$folder/venv/bin/python" - <<'PYTHON'
import json
import logging
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

REFUSED = {"error": {"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}}
MESSAGE = {"role": "assistant", "content": "I cannot help with that."}
DECLINED = {
    "id": "x", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
    "choices": [{"index": 0, "finish_reason": "stop", "message": MESSAGE}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


class Provider(BaseHTTPRequestHandler):
    answer = (401, REFUSED)
    asked = 0

    def log_message(self, *_):
        pass

    def do_POST(self):
        Provider.asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        status, told = Provider.answer
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["OPENAI_API_BASE"] = f"http://127.0.0.1:{server.server_port}/v1"

import mlflow
from mlflow.genai.optimize.optimizers import MetaPromptOptimizer

logging.getLogger("alembic").setLevel(logging.ERROR)
mlflow.set_tracking_uri("sqlite:///mlflow.db")
print(f"mlflow {version('mlflow')}")
same = []
for name, answer in (("wrong_key", (401, REFUSED)), ("declined", (200, DECLINED))):
    Provider.answer, before = answer, Provider.asked
    old = mlflow.genai.register_prompt(name=name, template="Spam or ham?")
    try:
        done = mlflow.genai.optimize_prompts(
            predict_fn=lambda: "", train_data=[], prompt_uris=[old.uri], scorers=[],
            optimizer=MetaPromptOptimizer(reflection_model="openai:/gpt-4o-mini"), enable_tracking=False,
        )
    except Exception as error:
        sys.exit(f"not as described: {name} raises {type(error).__name__}: {error}")
    (new,) = done.optimized_prompts
    asked = Provider.asked - before
    print(f"{name}: asked {asked} times, optimised version {new.version} (before: {old.version}): {new.template!r}")
    same.append(asked > 0 and (new.version, new.template) == (old.version + 1, old.template))
sys.exit(0 if all(same) else "not as described: the prompt was changed, not registered again, or nobody was asked")
PYTHON
