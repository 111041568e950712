"""A fake that speaks Label Studio's API over a socket; shaped as Label Studio 1.23.0 answers."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse
from xml.etree import ElementTree as ET

TOKEN = "0123456789abcdef"
PERSONAL = "aaa.bbb.ccc"


class FakeStudio(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.projects, self.tasks, self.broken, self.patched = [], [], False, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def annotate(self, task, label=None, email="eve@example.org", at="2026-03-14T09:00:00.000001Z"):
        self.submit(task, {"label": [label]} if label else {}, email, at, cancelled=label is None)

    def submit(
        self,
        task,
        chosen,
        email="eve@example.org",
        at="2026-03-14T09:00:00.000001Z",
        cancelled=False,
    ):
        """Annotate with what was chosen in each control; a control without a choice is not there."""
        result = [
            {"from_name": name, "to_name": "item", "type": "choices", "value": {"choices": choices}}
            for name, choices in chosen.items()
        ]
        number = 1 + sum(len(t["annotations"]) for t in self.tasks)
        task["annotations"].append(
            {
                "id": number, "completed_by": {"id": 1, "email": email}, "unique_id": f"u{number}",
                "result": result, "was_cancelled": cancelled,
                "lead_time": 3.2, "created_at": at, "updated_at": at,
            }
        )  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    server: FakeStudio

    def log_message(self, *args):
        del args

    def reply(self, status, body):
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def known(self):
        return self.headers["authorization"] in (f"Token {TOKEN}", "Bearer short-lived")

    def do_GET(self):
        url = urlparse(self.path)
        if not self.known():
            return self.reply(401, {"detail": "Invalid token."})
        if url.path == "/api/projects":
            title = parse_qs(url.query).get("title", [""])[0]
            found = [p for p in self.server.projects if title in p["title"]]
            return self.reply(200, {"count": len(found), "results": found})
        return self.reply(200, [t for t in self.server.tasks if t["annotations"]])

    def do_PATCH(self):
        """Refuse, as Label Studio does, to take out a choice that an annotation uses."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self.known():
            return self.reply(401, {"detail": "Invalid token."})
        self.server.patched += 1
        (project,) = [p for p in self.server.projects if self.path == f"/api/projects/{p['id']}/"]
        page = ET.fromstring(body["label_config"])
        offered = {choice.get("value") for choice in page.iter("Choice")}
        used = {
            choice
            for task in self.server.tasks
            for annotation in task["annotations"]
            for region in annotation["result"]
            for choice in region["value"].get("choices", [])
        }
        if used - offered:
            told = [f"These labels still exist in annotations: {', '.join(sorted(used - offered))}"]
            return self.reply(400, {"validation_errors": {"label_config": told}})
        project.update(body)
        return self.reply(200, project)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/api/token/refresh":
            ok = body == {"refresh": PERSONAL}
            return self.reply(200 if ok else 401, {"access": "short-lived"} if ok else {})
        if not self.known():
            return self.reply(401, {"detail": "Invalid token."})
        if self.server.broken:
            return self.reply(500, {"detail": "boom"})
        if self.path == "/api/projects":
            self.server.projects.append({**body, "id": len(self.server.projects) + 1})
            return self.reply(201, self.server.projects[-1])
        config = self.server.projects[0]["label_config"] if self.server.projects else ""
        for name in re.findall(r'value="\$(\w+)"', config):
            if any(name not in task["data"] for task in body):
                return self.reply(
                    400, {"detail": f"Tasks have no key {name}, which the label config wants"}
                )
        first = len(self.server.tasks)
        self.server.tasks += [{"id": first + i, "annotations": [], **t} for i, t in enumerate(body)]
        return self.reply(201, {"task_count": len(body)})
