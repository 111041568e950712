"""Real processes, and processes of theirs, are started, watched and ended."""

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from orchestration.servers.processes import Service, ServiceError, Services, answers_http, free_port

SERVE = (
    "import http.server, sys\n"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), "
    "http.server.SimpleHTTPRequestHandler).serve_forever()"
)
WITH_STUBBORN_CHILDREN = (
    "import signal, subprocess, sys, time\n"
    "child = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);'"
    " 'signal.signal(signal.SIGINT, signal.SIG_IGN); print(1, flush=True); time.sleep(600)'\n"
    "children = [subprocess.Popen([sys.executable, '-c', child], stdout=subprocess.PIPE)"
    " for _ in range(2)]\n"
    "for c in children: c.stdout.readline()\n"
    "print('ready', flush=True)\n"
    "time.sleep(600)"
)


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


def of_session(leader: int) -> list[psutil.Process]:
    """Every process of the session of ``leader`` that is alive."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, psutil.Error):
            continue
    return found


def left_of(leader: int) -> list[psutil.Process]:
    """What is left of the session once the kernel had a moment to take down what was killed."""
    until = time.monotonic() + 5
    while (left := of_session(leader)) and time.monotonic() < until:
        time.sleep(0.02)
    return left


def living_children() -> set[psutil.Process]:
    return {p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE}


def run(tmp_path: Path, *services: Service) -> Services:
    return Services(services, tmp_path, tmp_path / "logs", os.environ)


def leader(running: Services, name: str) -> int:
    return running._processes[name].pid


def test_services_are_waited_for_until_they_answer_and_end_together(tmp_path):
    ports: set[int] = set()
    web = []
    for name in ("one", "two"):
        port = free_port(18700, ports)
        address = f"http://127.0.0.1:{port}"
        web.append(Service(name, python(SERVE, port), lambda a=address: answers_http(a), address))
    told = []
    with run(tmp_path, *web) as running:
        leaders = [leader(running, name) for name in ("one", "two")]
        assert running.wait_until_answering(
            threading.Event(), 60, lambda service, _: told.append(service.name)
        )
        assert sorted(told) == ["one", "two"]
        assert all(of_session(pid) for pid in leaders)
    assert not any(left_of(pid) for pid in leaders)


def test_children_that_ignore_every_request_are_killed_with_their_parent(tmp_path):
    log = tmp_path / "logs" / "stubborn.log"
    service = Service(
        "stubborn", python(WITH_STUBBORN_CHILDREN), lambda: "ready" in log.read_text()
    )
    with run(tmp_path, service) as running:
        running.wait_until_answering(threading.Event(), 60)
        pid = leader(running, "stubborn")
        assert len(of_session(pid)) == 3
        running.end(grace_s=1)
        assert left_of(pid) == []


def test_what_a_dead_service_left_behind_is_ended_too(tmp_path):
    log = tmp_path / "logs" / "stubborn.log"
    service = Service(
        "stubborn", python(WITH_STUBBORN_CHILDREN), lambda: "ready" in log.read_text()
    )
    with run(tmp_path, service) as running:
        running.wait_until_answering(threading.Event(), 60)
        pid = leader(running, "stubborn")
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ServiceError, match="stubborn was ended by signal 9"):
            running.watch(threading.Event())
        running.end(grace_s=1)
        assert left_of(pid) == []


def test_a_service_that_dies_is_named_with_the_end_of_its_log(tmp_path):
    fails = python("print('first'); print('no such table: labels'); raise SystemExit(3)")
    with (
        pytest.raises(ServiceError) as error,
        run(tmp_path, Service("mlflow", fails, lambda: False)) as running,
    ):
        running.wait_until_answering(threading.Event(), 60)
    message = str(error.value)
    assert "mlflow ended with exit code 3" in message
    assert str(tmp_path / "logs" / "mlflow.log") in message
    assert message.endswith("no such table: labels")


def test_a_service_that_never_answers_is_named(tmp_path):
    silent = Service("mlflow", python("import time; time.sleep(600)"), lambda: False)
    with (
        pytest.raises(ServiceError, match=r"mlflow does not answer after 0\.3 s; its log .* empty"),
        run(tmp_path, silent) as running,
    ):
        running.wait_until_answering(threading.Event(), 0.3)


def test_a_program_that_is_not_there_ends_the_ones_before_it(tmp_path):
    started = Service("first", python("import time; time.sleep(600)"), lambda: True)
    missing = Service("second", [str(tmp_path / "nothing")], lambda: True)
    services = run(tmp_path, started, missing)
    before = living_children()  # helpers that other tests of this process left running
    with pytest.raises(ServiceError, match="nothing cannot be started"):
        services.__enter__()
    assert living_children() - before == set()


def test_waiting_and_watching_stop_when_told_to(tmp_path):
    stop = threading.Event()
    silent = Service("slow", python("import time; time.sleep(600)"), lambda: False)
    with run(tmp_path, silent) as running:
        threading.Timer(0.2, stop.set).start()
        began = time.monotonic()
        assert not running.wait_until_answering(stop, 60)
        running.watch(stop)
        assert time.monotonic() - began < 10


def test_the_next_free_port_is_taken_and_never_twice():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken: set[int] = set()
        first = free_port(port, taken)
        second = free_port(port, taken)
        assert port not in (first, second)
        assert first != second
        assert taken == {first, second}
