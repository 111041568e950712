"""What a command tells of its progress where there is no terminal."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from cli import progress
from cli.new.new import create
from orchestration.turn import turn
from resources.task.errors import TaskError
from resources.task.task import load_task


def told(tmp_path, monkeypatch, *, terminal: bool) -> str:
    """Wait for another run while progress is shown; return what stands on stderr."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=40)
    monkeypatch.setattr(progress, "Console", lambda **_: console)
    task = load_task(create(tmp_path, "letters"))
    with turn(task, print), progress.progress_bar(task) as tell:
        tell("labelling 2026-03-02", 0, 12)
        other = turn(task, lambda what: tell(what, 0, 1), patience_s=0)
        with pytest.raises(TaskError, match="works on task 'letters'"), other:
            pass
    return written.getvalue()


def test_who_waited_for_its_turn_finds_the_task_as_the_first_one_left_it(tmp_path):
    task = load_task(create(tmp_path, "letters"))
    path = task.folder / "task.yaml"
    said = path.read_text(encoding="utf-8")
    waits = threading.Event()
    with ThreadPoolExecutor() as pool:

        def second() -> str:
            with turn(task, lambda _: waits.set()) as found:
                return found.spec.owner

        with turn(task, print) as at_once:
            assert at_once is task
            other = pool.submit(second)
            assert waits.wait(30)
            path.write_text(said.replace("owner: ", "owner: post  # was "), encoding="utf-8")
        assert other.result(30) == "post"


def test_without_a_terminal_a_wait_for_another_run_is_one_line(tmp_path, monkeypatch):
    said = told(tmp_path, monkeypatch, terminal=False)
    (line,) = [one for one in said.splitlines() if one]
    assert line.startswith("waiting for process ")
    assert line.endswith(", which works on task 'letters'")


def test_on_a_terminal_the_bar_tells_it_alone(tmp_path, monkeypatch):
    said = told(tmp_path, monkeypatch, terminal=True)
    assert "waiting for process" in said
    assert ", which works on task 'letters'\n" not in said
