"""A run that is killed at any moment, and started again, ends as if nothing had happened."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.running import run_task
from orchestration.schedules import warehouse_of
from orchestration.task.task import Task, load_task

ROOT = Path(__file__).parents[3]
RUN = """
from orchestration.environment import prepare
prepare()
from pathlib import Path
from orchestration.running import run_task
from orchestration.task.task import load_task
import sys
run_task(load_task(Path(sys.argv[1])), lambda *_: None)
"""
KILLS = 4


def small_task(project: Path) -> Task:
    """Two days of the support inbox, rules and simulated model and all."""
    folder = project / "tasks" / "support_inbox"
    shutil.copytree(ROOT / "tasks" / "support_inbox", folder)
    task = load_task(folder)
    full = project / "full"
    import importlib.util

    spec = importlib.util.spec_from_file_location("generator", folder / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.generate(full / "inbox", full / "truth")
    (task.var / "inbox").mkdir(parents=True)
    for path in sorted((full / "inbox").glob("*.jsonl"))[:2]:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[:80]
        (task.var / "inbox" / path.name).write_text("".join(lines), encoding="utf-8")
    shutil.copytree(full / "truth", task.var / "truth")
    return task


def outcome(task: Task) -> list[dict[str, object]]:
    return (
        warehouse_of(task)
        .read(
            "select item_id, batch, label, confidence, decided_by from labels.released order by 1"
        )
        .to_pylist()
    )


@pytest.mark.timeout(600)
def test_labels_after_kills_are_the_labels_of_a_run_that_nobody_disturbed(tmp_path):
    disturbed = small_task(tmp_path / "disturbed")
    rng = random.Random(7)
    killed = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(disturbed.folder)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(rng.uniform(4, 11))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
    assert killed, "the runs ended before they could be killed"
    run_task(disturbed, lambda *_: None)

    calm = small_task(tmp_path / "calm")
    run_task(calm, lambda *_: None)
    assert outcome(disturbed) == outcome(calm)
    query = "select count(*) as n from people.reviews"
    assert (
        warehouse_of(disturbed).read(query).to_pylist()
        == warehouse_of(calm).read(query).to_pylist()
    )
