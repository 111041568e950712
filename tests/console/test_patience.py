"""Half-open connections are closed, and those that do their work are left alone."""

import asyncio
import socket
import threading
import time

import httpx
import pytest
import uvicorn

from console import patience
from console.app import create_app
from console.security import COOKIE, csrf_token
from tests.console.conftest import settings

HEAD = b"POST /api/hand-outs HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"


@pytest.fixture
def port(tmp_path, monkeypatch):
    monkeypatch.setattr(patience, "HEAD_S", 0.6)
    monkeypatch.setattr(patience, "BODY_S", 0.6)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings(tmp_path)),
            port=0,
            log_level="warning",
            http=patience.PatientProtocol,
            limit_concurrency=8,
            timeout_keep_alive=30,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def drip(link, data):
    """Send byte by byte until the other side closes; return how long it let that go on."""
    began = time.monotonic()
    try:
        for at in range(len(data)):
            link.sendall(data[at : at + 1])
            time.sleep(0.05)
        while link.recv(1000):
            pass
    except OSError:
        pass
    return time.monotonic() - began


def test_a_connection_that_says_nothing_is_closed(port):
    with connected(port) as link:
        assert link.recv(1) == b""


def test_a_head_that_comes_drop_by_drop_is_not_waited_for(port):
    with connected(port) as link:
        assert drip(link, b"GET / HTTP/1.1\r\nx: " + b"a" * 100) < 3


def test_a_second_request_on_the_same_connection_is_not_waited_for_either(port):
    with connected(port) as link:
        link.sendall(b"GET /api/health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        assert link.recv(1000).startswith(b"HTTP/1.1 200")
        time.sleep(1.0)  # resting between requests is no fault
        link.sendall(b"GET /api/health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        assert link.recv(1000).startswith(b"HTTP/1.1 200")
        assert drip(link, b"GET / HTTP/1.1\r\nx: " + b"a" * 100) < 3


def test_a_body_that_stops_half_way_is_answered_and_ended(port):
    session = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).cookies[COOKIE]
    with connected(port) as link:
        told = f"cookie: {COOKIE}={session}\r\nx-csrf-token: {csrf_token(session)}\r\n"
        link.sendall(HEAD + told.encode() + b"content-length: 100\r\n\r\n{")
        answer = b""
        while piece := link.recv(4000):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 408")


def test_open_connections_do_not_keep_others_out_for_longer_than_their_time(port):
    held = [connected(port) for _ in range(8)]
    with connected(port) as link:
        link.sendall(b"GET /api/health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        assert link.recv(1000).startswith(b"HTTP/1.1 503")
    time.sleep(1.5)
    with connected(port) as link:
        link.sendall(b"GET /api/health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        assert link.recv(1000).startswith(b"HTTP/1.1 200")
    for one in held:
        one.close()


def test_the_end_of_a_connection_is_waited_for_after_the_whole_body(monkeypatch):
    monkeypatch.setattr(patience, "BODY_S", 0.05)
    told = [{"type": "http.request", "more_body": False}, {"type": "http.disconnect"}]

    async def receive():
        if len(told) == 1:
            await asyncio.sleep(0.2)
        return told.pop(0)

    async def both():
        slow = patience.hurried(receive)
        return [(await slow())["type"], (await slow())["type"]]

    assert asyncio.run(both()) == ["http.request", "http.disconnect"]
