"""What dbt says reaches Dagster whole, and keeps nobody from the warehouse; its SQL counts right."""

import json
import shutil
import subprocess
from contextlib import contextmanager

import pytest
import yaml

from assets.published.marts import to_the_end
from resources.store import dbt
from resources.store.manifest import DBT, TRANSFORMS


def test_the_marts_count_invented_rows_as_their_unit_tests_say(ran_task, tmp_path):
    shutil.copy(ran_task.task.warehouse, tmp_path / "warehouse.duckdb")
    there = {"warehouse": str(tmp_path / "warehouse.duckdb"), "published": str(tmp_path)}
    where = ["--project-dir", str(TRANSFORMS), "--profiles-dir", str(TRANSFORMS)]
    kept = ["--target-path", str(tmp_path), "--log-path", str(tmp_path)]
    given = ["--vars", json.dumps({**json.loads(dbt.variables(ran_task.task)), **there})]
    only = ["--select", "resource_type:unit_test"]
    done = subprocess.run(
        [str(DBT), "--quiet", "test", *only, *where, *kept, *given],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()
    ran = json.loads((tmp_path / "run_results.json").read_text(encoding="utf-8"))["results"]
    told = yaml.safe_load((TRANSFORMS / "models" / "marts" / "marts.yml").read_text("utf-8"))
    said = [one["status"] for one in ran if one["unique_id"].startswith("unit_test.")]
    assert said == ["pass"] * len(told["unit_tests"])


def test_the_warehouse_is_free_before_the_first_event_is_handed_on():
    held = []

    @contextmanager
    def turn():
        held.append(True)
        yield
        held.clear()

    taken = to_the_end(iter("abc"), turn())
    assert next(taken) == "a"
    assert not held
    assert list(taken) == ["b", "c"]


def test_what_dbt_said_before_it_failed_is_handed_on():
    @contextmanager
    def turn():
        yield

    def said():
        yield "built"
        raise RuntimeError("one test failed")

    taken = to_the_end(said(), turn())
    assert next(taken) == "built"
    with pytest.raises(RuntimeError, match="one test failed"):
        next(taken)
