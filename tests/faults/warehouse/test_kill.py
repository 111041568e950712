"""A run that is killed at any moment, and started again, ends as if nothing had happened."""

import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from orchestration.running import run_task
from resources.store.warehouse import warehouse_of
from resources.task.task import Task, load_task

ROOT = Path(__file__).parents[3]
RUN = """
import sys
from pathlib import Path
from resources.environment import prepare
prepare()
from orchestration.running import run_task
from resources.task.task import load_task
run_task(load_task(Path(sys.argv[1])), lambda what, *_: print(what, file=sys.stderr, flush=True))
"""
KILLS = 2
LATEST_S = 4.0
"""Longest time between the begin of a batch and the kill, about what a batch takes."""

OUTCOME = """
select r.item_id, r.batch, r.label, r.confidence, r.decided_by, a.draw, q.rank, g.label as gold
from labels.released r
left join people.audit_sample a using (item_id, batch)
left join people.queue q using (item_id, batch)
left join people.gold g using (item_id, batch)
order by r.batch, r.item_id
"""


def small_task(project: Path) -> Task:
    """Two days of the support inbox, with rules, simulated model and scripted reviewer."""
    folder = project / "tasks" / "support_inbox"
    shutil.copytree(ROOT / "tasks" / "support_inbox", folder)
    task = load_task(folder)
    spec = importlib.util.spec_from_file_location("generator", folder / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.generate(project / "all", task.var / "truth")
    (task.var / "inbox").mkdir(parents=True)
    for path in sorted((project / "all").glob("*.jsonl"))[:2]:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[:80]
        (task.var / "inbox" / path.name).write_text("".join(lines), encoding="utf-8")
    return task


def kill_within_a_batch(task: Task, after_s: float) -> bool:
    """Start a run, and kill it some time after it begins to label; tell whether it still ran."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(task.folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        if any(line.startswith("labelling") for line in process.stderr):
            time.sleep(after_s)
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
    return alive


def outcome(task: Task) -> list[dict[str, object]]:
    return warehouse_of(task).ask(OUTCOME).to_pylist()


def test_labels_samples_and_gold_after_kills_are_those_of_a_run_that_nobody_disturbed(tmp_path):
    disturbed, calm = small_task(tmp_path / "disturbed"), small_task(tmp_path / "calm")
    rng = random.Random(7)
    killed = [kill_within_a_batch(disturbed, rng.uniform(0, LATEST_S)) for _ in range(KILLS)]
    assert any(killed), "the runs ended before they could be killed"
    for task in (disturbed, calm):
        run_task(task, lambda *_: None)
    assert outcome(disturbed) == outcome(calm)
    assert sum(row["decided_by"] != "nobody" for row in outcome(calm)) > 100
    assert run_task(disturbed, lambda *_: None).labelled == []
