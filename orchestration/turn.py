"""One run of a task at a time: a second one waits, and finds that nothing is left to do."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager

from filelock import FileLock, Timeout

from resources.dagster.machines.database import Database
from resources.dagster.machines.signs import TURN, holding
from resources.processes import describe, this_process
from resources.task.errors import TaskError
from resources.task.task import Task

WAITING = "waiting for "
"""How everything begins that is told of a wait."""


@contextmanager
def turn(
    task: Task, waiting: Callable[[str], object], patience_s: float | None = None
) -> Generator[None]:
    """Keep other runs of the task away, also on other machines where they share an instance of Dagster.

    The system ends this when the process dies, PostgreSQL when its line does.

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
            raise TaskError(_refusal(who, task)) from None
    try:
        holder.write_text(this_process(), encoding="utf-8")
        with _among_machines(task, waiting, patience_s):
            yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def _among_machines(
    task: Task, waiting: Callable[[str], object], patience_s: float | None
) -> Generator[None]:
    database = Database.of_project(task.project)
    if database is None:
        yield
        return

    def tell(who: str) -> None:
        waiting(f"{WAITING}{who}, which runs task {task.name!r}")

    with ExitStack() as stack:
        try:
            stack.enter_context(holding(database, TURN, task.name, tell, patience_s))
        except TimeoutError as error:
            raise TaskError(_refusal(str(error), task)) from None
        yield


def _refusal(who: str, task: Task) -> str:
    return f"{who} runs task {task.name!r} at the moment; wait until it has ended, or end it"
