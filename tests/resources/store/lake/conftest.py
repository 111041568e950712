"""What a lake may stand on: a file, PostgreSQL, a folder, S3; and a task that ran on one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.store.place.lake.address import LakeAddress
from resources.store.place.opening import open_place
from resources.store.warehouse import warehouse_of
from resources.task.task import Task, load_task


@pytest.fixture
def s3(monkeypatch) -> Iterator[str]:
    """A bucket of moto's, with keys in the environment; returns its address for task.yaml."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "some-key", "AWS_SECRET_ACCESS_KEY": "some-secret",
        "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="lakes")
    yield "s3://lakes/of/mine"
    server.stop()


@pytest.fixture
def lake(tmp_path) -> Iterator[LakeAddress]:
    """A lake in a file and a folder, closed in the end."""
    found = LakeAddress("letters", str(tmp_path / "lake.ducklake"), str(tmp_path / "data"))
    yield found
    open_place(found).close()


def with_store(project: Path, store: str) -> Task:
    """Let the task of a project say where its tables lie."""
    folder = project / "tasks" / "letters"
    with (folder / "task.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\nstore: {store}\n")
    return load_task(folder)


@pytest.fixture(scope="session")
def fresh(ran_task, tmp_path_factory) -> Path:
    """The project of every test, of which nothing was made yet; to be copied."""
    folder = ran_task.copy_to(tmp_path_factory.mktemp("fresh") / "project")
    shutil.rmtree(folder / "var")
    return folder


@pytest.fixture(scope="session")
def on_a_lake(fresh, tmp_path_factory) -> Iterator[Task]:
    """The letters, run on a lake of their own; to be copied by who writes to it."""
    from orchestration.running import run_task

    project = shutil.copytree(fresh, tmp_path_factory.mktemp("lake") / "project")
    folder = with_store(project, "{lake: {}}").folder
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        task = load_task(folder)
        run_task(task, lambda *_: None)
    yield task
    warehouse_of(task).close()
