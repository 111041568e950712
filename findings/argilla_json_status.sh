#!/usr/bin/env bash
# Argilla's JSON export loses whether an answer was submitted, a draft or discarded.
#
# Guess:    records written by to_json and read back by from_json are the same records.
# Happens:  every answer comes back without its status, and is sent to a server as a draft: submitted
#           answers are open again, and an answer its author discarded looks like the others in the
#           file. The flattened list, which datasets and the Hub use, does keep the status.
# Source:   https://docs.argilla.io/latest/how_to_guides/import_export says that records are exported
#           with their responses, and a dataset can be restored; Dataset.to_disk calls to_json too.
#           RecordResponses.to_dict in argilla/records/_resource.py writes value and user_id alone;
#           UserResponse in argilla/responses.py takes an answer without a status for a draft.
# Note:     argilla 2.8.0 imports requests without declaring it, so it is installed by name.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet argilla==2.8.0 requests==2.32.5

"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
import tempfile
import uuid
from importlib.metadata import version
from pathlib import Path

import argilla as rg
from argilla.records._io import GenericIO, JsonIO  # what DatasetRecords.to_json and to_list call
from argilla.responses import UserResponse

GIVEN = ["submitted", "draft", "discarded"]
record = rg.Record(
    id="message-1",
    fields={"text": "You have won a prize"},
    responses=[
        rg.Response("label", "spam", user_id=uuid.UUID(int=number), status=status)
        for number, status in enumerate(GIVEN, 1)
    ],
)
with tempfile.TemporaryDirectory() as folder:
    path = JsonIO.to_json([record], Path(folder) / "records.json")
    written = json.loads(path.read_text())[0]["responses"]["label"]
    [restored] = JsonIO._records_from_json(path)
read_back = [response.status for response in restored.responses]
sent = [UserResponse([response]).status.value for response in restored.responses]
[flat] = GenericIO.to_list([record], flatten=True)

print(f"argilla {version('argilla')}")
print(f"given:               {GIVEN}")
print(f"keys in the JSON:    {[sorted(answer) for answer in written]}")
print(f"read back:           {read_back}")
print(f"sent to a server as: {sent}")
print(f"flattened list:      {flat['label.responses.status']}")
if any("status" in answer for answer in written) or read_back != [None] * 3:
    sys.exit("Changed: the JSON export now carries the status of an answer.")
if sent != ["draft"] * 3:
    sys.exit("Changed: an answer read back without a status is no longer taken for a draft.")
if flat["label.responses.status"] != GIVEN:
    sys.exit("Changed: the flattened list no longer keeps the status of an answer.")
PYTHON
