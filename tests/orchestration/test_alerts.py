"""Alerts over real sockets: each alarm once on each channel, tried again, never told twice."""

import http.server
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from labeling.quality.alarms.trail import Action, Event
from orchestration.sensors.alerting import alert_of, open_alarms, send_alerts
from resources.alerts import channels as alert_channels
from resources.alerts.ledger import AlertLedger
from resources.alerts.trail import AlarmTrail
from resources.store.table import as_arrow
from resources.store.tables import ALARMS, DRIFT_SERIES
from resources.task.errors import TaskError
from resources.task.task import load_task

ROOT = Path(__file__).parents[2]
YAML = """
name: letters
classes: [{name: praise}, {name: complaint}]
source: {files: "*.csv"}
alerts:
  link: http://127.0.0.1:8000/quality
  slack: {url_variable: TEST_SLACK}
  webhooks: [{url_variable: TEST_HOOK}]
  email: {host: 127.0.0.1, port: PORT, sender: t@example.com, to: [a@example.com], starttls: false}
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent, and answers what the test wants."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, body, self.headers.get("Idempotency-Key")))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if answer is None:  # hang up without a word
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(answer)
        self.end_headers()

    def log_message(self, *_):
        pass


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as one message needs."""

    def handle(self):
        def say(text):
            self.wfile.write(f"{text}\r\n".encode())

        say("220 here")
        while line := self.rfile.readline():
            word = line.decode().strip().upper()
            if word.startswith("DATA"):
                say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.got.append(b"".join(lines).decode())
                say("250 taken")
            elif word.startswith("QUIT"):
                say("221 bye")
                return
            else:
                say("250 ok")


@pytest.fixture
def receivers():
    servers = []
    for base, handler in (
        (http.server.ThreadingHTTPServer, Receiver),
        (socketserver.ThreadingTCPServer, Mail),
    ):
        server = base(("127.0.0.1", 0), handler)
        server.got, server.answers = [], []
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def task(tmp_path, receivers, monkeypatch, state):
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    web, mail = (server.server_address[1] for server in receivers)
    monkeypatch.setenv("TEST_SLACK", f"http://127.0.0.1:{web}/slack/s3cret")
    monkeypatch.setenv("TEST_HOOK", f"http://127.0.0.1:{web}/hook/s3cret")
    monkeypatch.setattr(alert_channels, "TIMEOUT_S", 2.0)
    folder = tmp_path / "tasks" / "letters"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(YAML.replace("PORT", str(mail)) + state, encoding="utf-8")
    task = load_task(folder)
    publish(task, ["labels"])
    return task


def publish(task, series):
    """Publish that the alarms of some series fired."""
    task.published.mkdir(parents=True, exist_ok=True)
    alarms = [
        {
            "alarm_id": f"{name}@2026-03#0", "series": name, "batch": "2026-03",
            "change_batch": "2026-02", "promised": 0.9, "accuracy": 0.7, "accuracy_low": 0.6,
            "accuracy_high": 0.8, "state": "open", "next_step": "Mend rule/thanks.",
        }
        for name in series
    ]  # fmt: skip
    drift = [
        {
            "batch": "2026-03", "series": name, "epoch": 0, "reviews": 50, "errors": 15,
            "log_evidence": 9.0, "log_limit": 8.0, "fired": True, "alarm": True,
            "change_batch": "2026-02",
        }
        for name in series
    ]  # fmt: skip
    for table, rows in ((ALARMS, alarms), (DRIFT_SERIES, drift)):
        pq.write_table(as_arrow(table, rows), task.published / f"{table.name}.parquet")


def states(task):
    return {row["channel"]: row["state"] for row in AlertLedger(task.alerts).rows()}


def test_an_alarm_is_told_once_on_every_channel_with_evidence_and_a_link(task, receivers):
    web, mail = receivers
    told = send_alerts(task)
    assert len(told) == 3
    assert send_alerts(task) == []
    slack = next(body for path, body, _ in web.got if path.startswith("/slack"))
    hook, key = next((body, key) for path, body, key in web.got if path.startswith("/hook"))
    assert "released labels" in slack["text"]
    assert "http://127.0.0.1:8000/quality" in slack["text"]
    assert "Mend rule/thanks." in slack["text"]
    assert (hook["series"], hook["change_batch"], hook["promised"]) == ("labels", "2026-02", 0.9)
    assert key == hook["alarm_id"] == "labels@2026-03#0"
    (letter,) = mail.got
    assert "To: a@example.com" in letter
    assert "below 90%" in letter
    assert (len(web.got), len(mail.got)) == (2, 1)


