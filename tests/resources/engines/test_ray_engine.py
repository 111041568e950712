"""A Ray cluster that stands is reached through its client, comes back, and leaves this process as it was."""

import os
import signal
import subprocess
import sys
import time
from importlib import import_module

import pytest

from resources.engines import cluster as shared
from resources.engines import ray_engine as module
from resources.engines.ray_engine import ray_engine
from resources.task.errors import TaskError
from resources.task.settings.scale import Scale
from tests.conftest import ROOT
from tests.fakes.ray_cluster import INSTALLED, TOKEN, RayCluster

pytestmark = pytest.mark.skipif(not INSTALLED, reason="touchstone[ray] is not installed")


@pytest.fixture(autouse=True)
def _with_the_token(monkeypatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("RAY_CLIENT_RECONNECT_GRACE_PERIOD", "3")
    cluster = RayCluster()
    yield cluster
    cluster.remove()


def assert_a_token_is_enough(address: str) -> None:
    """In a process of its own: Ray looks once what is set."""
    program = f"""
from resources.engines.ray_engine import ray_engine
from resources.task.settings.scale import Scale
with ray_engine(Scale(engine="ray", address={address!r}), 60) as engine:
    print(list(engine.map(abs, [-1, 2])))
"""
    environment = {name: said for name, said in os.environ.items() if name != "RAY_AUTH_MODE"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "[1, 2]\n"), done.stderr


def test_a_head_that_is_killed_is_waited_for_and_else_named(cluster, tmp_path, monkeypatch):
    def work(part: int) -> int:
        time.sleep(0.1)
        with (tmp_path / f"done-{part}").open("a") as done:
            done.write("x")
        return part

    before, ends = dict(os.environ), signal.getsignal(signal.SIGTERM)
    told: list[str] = []
    cluster.start()
    scale = Scale(engine="ray", address=cluster.address)
    assert_a_token_is_enough(cluster.address)
    with ray_engine(scale, 60, told.append) as engine:
        assert engine.told().startswith(f"{cluster.address}: 1 node with 2 cores, Ray ")
        found: list[int] = []
        for part in engine.map(work, range(12)):
            found.append(part)
            if part == 4:
                cluster.kill()
                cluster.start()
        assert found == list(range(12))
        assert len(list(tmp_path.glob("done-*"))) == 12
        assert told == [f"{cluster.address} went away; it is waited for, 120 s at most"]

        monkeypatch.setattr(shared, "BACK_S", 1.0)
        parts = engine.map(abs, range(30))
        next(parts)
        cluster.kill()
        with pytest.raises(TaskError, match=r"went away in the middle of a run and was not back"):
            list(parts)
    assert signal.getsignal(signal.SIGTERM) == ends
    assert dict(os.environ) == before


def test_nobody_at_the_address_is_said_at_once():
    scale = Scale(engine="ray", address="ray://127.0.0.1:9")
    with (
        pytest.raises(
            TaskError, match=r"no client server of Ray answers at ray://127\.0\.0\.1:9 \("
        ),
        ray_engine(scale, answers_s=0.5),
    ):
        pass


@pytest.mark.parametrize("address", [None, "127.0.0.1:6379", "tcp://127.0.0.1:8786", "auto"])
def test_no_cluster_of_ray_is_started_or_joined(address):
    with pytest.raises(
        ValueError, match=r"needs the address of a cluster .* ray://10\.0\.0\.5:10001"
    ):
        Scale(engine="ray", address=address)


def test_a_missing_package_is_said(monkeypatch):
    def nothing(name: str):
        if name == "ray":
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(module, "import_module", nothing)
    scale = Scale(engine="ray", address="ray://127.0.0.1:9")
    with pytest.raises(TaskError, match=r"pip install 'touchstone\[ray\]'"), ray_engine(scale):
        pass
