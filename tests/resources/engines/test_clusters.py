"""Workers of a cluster do what this process would do, whichever engine it is, also where one is killed."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from resources.engines import cluster as module
from resources.engines.cluster import ClusterEngine
from resources.engines.dask_engine import dask_engine
from resources.engines.in_process import InProcess
from resources.engines.ray_engine import ray_engine
from resources.task.errors import TaskError
from resources.task.settings.scale import Scale
from tests.fakes.ray_cluster import INSTALLED, TOKEN, RayCluster


@pytest.fixture(scope="module", params=["dask", "ray"])
def engine(request) -> Iterator[ClusterEngine]:
    if request.param == "dask":
        pytest.importorskip("distributed", reason="touchstone[dask] is not installed")
        with dask_engine(Scale(engine="dask")) as engine:
            yield engine
        return
    if not INSTALLED:
        pytest.skip("touchstone[ray] is not installed")
    cluster = RayCluster()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_TOKEN", TOKEN)
        patch.setenv("RAY_AUTH_MODE", "token")
        try:
            cluster.start()
            with ray_engine(Scale(engine="ray", address=cluster.address), 60) as engine:
                yield engine
        finally:
            cluster.remove()


def test_results_come_in_the_order_of_the_parts_and_from_other_processes(engine):
    def work(part: int) -> tuple[int, int]:
        time.sleep(0.05 * (part % 3))
        return part, os.getpid()

    found = list(engine.map(work, range(12)))
    assert [part for part, _ in found] == list(range(12))
    assert os.getpid() not in {process for _, process in found}
    assert list(engine.map(abs, [])) == []


def test_a_part_has_one_core(engine):
    def cores(_: int) -> int:
        from labeling.rules.cores import usable_cores

        return usable_cores()

    assert list(engine.map(cores, [0])) == [1]


def test_no_more_parts_are_read_ahead_than_workers_need(engine):
    read: list[int] = []

    def parts():
        for part in range(100):
            read.append(part)
            yield part

    found = engine.map(abs, parts())
    assert next(found) == 0
    assert len(read) < 20
    found.close()


@pytest.mark.parametrize("weight", [10, 3 * module.LARGE])
def test_a_worker_that_is_killed_loses_nothing(engine, tmp_path, weight):
    ballast = os.urandom(weight)

    def work(part: int) -> int:
        mark = tmp_path / "killed"
        assert len(ballast) == weight
        if part == 3 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return part * part

    assert list(engine.map(work, range(8))) == list(InProcess().map(lambda n: n * n, range(8)))
    assert (tmp_path / "killed").exists()


def test_a_part_over_which_each_worker_dies_is_given_up(engine):
    def work(part: int) -> int:
        if part == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return part

    with pytest.raises(
        TaskError,
        match=r"4 workers died one after another over the same part; .* scale.items_a_part",
    ):
        list(engine.map(work, range(3)))


def test_work_that_is_large_is_sent_once(engine, monkeypatch):
    sent: list[int] = []
    send = engine._connection.send

    def counting(digest, handed, part):
        sent.append(len(handed) if isinstance(handed, bytes) else 0)
        return send(digest, handed, part)

    monkeypatch.setattr(engine._connection, "send", counting)
    ballast = os.urandom(3 * module.LARGE)
    assert list(engine.map(lambda part: len(ballast) + part, range(4))) == [
        len(ballast) + n for n in range(4)
    ]
    assert list(engine.map(abs, range(2))) == [0, 1]
    assert sent[:4] == [0] * 4
    assert 0 < min(sent[4:]) < 1_000


def test_what_work_raises_is_raised_here(engine):
    def work(part: int) -> int:
        raise TaskError(f"part {part} has no ink")

    with pytest.raises(TaskError, match="part 0 has no ink"):
        list(engine.map(work, range(3)))


def test_workers_with_other_code_are_refused(engine, monkeypatch):
    here = module.code_version()
    monkeypatch.setattr(module, "code_version", lambda: {**here, "numpy": "1.0"})
    with pytest.raises(TaskError, match=r"has numpy \d.*, and this process has 1\.0: labels could"):
        ClusterEngine(lambda _: engine._connection, "it", 30.0, print)


def test_a_cluster_without_workers_is_said(engine, monkeypatch):
    def none(_: float) -> dict[str, dict[str, str]]:
        raise TimeoutError

    monkeypatch.setattr(engine._connection, "versions", none)
    with pytest.raises(
        TaskError, match=r"it has no worker: start one with `(dask worker|ray start)"
    ):
        ClusterEngine(lambda _: engine._connection, "it", 30.0, print)
