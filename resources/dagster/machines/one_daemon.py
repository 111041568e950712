"""One daemon an instance: two would ask for every run twice."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from resources.dagster.machines.database import Database
from resources.dagster.machines.signs import DAEMON, holders, holding
from resources.task.errors import TaskError

OF = "daemon"
SECOND = (
    "{who} runs the daemon of this instance of Dagster, of which there may be one; end it first, or open the "
    "consoles alone on this machine: touchstone review TASK"
)


@contextmanager
def one_daemon(project: Path) -> Generator[None]:
    """Be the one daemon of an instance that machines share; files of one machine have ``up.lock``.

    Raises
    ------
    TaskError
        If there is one already.
    """
    database = Database.of_project(project)
    with ExitStack() as stack:
        if database is not None:
            try:
                stack.enter_context(holding(database, DAEMON, OF, patience_s=0))
            except TimeoutError as error:
                raise TaskError(SECOND.format(who=error)) from None
        yield


def refuse_second_daemon(project: Path) -> None:
    """See that no daemon works for the instance that a project shares.

    Raises
    ------
    TaskError
        If one does.
    """
    database = Database.of_project(project)
    if database is not None and (found := list(holders(database, DAEMON).values())):
        raise TaskError(SECOND.format(who=found[0]))
