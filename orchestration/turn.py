"""One that works on a task at a time: a second one waits, and finds how things stand by then."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager

from filelock import FileLock, Timeout

from resources.dagster.machines.database import Database
from resources.dagster.machines.signs import TURN, holding
from resources.processes import describe, this_process
from resources.task.errors import TaskError
from resources.task.task import Task, load_task

WAITING = "waiting for "
"""How everything begins that is told of a wait."""


@contextmanager
def turn(
    task: Task, waiting: Callable[[str], object], patience_s: float | None = None
) -> Generator[Task]:
    """Keep others away from the task, also on other machines where they share an instance of Dagster.

    Yields the task, read anew where it had to be waited for: whoever was first may have changed it.
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
    waited = False
    try:
        lock.acquire(timeout=0)
    except Timeout:
        first = holder.read_text(encoding="utf-8").split()[:1] if holder.is_file() else []
        who = describe(int(first[0])) if first and first[0].isdigit() else "another process"
        waiting(f"{WAITING}{who}, which works on task {task.name!r}")
        try:
            lock.acquire(timeout=-1 if patience_s is None else patience_s)
        except Timeout:
            raise TaskError(_refusal(who, task)) from None
        waited = True
    try:
        holder.write_text(this_process(), encoding="utf-8")
        with _among_machines(task, waiting, patience_s) as others:
            yield load_task(task.folder) if waited or others else task
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def _among_machines(
    task: Task, waiting: Callable[[str], object], patience_s: float | None
) -> Generator[list[str]]:
    """Yield who of other machines had to be waited for."""
    database = Database.of_project(task.project)
    others: list[str] = []
    if database is None:
        yield others
        return

    def tell(who: str) -> None:
        others.append(who)
        waiting(f"{WAITING}{who}, which works on task {task.name!r}")

    with ExitStack() as stack:
        try:
            stack.enter_context(holding(database, TURN, task.name, tell, patience_s))
        except TimeoutError as error:
            raise TaskError(_refusal(str(error), task)) from None
        yield others


def _refusal(who: str, task: Task) -> str:
    return f"{who} works on task {task.name!r} at the moment; wait until it has ended, or end it"
