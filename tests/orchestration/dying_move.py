"""Moves of a state that are killed at a step: before a file gets its name or goes, or PostgreSQL commits."""

import multiprocessing
import os
import signal
import sys
from pathlib import Path

from labeling.state.line import PostgresConnection
from orchestration.changes.moving_state import move_state
from resources.task.task import load_task

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__, "psycopg"])
STEPS = {"os.rename", "os.remove", "os.mkdir"}


def killed_at(step: int, folder: Path, postgres: str | None) -> bool:
    """Move a task's state in a process that is killed before its step of this number; whether there was one."""
    process = CONTEXT.Process(target=_move, args=(step, folder, postgres))
    process.start()
    process.join(120)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return process.exitcode != 0


def _move(step: int, folder: Path, postgres: str | None) -> None:
    left = step

    def count() -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    task = load_task(folder)
    execute = PostgresConnection.execute

    def counted(self: PostgresConnection, sql: str, *parameters: object) -> object:
        if sql.strip() == "commit":
            count()
        return execute(self, sql, *parameters)

    def look(event: str, given: tuple[object, ...]) -> None:
        if event not in STEPS or not str(given[0]).startswith((str(task.var), str(task.folder))):
            return
        if event == "os.mkdir" or os.path.lexists(str(given[0])):  # else nothing would change
            count()

    PostgresConnection.execute = counted  # type: ignore[method-assign]
    sys.addaudithook(look)
    move_state(task, postgres)
