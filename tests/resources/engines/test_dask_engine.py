"""Workers of Dask do what this process would do, also where they or their scheduler are killed."""

import os
import re
import signal
import time
from importlib import import_module

import pytest

from resources.engines import dask_engine as module
from resources.engines.code_version import code_version
from resources.engines.dask_engine import DaskEngine, dask_engine
from resources.engines.in_process import InProcess
from resources.task.errors import TaskError
from resources.task.settings.scale import Scale
from tests.fakes.dask_cluster import DaskCluster

distributed = pytest.importorskip("distributed", reason="touchstone[dask] is not installed")


@pytest.fixture(scope="module")
def engine():
    with dask_engine(Scale(engine="dask")) as engine:
        yield engine


@pytest.fixture
def cluster(tmp_path):
    cluster = DaskCluster(tmp_path)
    yield cluster
    cluster.kill()


def test_results_come_in_the_order_of_the_parts_and_from_other_processes(engine):
    def work(part: int) -> tuple[int, int]:
        time.sleep(0.05 * (part % 3))
        return part, os.getpid()

    found = list(engine.map(work, range(12)))
    assert [part for part, _ in found] == list(range(12))
    assert os.getpid() not in {process for _, process in found}
    assert list(engine.map(abs, [])) == []


def test_who_works_is_said_in_words(engine):
    assert re.match(
        r"the cluster on this machine: \d+ workers? with \d+ threads?, Dask ", engine.told()
    )


def test_a_part_has_one_core(engine):
    def cores(_: int) -> int:
        from labeling.rules.cores import usable_cores

        return usable_cores()

    assert list(engine.map(cores, [0])) == [1]


def test_arrays_of_a_part_do_not_take_their_pages_anew_each_time(engine):
    def page_faults(floats: int) -> int:
        import resource

        import numpy as np

        ones = np.ones(floats)
        for _ in range(20):
            ones + 1.0
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(100):
            ones + 1.0
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    assert max(engine.map(page_faults, [100_000])) < 2_000  # 19,600 where each array is mapped anew


def test_what_workers_are_started_with_does_not_stay_in_the_environment():
    before = dict(os.environ)
    with dask_engine(Scale(engine="dask")):
        pass
    assert dict(os.environ) == before


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


def test_work_that_is_large_is_sent_once(engine, monkeypatch):
    sent: list[int] = []
    submit = engine._client.submit

    def counting(function, digest, pickled, part, **more):
        sent.append(len(pickled) if isinstance(pickled, bytes) else 0)
        return submit(function, digest, pickled, part, **more)

    monkeypatch.setattr(engine._client, "submit", counting)
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


def test_a_scheduler_that_is_killed_and_started_anew_loses_nothing(cluster, tmp_path):
    def work(part: int) -> int:
        time.sleep(0.1)
        with (tmp_path / f"done-{part}").open("a") as done:
            done.write("x")
        return part

    cluster.start()
    with dask_engine(Scale(engine="dask", address=cluster.address)) as engine:
        found: list[int] = []
        for part in engine.map(work, range(12)):
            found.append(part)
            if part == 4:
                cluster.kill()
                cluster.start()
    assert found == list(range(12))
    assert len(list(tmp_path.glob("done-*"))) == 12


def test_a_scheduler_that_stays_away_is_named(cluster, monkeypatch):
    monkeypatch.setattr(module, "BACK_S", 2.0)
    cluster.start()
    told: list[str] = []
    scale = Scale(engine="dask", address=cluster.address)
    with dask_engine(scale, tell=told.append) as engine:
        found = engine.map(abs, range(30))
        next(found)
        cluster.kill()
        with pytest.raises(
            TaskError, match=r"went away in the middle of a run .* start it and run"
        ):
            list(found)
    assert told == [f"{cluster.address} went away; it is waited for, 2 s at most"]


def test_nobody_at_the_address_is_said():
    with (
        pytest.raises(TaskError, match=r"no scheduler of Dask answers at tcp://127\.0\.0\.1:9 "),
        dask_engine(Scale(engine="dask", address="tcp://127.0.0.1:9"), answers_s=0.5),
    ):
        pass


def test_workers_with_other_code_are_refused(engine, monkeypatch):
    here = os.getpid()

    def other() -> dict[str, str]:
        from resources.engines.code_version import code_version

        return {**code_version(), **({} if os.getpid() == here else {"numpy": "1.0"})}

    monkeypatch.setattr(module, "code_version", other)
    with pytest.raises(TaskError, match=r"has numpy 1\.0, and this process has "):
        DaskEngine(lambda _: distributed.Client(engine._client.scheduler.address, security=engine._client.security), "it", 30.0, print)  # fmt: skip
    assert code_version()["numpy"] != "1.0"


def test_a_missing_package_is_said(monkeypatch):
    def nothing(name: str):
        if name.startswith("distributed"):
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(module, "import_module", nothing)
    with pytest.raises(TaskError, match=r"pip install 'touchstone\[dask\]'"), dask_engine(Scale(engine="dask")):  # fmt: skip
        pass


def test_an_address_without_an_engine_is_refused():
    with pytest.raises(ValueError, match="address is of an engine"):
        Scale(address="tcp://127.0.0.1:8786")
