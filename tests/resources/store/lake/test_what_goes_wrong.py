"""What cannot work with a lake is one sentence that says what to do, and nothing is lost."""

import importlib.util
import resource
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from resources.store.place.lake import extensions
from resources.store.place.lake.address import LakeAddress
from resources.store.place.lake.opening import OpenLake
from resources.task.errors import DamagedError, TaskError
from tests.resources.store.lake.conftest import with_store


def refusal(lake: LakeAddress) -> str:
    """Return the one sentence with which a lake is refused to somebody who has none of it open."""
    with pytest.raises(TaskError) as caught, OpenLake(lake).cursor(5):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def fill(lake: LakeAddress) -> None:
    place = OpenLake(lake)
    with place.cursor(5) as db:
        db.execute("create table kept as select i, md5(i::varchar) as s from range(1000) r(i)")
    place.close()


def kept(lake: LakeAddress) -> int:
    place = OpenLake(lake)
    with place.cursor(5) as db:
        (n,) = db.execute("select count(*) from kept").fetchone() or (0,)
    place.close()
    return n


@pytest.mark.parametrize("package", ["duckdb_extension_ducklake", "duckdb_extension_httpfs"])
def test_an_extra_that_is_not_installed_is_named_with_the_command(lake, monkeypatch, package):
    there = importlib.util.find_spec
    monkeypatch.setattr(
        extensions, "find_spec", lambda name: None if name == package else there(name)
    )
    address = LakeAddress("letters", lake.catalog, "s3://lakes/of/letters")
    assert refusal(address) == (
        f"store.lake needs the package {package.replace('_', '-')}, which is missing: "
        "pip install 'touchstone[lake]'"
    )


def test_an_extension_of_another_duckdb_is_not_loaded(lake, monkeypatch):
    monkeypatch.setattr(duckdb, "__version__", "1.5.6")
    assert "duckdb-extension-ducklake is for duckdb 1.5.5, and duckdb here is 1.5.6" in refusal(
        lake
    )


def test_a_lake_of_a_newer_version_is_left_as_it_is(lake):
    fill(lake)

    def say(version: str) -> None:
        with duckdb.connect(lake.catalog) as catalog:
            catalog.execute(
                "update ducklake_metadata set value = $1 where key = 'version'", [version]
            )

    say("9.9")
    told = refusal(lake)
    assert "its lake is of format 9.9, and DuckLake here reads 1.0. Nothing was changed" in told
    say("1.0")
    assert kept(lake) == 1000


def test_a_catalog_that_does_not_answer_is_named_without_a_secret(lake, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "do-not-tell")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"postgres://me@127.0.0.1:{free.getsockname()[1]}/lakes"
    told = refusal(LakeAddress("letters", address, lake.data))
    assert told.startswith(
        f"{address}, schema touchstone_letters: the lake's catalog does not answer"
    )
    assert "Connection refused" in told
    assert "do-not-tell" not in told


def test_a_catalog_that_is_none_says_how_to_begin_anew(lake):
    Path(lake.catalog).write_text("this is no catalog" * 900, encoding="utf-8")
    assert "touchstone reset letters" in refusal(lake)
    with pytest.raises(DamagedError), OpenLake(lake).cursor(5):
        pass


def test_keys_that_are_not_set_are_asked_for_by_name(lake, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    address = LakeAddress("letters", lake.catalog, "s3://lakes/of/letters")
    assert "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set: export both" in refusal(address)


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_named_and_no_key_is_told(lake):
    place = OpenLake(LakeAddress("letters", lake.catalog, "s3://nowhere/letters"))
    with pytest.raises(TaskError) as caught, place.cursor(5) as db:
        db.execute("create table t as select i from range(1000) r(i)")
    place.close()
    assert str(caught.value).startswith("s3://nowhere/letters: the lake's data cannot be")
    assert "some-" not in str(caught.value)


FULL = """
import resource, sys
from orchestration.faults.refused import refused
from resources.store.place.lake.address import LakeAddress
from resources.store.place.lake.opening import OpenLake
place = OpenLake(LakeAddress("letters", *sys.argv[1:]))
try:
    with place.cursor(5) as db:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, -1))
        db.execute("insert into kept select i, md5(i::varchar) from range(1000000) r(i)")
except Exception as error:
    print(refused(error) or error)
"""


def test_data_that_find_no_room_leave_what_was_there(lake):
    fill(lake)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-c", FULL, lake.catalog, lake.data],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "the file may not grow any more; raise the limit" in done.stdout
    assert kept(lake) == 1000


def test_a_file_where_the_folder_of_data_belongs_is_told(fresh, tmp_path, touchstone):
    project = shutil.copytree(fresh, tmp_path / "project")
    (project / "data").write_text("in the way", encoding="utf-8")
    with_store(project, "{lake: {data: ../../data}}")
    said = touchstone("run", "letters", at=project, columns=300)
    assert said.code == 2
    assert "a file stands where the folder belongs" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("store", "told"),
    [
        ("{lake: {catalog: 'postgres://me:secret@host/db'}}", "a password stands in the address"),
        ("{lake: {catalog: 'mysql://me@host/db'}}", "no other database is known"),
        ("{lake: {catalog: 'postgres://host'}}", "say host and database"),
        ("{lake: {data: 'gs://bucket'}}", "no other place is known"),
        ("{lake: {data: 's3://key:secret@bucket/x'}}", "keys do not stand in task.yaml"),
        ("{lake: {folder: x}}", "unknown field"),
    ],
)
def test_addresses_that_cannot_be_meant_are_refused_in_task_yaml(fresh, tmp_path, store, told):
    project = shutil.copytree(fresh, tmp_path / "project")
    with pytest.raises(TaskError) as caught:
        with_store(project, store)
    assert told in str(caught.value)
    assert "task.yaml" in str(caught.value)


def test_few_rows_keep_every_digit(lake):
    place, numbers = OpenLake(lake), [1 / n for n in range(3, 12)]
    with place.cursor(5) as db:
        db.execute("create table digits as select unnest($1::double[]) as x", [numbers])
        assert db.execute("from digits").fetchall() == [(x,) for x in numbers]
    place.close()
