"""Parts of Dagster on machines of their own, which share an instance: a run that one launches, another works on.

Each machine is a folder for var of its own; the network between them is loopback.
"""

import contextlib
import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
import pytest
import yaml
from dagster import DagsterRunStatus
from grpc_health.v1 import health_pb2, health_pb2_grpc

from orchestration.servers import code_answers
from orchestration.servers.processes import Service, Services, answers_http, free_port
from resources.dagster.instance import open_instance
from resources.dagster.living import daemon_answers
from resources.dagster.machines.database import Database
from resources.dagster.machines.signs import RUN, holders, number
from resources.dagster.tags import LAUNCHED_TAG
from tests.conftest import ROOT

PATIENCE_S = 200
AT = "TOUCHSTONE_TESTS_INSTANCE"
LAUNCH = """
mutation ($job: String!) { launchRun(executionParams: {runConfigData: {}, selector: {
  repositoryLocationName: "letters", repositoryName: "__repository__", jobName: $job}}) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
pytestmark = pytest.mark.timeout(400)


def command(pod: str, instead: dict[str, str]) -> list[str]:
    """What a pod of the files for Kubernetes starts, with other addresses and places."""
    text = (ROOT / "docs" / "guides" / "kubernetes" / f"{pod}.yaml").read_text(encoding="utf-8")
    (said,) = (one for one in yaml.safe_load_all(text) if one["kind"] == "Deployment")
    program, *words = said["spec"]["template"]["spec"]["containers"][0]["command"]
    return [str(Path(sys.executable).with_name(program)), *(instead.get(one, one) for one in words)]


def wait_for(condition: Callable[[], Any]) -> Any:
    until = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < until
        time.sleep(0.1)
    return found


def serves_code(process: psutil.Process) -> bool:
    """Whether it is what stands behind a code server."""
    with contextlib.suppress(psutil.Error):  # it may have just ended
        return {"api", "grpc"} <= set(process.cmdline())
    return False


def serves(port: int) -> bool:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            asked = health_pb2.HealthCheckRequest(service="DagsterApi")
            found = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=1)
        except grpc.RpcError:
            return False
    return found.status == health_pb2.HealthCheckResponse.SERVING


@pytest.fixture
def project(ran_task, tmp_path, postgres, monkeypatch) -> Path:
    project = ran_task.copy_to(tmp_path / "project")
    monkeypatch.setenv(AT, postgres.database())
    (project / "dagster.yaml").write_text(
        f"storage: {{postgres: {{postgres_url: {{env: {AT}}}}}}}\n"
    )
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return project


def test_a_run_that_a_daemon_launches_is_worked_on_by_another_machine_and_seen_by_a_third(
    project, touchstone
):
    taken: set[int] = set()
    code, web = free_port(4266, taken), free_port(3900, taken)
    workspace = project / "machines.yaml"
    where = {"host": "127.0.0.1", "port": code, "location_name": "letters"}
    workspace.write_text(json.dumps({"load_from": [{"grpc_server": where}]}))
    began = time.time()

    def daemon_lives() -> bool:
        with open_instance(project / "var_c", project) as instance:
            return daemon_answers(instance, began)

    listens = {"0.0.0.0": "127.0.0.1", "4266": str(code)}
    worker = Service("code", command("code-letters", listens), lambda: serves(code))
    found = {"/etc/touchstone/machines.yaml": str(workspace), "3000": str(web)}
    web_server = Service(
        "web",
        command("webserver", found),
        lambda: answers_http(f"http://127.0.0.1:{web}/server_info"),
    )
    daemon = Service("daemon", command("daemon", found), daemon_lives)
    stop = threading.Event()

    def machine(name: str, services: list[Service]) -> Services:
        environment = {**os.environ, "TOUCHSTONE_VAR": str(project / f"var_{name}")}
        return Services(services, project, project / f"logs_{name}", environment)

    with machine("b", [worker]) as b:
        assert b.wait_until_answering(stop, PATIENCE_S)
        with machine("a", [web_server, daemon]) as a:
            assert a.wait_until_answering(stop, PATIENCE_S)
            asked = httpx.post(
                f"http://127.0.0.1:{web}/graphql", timeout=60, trust_env=False,
                json={"query": LAUNCH, "variables": {"job": "letters_land"}},
            )  # fmt: skip
            launched = asked.json()["data"]["launchRun"]
            assert launched["__typename"] == "LaunchRunSuccess", launched
            run_id = launched["run"]["runId"]
            database = Database.of_project(project)
            wait_for(lambda: number(run_id) in holders(database, RUN))
            with open_instance(project / "var_c", project) as instance:
                wait_for(lambda: instance.get_run_by_id(run_id).is_finished)
                run = instance.get_run_by_id(run_id)
                assert run.status is DagsterRunStatus.SUCCESS
                assert str(code) in run.tags[LAUNCHED_TAG]
                assert instance.all_logs(run_id)
            (behind,) = filter(serves_code, psutil.Process().children(recursive=True))
            assert code_answers.code_answers(code) is None
            behind.kill()
            wait_for(lambda: not serves_code(behind))
            assert serves(code), "Dagster says so, whatever is behind it"
            assert "does not answer for its code" in code_answers.code_answers(code)
    assert (project / "var_b" / "letters" / "warehouse.duckdb").is_file(), "it worked there"
    assert not (project / "var_a" / "letters").exists()
    assert not (project / "var_a" / "dagster" / "storage").exists(), "nor did it write there"
    said = touchstone("status", "letters", at=project, columns=200)
    assert said.code == 0
    # a sensor may have asked for more by then
    assert re.search(r"last run +(land|label|measure|publish)", said.out)


def test_up_takes_the_instance_that_is_shared_and_a_second_one_says_who_has_the_daemon(
    project, touchstone
):
    from tests.orchestration.test_up import Up

    running = Up(project)
    try:
        assert json.loads(running.wait_for(lambda: running.process.stdout.readline()))
        said = touchstone("up", at=project, columns=500)
        assert said.code == 2
        assert "runs the daemon of this instance of Dagster" in said.err
    finally:
        running.end(signal.SIGINT)
    assert running.left() == []