def test_a_promise_is_told_as_exactly_as_it_was_made(task):
    publish(task, ["labels"])
    (row,) = open_alarms(task, datetime.now(UTC))
    title = alert_of(task, {**row, "promised": 0.915}).title
    assert title.endswith("accuracy of released labels has fallen below 91.5%")


def test_a_new_alarm_is_told_and_the_old_one_is_not_told_again(task, receivers):
    send_alerts(task)
    publish(task, ["labels", "class/praise"])
    assert len(send_alerts(task)) == 3
    assert len(receivers[0].got) == 4
    assert "class/praise" in receivers[0].got[-1][1].get("text", "class/praise")


def test_a_refusal_is_tried_again_until_it_is_taken(task, receivers, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    web, _ = receivers
    web.answers = [503, 429, 200]
    send_alerts(task)
    assert states(task) == {"slack": "sent", "webhook/TEST_HOOK": "sent", "email": "sent"}
    assert [path.split("/")[1] for path, _, _ in web.got] == ["slack"] * 3 + ["hook"]


def test_what_surely_did_not_arrive_is_tried_at_a_later_turn(task, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    good = os.environ["TEST_SLACK"]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("TEST_SLACK", f"http://127.0.0.1:{closed.getsockname()[1]}/s3cret")
        send_alerts(task)
    assert states(task)["slack"] == "failed"
    monkeypatch.setenv("TEST_SLACK", good)
    assert send_alerts(task) == []  # it waits a minute first
    ledger = AlertLedger(task.alerts)
    assert ledger.claim("labels@2026-03#0", "slack", datetime.now(UTC) + timedelta(minutes=2))
    assert not ledger.claim("labels@2026-03#0", "email", datetime.now(UTC) + timedelta(minutes=2))


def test_a_receiver_that_hangs_up_without_an_answer_is_not_told_again(task, receivers):
    web, _ = receivers
    web.answers = [None]
    send_alerts(task)
    assert states(task)["slack"] == "unsure"
    later = datetime.now(UTC) + timedelta(days=1)
    assert not AlertLedger(task.alerts).claim("labels@2026-03#0", "slack", later)
    assert [path.startswith("/slack") for path, _, _ in web.got].count(True) == 1


def test_a_crash_between_sending_and_noting_never_tells_twice(task, receivers):
    program = (
        "import os, sys; from pathlib import Path\n"
        "from orchestration.sensors import alerting\n"
        "from resources.task.task import load_task\n"
        "alerting.AlertLedger.note = lambda *_: os._exit(9)\n"
        "alerting.send_alerts(load_task(Path(sys.argv[1])))\n"
    )
    died = subprocess.run([sys.executable, "-c", program, task.folder], cwd=ROOT, check=False)
    assert died.returncode == 9
    assert states(task) == {"slack": "sending"}
    later = datetime.now(UTC) + timedelta(minutes=10)
    assert not AlertLedger(task.alerts).claim("labels@2026-03#0", "slack", later)
    assert states(task) == {"slack": "unsure"}
    send_alerts(task)
    assert states(task) == {"slack": "unsure", "webhook/TEST_HOOK": "sent", "email": "sent"}
    assert [path.startswith("/slack") for path, _, _ in receivers[0].got].count(True) == 1


def test_what_people_have_dealt_with_is_not_told(task, receivers):
    AlarmTrail(task.alarm_trail).record(
        Event(datetime.now(UTC), "ada", Action.ACKNOWLEDGE, "labels", "2026-03")
    )
    assert send_alerts(task) == []
    assert receivers[0].got == []


def test_two_processes_share_the_work(task, receivers):
    threads = [threading.Thread(target=send_alerts, args=(task,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(receivers[0].got), len(receivers[1].got)) == (2, 1)


def test_no_secret_is_logged_or_kept(task, receivers, monkeypatch, caplog):
    monkeypatch.setattr("time.sleep", lambda _: None)
    caplog.set_level("DEBUG")
    receivers[0].answers = [500] * 6
    told = send_alerts(task)
    kept = json.dumps(AlertLedger(task.alerts).rows())
    assert "answered 500" in kept
    for text in (caplog.text, kept, "".join(told)):
        assert "s3cret" not in text


def test_an_address_in_place_of_a_variable_is_refused_with_the_line(task):
    path = task.folder / "task.yaml"
    path.write_text(path.read_text().replace("TEST_SLACK", "http://hooks.example/abc"))
    with pytest.raises(TaskError, match="url_variable"):
        load_task(task.folder)
