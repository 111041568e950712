import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.testclient import TestClient

from console.app import create_app
from console.security import COOKIE, csrf_token
from console.settings import ClassInfo, ConsoleSettings
from resources.reviews.reviewers import Reviewers
from resources.reviews.rows import Assignment
from resources.reviews.store import ReviewStore

DATA = Path(__file__).parents[2].parent / "shared" / "data"
BATCH = "2015-06"

SERVER = """
import json, sys
from pathlib import Path
from console.app import create_app, serve
from console.settings import ClassInfo, ConsoleSettings
from labeling.state.postgres import PostgresSchema
said = json.loads(sys.argv[1])
said["classes"] = [ClassInfo(**c) for c in said["classes"]]
said["store_path"] = PostgresSchema(*kept) if isinstance(kept := said["store_path"], list) else Path(kept)
serve(create_app(ConsoleSettings(**said)), port=int(sys.argv[2]))
"""


def plan(path, n, origin="queue", first=0, **more):
    store = ReviewStore(path)
    store.plan(
        Assignment(item_id=str(i), batch=BATCH, origin=origin, text=f"item {i}", **more)
        for i in range(first, first + n)
    )
    store.close()


def settings(path, **more):
    return ConsoleSettings(
        **{
            "task": "spam",
            "classes": [ClassInfo("HAM", "Fine."), ClassInfo("SPAM", "Not fine.")],
            "store_path": path / "reviews.sqlite",
            "overlap_share": 0.0,
            "seed": 0,
            **more,
        }
    )


@pytest.fixture
def client(tmp_path):
    """The console in local mode, with 40 items and a page's session and token."""
    plan(tmp_path / "reviews.sqlite", 40)
    with local_client(settings(tmp_path)) as client:
        yield client


def local_client(said):
    client = TestClient(create_app(said), base_url="http://127.0.0.1:8765")
    client.get("/")
    client.headers["x-csrf-token"] = csrf_token(client.cookies[COOKIE])
    return client


@pytest.fixture
def signed_in(tmp_path):
    """Make clients of people who signed in: ``signed_in("anna", "reviewer")``."""
    plan(tmp_path / "reviews.sqlite", 40)
    app = create_app(settings(tmp_path, sign_in=True))
    store = ReviewStore(tmp_path / "reviews.sqlite")

    def sign(name, role):
        token = Reviewers(store).invite(name, role)
        client = TestClient(app, base_url="http://127.0.0.1:8765")
        reply = client.post("/api/sign-in", json={"token": token})
        client.headers["x-csrf-token"] = reply.json()["csrf"]
        return client

    yield sign
    store.close()


def answer(item, label="HAM", key=None, **more):
    return {
        "lease": item["lease"], "item_id": item["item_id"], "batch": item["batch"],
        "outcome": "label", "label": label, "seconds": 1.5,
        "idempotency_key": key or f"key-{item['lease']}", **more,
    }  # fmt: skip


def hand_out(client, count=1, streams="review"):
    reply = client.post("/api/hand-outs", json={"count": count, "streams": streams})
    assert reply.status_code == 200, reply.text
    return reply.json()["items"]


def send(client, *answers):
    reply = client.post("/api/answers", json={"answers": list(answers)})
    assert reply.status_code == 200, reply.text
    return reply.json()["replies"]


class Server:
    """A console in its own process, which can be killed and started again on the same port."""

    def __init__(self, said):
        self.said = said
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, json.dumps(self.said), str(self.port)],
            cwd=Path(__file__).parents[2],
            stderr=self.log,
        )
        for _ in range(300):
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/api/health", timeout=1).is_success:
                    return
            time.sleep(0.1)
        raise RuntimeError("the console did not start within 30 s")

    def told(self):
        """What it wrote to its terminal."""
        self.log.seek(0)
        return self.log.read()

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path):
    """Start servers: ``server(sign_in=True)``; all are ended with the test."""
    started = []

    def start(**more):
        said = {
            "task": "spam",
            "classes": [{"name": "HAM"}, {"name": "SPAM"}],
            "store_path": str(tmp_path / "reviews.sqlite"),
            "overlap_share": 0.0,
            **more,
        }
        started.append(Server(said))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def here(tmp_path):
    """Serve a console from this process and return its address: ``here(blind=False)``."""
    running = []

    def start(**more):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = uvicorn.Config(
            create_app(settings(tmp_path, **more)), port=port, log_level="error"
        )
        running.append(uvicorn.Server(config))
        threading.Thread(target=running[-1].run, daemon=True).start()
        until = time.monotonic() + 20
        while not running[-1].started and time.monotonic() < until:
            time.sleep(0.01)
        return f"http://127.0.0.1:{port}"

    yield start
    for one in running:
        one.should_exit = True
