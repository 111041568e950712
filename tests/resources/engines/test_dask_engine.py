"""Workers of Dask: those that are started here, and a scheduler that is killed or is not there."""

import os
import re
import time
from importlib import import_module

import pytest

from resources.engines import cluster as cluster_module
from resources.engines import dask_engine as module
from resources.engines.dask_engine import dask_engine
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


def test_who_works_is_said_in_words(engine):
    assert re.match(
        r"the cluster on this machine: \d+ workers? with \d+ threads?, Dask ", engine.told()
    )


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
    monkeypatch.setattr(cluster_module, "BACK_S", 2.0)
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
