"""The task that a command is about: named last, as everywhere, or by ``--task``; for a look, each."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from labeling.errors import LabelingError
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task, load_task

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


class NothingYetError(TaskError):
    """A task has nothing to show yet: no mistake where others have."""


def show_each(
    given: Path | None,
    look: Callable[[Task], dict[str, Any]],
    show: Callable[[dict[str, Any]], None],
    as_json: bool = False,
) -> None:
    """Show the task that is named or the only one; of several each, under its name.

    Parameters
    ----------
    given : Path, optional
        The task, as the user named it.
    look : callable
        Returns what a task has, with its name as ``task``.
    show : callable
        Prints that, unless JSON is wanted: one task's object, or ``{"tasks": [...], "broken": [...]}``.

    Raises
    ------
    TaskError
        If the only one cannot be looked at. Of several, one that cannot be is told after the others,
        which end with exit code 2.
    """
    folders = [] if given else [p.parent for p in sorted(Path.cwd().glob("tasks/*/task.yaml"))]
    if len(folders) < 2:
        told = look(find_task(given))
        typer.echo(json.dumps(told, default=str)) if as_json else show(told)
        return
    found: list[dict[str, Any]] = []
    broken: list[str] = []
    for folder in folders:
        try:
            found.append(look(load_task(folder)))
        except NothingYetError as nothing:
            found.append({"task": folder.name, "nothing": str(nothing)})
        except LabelingError as error:
            broken.append(str(error))
    if as_json:
        typer.echo(json.dumps({"tasks": found, "broken": broken}, default=str))
    for told in [] if as_json else found:
        typer.echo(f"{told['task']}: {told['nothing']}") if "nothing" in told else show(told)
    for error in broken:
        typer.echo(error, err=True)
    if broken:
        raise typer.Exit(2)
