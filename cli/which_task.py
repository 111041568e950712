"""The task that a command is about: named last, as everywhere, or by ``--task``."""

from pathlib import Path
from typing import Annotated

import typer

from resources.task.errors import TaskError

TaskOption = Annotated[
    Path | None,
    typer.Option(
        "--task",
        help="Name the task so, wherever it stands among the words.",
        show_default="the task named last",
    ),
]


def named_once(argument: Path | None, option: Path | None) -> Path | None:
    """Return the task that one of the two names; ``None`` for neither.

    Raises
    ------
    TaskError
        If they name different ones.

    Examples
    --------
    >>> named_once(None, Path("letters")), named_once(Path("letters"), None)
    (PosixPath('letters'), PosixPath('letters'))
    """
    if argument is not None and option is not None and argument != option:
        raise TaskError(
            f"two tasks are named, {str(argument)!r} and --task {str(option)!r}; say one"
        )
    return argument if argument is not None else option
