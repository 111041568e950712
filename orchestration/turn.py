"""One run of a task at a time: a second one waits, and finds that nothing is left to do."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from resources.processes import describe, this_process
from resources.task.errors import TaskError
from resources.task.task import Task

WAITING = "waiting for "
"""How everything begins that is told of a wait."""


@contextmanager
def turn(
    task: Task, waiting: Callable[[str], object], patience_s: float | None = None
) -> Generator[None]:
    """Keep other runs of the task away; the system ends this when the process dies.

    Parameters
    ----------
    task : Task
    waiting : callable
        Called with what is waited for, in words that begin with :data:`WAITING`.
    patience_s : float, optional
        How long to wait, in seconds; for as long as it takes if not said.

    Raises
    ------
    TaskError
        After ``patience_s``, naming the process.
    """
    task.var.mkdir(parents=True, exist_ok=True)
    lock, holder = FileLock(task.var / "run.lock"), task.var / "run.process"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        first = holder.read_text(encoding="utf-8").split()[:1] if holder.is_file() else []
        who = describe(int(first[0])) if first and first[0].isdigit() else "another process"
        waiting(f"{WAITING}{who}, which runs task {task.name!r}")
        try:
            lock.acquire(timeout=-1 if patience_s is None else patience_s)
        except Timeout:
            raise TaskError(
                f"{who} runs task {task.name!r} at the moment; wait until it has ended, or end it"
            ) from None
    try:
        holder.write_text(this_process(), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
