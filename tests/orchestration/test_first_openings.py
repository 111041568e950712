"""Processes that begin at once, are killed in the middle, or are taken for others."""

import os
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from cli.new.new import create
from orchestration.simulating import simulate_inbox
from orchestration.turn import turn
from resources.dagster import instance as module
from resources.dagster.instance import open_instance
from resources.dagster.living import end_lost_runs
from resources.dagster.tags import LAUNCHED_TAG, PROCESS_TAG, TASK_TAG
from resources.processes import is_alive, this_process
from resources.task.errors import TaskError
from resources.task.task import load_task
from tests.made_once import made_anew

__all__ = ["made_anew"]
pytestmark = pytest.mark.usefixtures("made_anew")

OPEN = """
import sys, time
from pathlib import Path
from resources.dagster.instance import open_instance
while time.time() < float(sys.argv[2]):
    pass
with open_instance(Path(sys.argv[1])) as instance:
    instance.add_dynamic_partitions("batches", [sys.argv[3]])
"""


def test_four_first_openings_at_once_leave_a_history_that_opens(tmp_path):
    at = str(time.time() + 8)
    openings = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(tmp_path), at, str(number)],
            stderr=subprocess.PIPE, text=True,
        )
        for number in range(4)
    ]  # fmt: skip
    for opening in openings:
        _, said = opening.communicate(timeout=120)
        assert opening.returncode == 0, said
    with open_instance(tmp_path) as instance:
        assert sorted(instance.get_dynamic_partitions("batches")) == list("0123")


def test_a_first_opening_that_was_killed_is_done_again_as_a_whole(tmp_path):
    part = tmp_path / "dagster" / "part" / "history"
    part.mkdir(parents=True)
    (part / "runs.db").write_bytes(b"half of a file")
    (tmp_path / "dagster" / "schedules").mkdir()
    (tmp_path / "dagster" / "schedules" / "schedules.db").write_bytes(b"")
    with open_instance(tmp_path) as instance:
        instance.add_dynamic_partitions("batches", ["a"])
        assert instance.all_instigator_state() == []
    assert not (tmp_path / "dagster" / "part").exists()


def test_a_history_that_stands_is_opened_as_it_is(tmp_path, monkeypatch):
    with open_instance(tmp_path) as instance:
        instance.add_dynamic_partitions("batches", ["a"])
    monkeypatch.setattr(module, "_make", None)
    with open_instance(tmp_path) as instance:
        assert list(instance.get_dynamic_partitions("batches")) == ["a"]


def test_an_id_that_another_process_has_by_now_is_no_living_run():
    name = this_process()
    assert is_alive(name)
    pid, *began = name.split()
    assert pid == str(os.getpid())
    assert not is_alive(" ".join([pid, "1", *began[1:]]))
    assert not is_alive(pid)


def test_a_process_that_ended_is_not_alive_even_before_its_parent_asks():
    program = "from resources.processes import this_process; print(this_process(), flush=True)"
    ended = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert ended.stdout is not None
    name = ended.stdout.readline().strip()
    ended.stdout.read()
    time.sleep(0.5)
    assert not is_alive(name)
    ended.wait()


def test_runs_of_a_task_whose_process_is_gone_are_ended_and_no_others(tmp_path):
    pid, *began = this_process().split()
    started = dg.DagsterRunStatus.STARTED
    with open_instance(tmp_path) as instance:

        def run(task: str, **tags: str) -> str:
            made = create_run_for_test(
                instance, "job", status=started, tags={TASK_TAG: task, **tags}
            )
            return made.run_id

        reused = run("letters", **{PROCESS_TAG: f"{pid} 1 {' '.join(began[1:])}"})
        run("letters", **{PROCESS_TAG: this_process()})
        run("mails", **{PROCESS_TAG: "1 1 1"})
        launched = run("letters", **{LAUNCHED_TAG: "{}"})
        assert set(end_lost_runs(instance, "letters", launched=False)) == {reused}
        assert set(end_lost_runs(instance, "letters")) == {launched}, "no daemon is alive"


def test_a_second_run_waits_for_the_first_and_can_name_it(tmp_path):
    task = load_task(create(tmp_path, "letters"))
    heard: list[str] = []
    with turn(task, heard.append):
        assert heard == []
        told = rf"process {os.getpid()} .* works on task 'letters'"
        with pytest.raises(TaskError, match=told), turn(task, heard.append, patience_s=0.1):
            pass
    assert f"process {os.getpid()}" in heard[0]
    with turn(task, heard.append):
        assert len(heard) == 1


GENERATOR = """
from pathlib import Path

def generate(inbox: Path, truth: Path):
    for folder in (truth, inbox):
        folder.mkdir(parents=True)
    for day in ("2026-03-02", "2026-03-03"):
        (truth / f"{day}.csv").write_text("item_id,label\\n")
        (inbox / f"{day}.csv").write_text("item_id,text\\na,b\\n")
        if Path(__file__).with_name("killed").exists():
            raise KeyboardInterrupt
"""


def test_a_generator_that_is_killed_leaves_nothing_and_writes_all_of_it_the_next_time(tmp_path):
    folder = create(tmp_path, "letters")
    (folder / "generate.py").write_text(GENERATOR)
    path = folder / "task.yaml"
    text = path.read_text(encoding="utf-8").replace(
        'files: "items/*.csv"', 'files: "{var}/inbox/*.csv"\n  generator: generate.py'
    )
    path.write_text(text, encoding="utf-8")
    task = load_task(folder)
    (folder / "killed").touch()
    with pytest.raises(KeyboardInterrupt):
        simulate_inbox(task)
    assert not (task.var / "inbox").exists()
    (folder / "killed").unlink()
    simulate_inbox(task)
    assert sorted(p.name for p in (task.var / "inbox").iterdir()) == [
        "2026-03-02.csv", "2026-03-03.csv",
    ]  # fmt: skip
    assert not (task.var / "part").exists()
    (task.var / "inbox" / "2026-03-03.csv").unlink()
    simulate_inbox(task)
    assert len(list((task.var / "inbox").iterdir())) == 1, "what stands is left as it is"


def test_a_generator_never_writes_over_files_of_other_names(tmp_path):
    folder = create(tmp_path, "letters")
    (folder / "generate.py").write_text(GENERATOR)
    path = folder / "task.yaml"
    text = path.read_text(encoding="utf-8").replace(
        'files: "items/*.csv"', 'files: "{var}/inbox/*.csv"\n  generator: generate.py'
    )
    path.write_text(text, encoding="utf-8")
    task = load_task(folder)
    own = task.var / "inbox" / "mine.jsonl"
    own.parent.mkdir(parents=True)
    own.write_text("{}")
    with pytest.raises(TaskError, match="move them away"):
        simulate_inbox(task)
    assert Path(own).read_text() == "{}"
