"""The dbt that tests share ends, speaks and dies as the real one does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from resources.store.manifest import DBT, TRANSFORMS
from resources.store.tables import FAMILIES
from tests.warm_dbt import WarmDbt

LONG = """
import os, socket, sys, time
from tests.warm_dbt import answer
def dbt(prog_name):
    print(os.getpid(), flush=True)
    time.sleep(600)
door = socket.socket(socket.AF_UNIX)
door.bind(sys.argv[1])
door.listen()
print("ready", flush=True)
answer(door.accept()[0], dbt)
"""


def test_it_ends_and_speaks_as_the_real_one():
    assert isinstance(DBT, WarmDbt)
    said = [
        subprocess.run([dbt, "no-such-command"], capture_output=True, text=True)
        for dbt in (str(DBT), DBT.real)
    ]
    assert [one.returncode for one in said] == [2, 2]
    assert said[0].stderr == said[1].stderr


@pytest.mark.timeout(60)
def test_it_ends_with_the_process_that_called_it(tmp_path):
    client = tmp_path / "dbt"
    WarmDbt.write_client(client, str(tmp_path / "socket"))
    with subprocess.Popen(
        [sys.executable, "-c", LONG, str(tmp_path / "socket")], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        with subprocess.Popen([client], stdout=subprocess.PIPE, text=True) as caller:
            assert caller.stdout is not None
            assert int(caller.stdout.readline()) > 0
            caller.kill()
            assert caller.stdout.read() == "", "read to its end: nobody holds it open any more"
        assert server.wait(timeout=60) == 0


def read(project: Path, *more: str) -> dict[str, dict[str, object]]:
    """Return all that dbt knows of its project for a task, but when it got to know it."""
    project.mkdir()
    paths = {"warehouse": str(project / "warehouse.duckdb"), "published": str(project / "out")}
    where = ["--project-dir", str(TRANSFORMS), "--profiles-dir", str(TRANSFORMS)]
    kept = ["--target-path", str(project / "dbt"), "--log-path", str(project / "dbt")]
    told = ["--vars", json.dumps({**paths, "families": FAMILIES})]
    subprocess.run([str(DBT), "--quiet", "parse", *more, *where, *kept, *told], check=True)
    known = json.loads((project / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    text = json.dumps({kind: known[kind] for kind in ("nodes", "sources", "macros", "child_map")})
    return json.loads(
        text.replace(str(project), "PROJECT"), object_hook=lambda d: d | {"created_at": 0}
    )


def test_what_it_tells_again_is_what_dbt_reads_for_that_task(tmp_path):
    read(tmp_path / "first")
    assert read(tmp_path / "again") == read(tmp_path / "anew", "--no-partial-parse")
