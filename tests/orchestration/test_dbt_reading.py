"""dbt reads the project for a task once, on the side, and never for nothing."""

import subprocess
import sys
import time

import pytest

from orchestration import dbt_reading as module
from orchestration.dbt_reading import dbt_reading
from resources.store import dbt
from resources.store.dbt import parse_command, target


def test_what_dbt_has_read_for_a_task_is_kept_with_the_task(ran_task):
    assert parse_command(ran_task.task) is None, "it has been read"
    log = (target(ran_task.task) / "dbt.log").read_text(encoding="utf-8")
    on_the_side, parsed, later = log.partition("Command `dbt parse` succeeded")
    building, built, _ = later.partition('"command": "dbt build"')
    assert parsed, on_the_side[-500:]
    assert built
    assert "Nothing changed, skipping partial parsing" in building, "and not again for the marts"
    assert "Unable to do partial parsing" not in building


@pytest.fixture(name="task")
def _task(ran_task, monkeypatch):
    program = "import time; time.sleep(30)"
    monkeypatch.setattr(dbt, "parse_command", lambda _: [sys.executable, "-c", program])
    return ran_task.task


def test_reading_does_not_keep_a_run_waiting_and_ends_with_one_that_failed(task, monkeypatch):
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        module.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )
    began = time.monotonic()

    def fail() -> None:
        with dbt_reading(task):
            assert started[0].poll() is None, "it goes on beside the run"
            raise ValueError("a rule is broken")

    with pytest.raises(ValueError, match="a rule is broken"):
        fail()
    assert started[0].poll() is not None
    assert time.monotonic() - began < 20


def test_a_run_goes_on_where_dbt_cannot_read(ran_task, monkeypatch):
    monkeypatch.setattr(
        dbt, "parse_command", lambda _: [sys.executable, "-c", "raise SystemExit(2)"]
    )
    with dbt_reading(ran_task.task):
        pass
