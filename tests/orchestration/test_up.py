"""``touchstone up`` for real: every address answers, and at the end no process is left."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psutil
import pytest

PATIENCE_S = 200
pytestmark = pytest.mark.timeout(400)


class Up:
    """A running ``touchstone up`` and every process it ever started."""

    def __init__(self, project: Path, *options: str) -> None:
        self.project = project
        environment = {k: v for k, v in os.environ.items() if k != "TOUCHSTONE_VAR"}
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("touchstone"), "up", "--json", *options],
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # as a shell without job control starts what it puts in the background
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )
        self.me = psutil.Process(self.process.pid)
        self.sessions: set[int] = set()

    def wait_for(self, condition: Callable[[], Any]) -> Any:
        until = time.monotonic() + PATIENCE_S
        while not (found := condition()):
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < until, "it does not come up"
            time.sleep(0.05)
        return found

    def service(self, program: str) -> psutil.Process | None:
        """The process it started itself for ``program``."""
        for child in self.me.children():
            with suppress(psutil.Error):  # one that has just ended has no command any more
                if any(Path(part).name == program for part in child.cmdline()[:4]):
                    return child
        return None

    def note_sessions(self) -> None:
        """Remember the sessions of its services: whatever they start stays in them."""
        self.sessions |= {os.getsid(child.pid) for child in self.me.children()}

    def end(self, which: signal.Signals | None) -> tuple[int, str]:
        """Signal it, wait, and return its exit code and what it said."""
        self.note_sessions()
        if which is not None:
            self.process.send_signal(which)
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said

    def left(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if (
                    os.getsid(process.pid) in self.sessions
                    and process.status() != psutil.STATUS_ZOMBIE
                ):
                    found.append(process)
            except (ProcessLookupError, psutil.Error):
                continue
        return found


@pytest.fixture
def project(ran_task, tmp_path) -> Path:
    """A copy of a project with one small task that was run."""
    ran_task.copy_to(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def up(project):
    started: list[Up] = []

    def start(*options: str) -> Up:
        started.append(Up(project, *options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)


def get(address: str) -> httpx.Response:
    return httpx.get(address, timeout=30, trust_env=False, follow_redirects=True)


def test_every_address_answers_and_ctrl_c_leaves_no_process(up, project):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        running = up("--console-port", str(taken))
        addresses = json.loads(running.wait_for(lambda: running.process.stdout.readline()))
    assert set(addresses) == {"dagster", "mlflow", "console letters", "mlflow letters"}
    assert addresses["console letters"] != f"http://127.0.0.1:{taken}"

    asked = httpx.post(
        f"{addresses['dagster']}/graphql",
        json={"query": "{ repositoriesOrError { ... on RepositoryConnection { nodes {"
                       " location { name } sensors { name } } } }"
                       " instance { daemonHealth { allDaemonStatuses { healthy required } } } }"},
        timeout=60,
        trust_env=False,
    ).json()["data"]  # fmt: skip
    (repository,) = asked["repositoriesOrError"]["nodes"]
    assert repository["location"]["name"] == "letters"
    assert {sensor["name"].removeprefix("letters_") for sensor in repository["sensors"]} == {
        "new_files", "new_batches", "publish_landing", "new_reviews", "alerts", "alarm_trail",
        "automation",
    }  # fmt: skip
    daemons = asked["instance"]["daemonHealth"]["allDaemonStatuses"]
    assert all(daemon["healthy"] for daemon in daemons if daemon["required"])
    assert "MLflow" in get(addresses["mlflow letters"]).text
    number = addresses["mlflow letters"].partition("/experiments/")[2].partition("/")[0]
    told = get(f"{addresses['mlflow']}/api/2.0/mlflow/experiments/get?experiment_id={number}")
    assert told.json()["experiment"]["name"] == "letters"
    assert_only_this_machine_may_ask(addresses)
    assert "letters" in get(addresses["console letters"]).text
    assert "Accuracy" in get(f"{addresses['console letters']}/dashboard").text

    second = subprocess.run(
        [Path(sys.executable).with_name("touchstone"), "up"],
        cwd=project, env=running.me.environ(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert second.returncode == 2
    assert "already running" in second.stderr

    running.note_sessions()
    assert len(running.left()) >= 6, "the services, and the code servers of two of them"
    code, said = running.end(signal.SIGINT)
    assert code == 0, said
    assert running.left() == []


def assert_only_this_machine_may_ask(addresses):
    """Every server refuses other host names and pages of other sites; all these only read."""
    query = {"query": "{ version }"}
    read = {
        "dagster": ("POST", "/graphql", query),
        "mlflow": ("POST", "/api/2.0/mlflow/experiments/search", {"max_results": 1}),
        "console letters": ("GET", "/api/progress", None),
    }
    for name, (method, path, body) in read.items():

        def ask(where=path, how=method, sent=body, base=addresses[name], **headers):
            reply = httpx.request(
                how, f"{base}{where}", json=sent, headers=headers, timeout=60, trust_env=False
            )
            return reply.status_code

        port = addresses[name].rpartition(":")[2]
        assert ask() == 200, name
        assert ask(Origin=addresses[name], **{"Sec-Fetch-Site": "same-origin"}) == 200, name
        for host in ("rebound.example", f"rebound.example:{port}", "127.0.0.1.nip.io"):
            assert ask(Host=host) == 421, name
        assert ask("/", "GET", None, Host="rebound.example") == 421, name
        if method == "POST":
            assert ask(Origin="https://elsewhere.example") == 403, name
            assert ask(Origin="null") == 403, name
            assert ask(**{"Sec-Fetch-Site": "cross-site"}) == 403, name
    asked = get(f"{addresses['dagster']}/graphql?query={{version}}")
    assert asked.status_code == 405
    image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    link = {**image, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for name in ("dagster", "mlflow"):
        for headers, code in ((image, 403), (link, 200)):
            reply = httpx.get(addresses[name], headers=headers, timeout=60, trust_env=False)
            assert reply.status_code == code, name


def test_a_request_to_end_while_it_starts_leaves_no_process(up):
    running = up()
    running.wait_for(lambda: running.service("touchstone") and running.service("dagster-daemon"))
    code, said = running.end(signal.SIGTERM)
    assert code == 0, said
    assert running.left() == []


def test_when_a_service_is_killed_the_others_end_and_it_is_named(up, project):
    running = up()
    mlflow = running.wait_for(lambda: running.service("touchstone") and running.service("mlflow"))
    running.note_sessions()
    mlflow.kill()
    code, said = running.end(None)
    assert code == 2
    assert "mlflow was ended by signal 9" in said
    assert str(project / "var" / "logs" / "mlflow.log") in said.replace("\n", "")
    assert running.left() == []


def test_elsewhere_than_in_a_project_it_says_where_to_go(tmp_path, touchstone):
    said = touchstone("up", at=tmp_path, columns=300)
    assert said.code == 2
    assert "has no workspace.yaml; go to the project's folder" in said.err


def test_a_task_that_is_not_there_is_refused(ran_task, touchstone):
    said = touchstone("up", "lettres", at=ran_task.project, columns=300)
    assert said.code == 2
    assert "there is no task 'lettres'; there are letters" in said.err


def test_the_first_line_comes_before_anything_is_started(up):
    running = up()
    assert "starting Dagster, MLflow and the review of letters" in running.process.stderr.readline()
    assert not running.me.children()


def test_charts_are_linked_on_the_page_of_model_training_and_not_of_language_models(monkeypatch):
    from cli.everyday.up import _charts

    def answer(_, params, **__):
        assert params == {"experiment_name": "letters"}
        return httpx.Response(200, json={"experiment": {"experiment_id": "7"}})

    monkeypatch.setattr(httpx, "get", answer)
    task = SimpleNamespace(name="letters")
    address = _charts("http://127.0.0.1:5000", task)
    assert address == (
        "http://127.0.0.1:5000/#/experiments/7/runs"
        "?compareRunsMode=CHART&workflowType=machine_learning"
    )


def test_every_address_stands_whole_in_a_line_of_its_own_however_narrow_the_terminal():
    from cli.everyday.up import _lines

    tasks = [SimpleNamespace(name=f"task_number_{at}") for at in range(8)]
    addresses = {"dagster": "http://127.0.0.1:3000", "mlflow": "http://127.0.0.1:5000"}
    for at, task in enumerate(tasks):
        addresses[f"console {task.name}"] = f"http://127.0.0.1:{8765 + at}"
        charts = f"http://127.0.0.1:5000/#/experiments/{'9' * 60}/runs?compareRunsMode=CHART&workflowType=machine_learning"
        addresses[f"mlflow {task.name}"] = charts
    lines = _lines(addresses, tasks, Path("/home/somebody/with/a/long/name/var/logs"))
    for address in addresses.values():
        assert sum(line.endswith(f"  {address}") for line in lines) == list(
            addresses.values()
        ).count(address)
    for task in tasks:
        for what in ("review", "report", "charts"):
            assert any(line.startswith(f"{task.name}: {what} ") for line in lines)
