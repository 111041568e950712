"""``touchstone move``: the tables of a task, or its state, brought to another place."""

from enum import StrEnum
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from cli.options import OneTask
from labeling.counted import counted
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task

EXAMPLES = (
    "move invoices --to lake",
    "move invoices --to lake --catalog postgres://me@db.example/lakes --data s3://our-labels/touchstone",
    "move invoices --to file",
    "move invoices --state postgres://me@db.example/labels",
    "move invoices --state files",
)

FILES = "files"
"""What ``--state`` says for files in the task's var folder."""


class Place(StrEnum):
    """Where tables may lie."""

    FILE = "file"
    LAKE = "lake"


def move(
    task: OneTask = None,
    to: Annotated[
        Place | None, typer.Option("--to", help="Bring the tables there.", show_default="lake")
    ] = None,
    catalog: Annotated[
        str | None,
        typer.Option(
            "--catalog",
            help="Name the lake's catalog: a file, or postgres://user@host/database.",
            show_default="a file in the task's var folder",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            help="Name where the lake's data go: a folder, or s3://bucket/prefix.",
            show_default="a folder in the task's var folder",
        ),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            help="Bring answers and what they cost to postgres://user@host/database, or to files.",
            show_default="the tables are moved",
        ),
    ] = None,
) -> None:
    """Bring a task's tables, or its state, to another place, compare them, and let task.yaml say so."""
    out = Console(highlight=False, soft_wrap=True, markup=False)
    chosen = find_task(task)
    if state is not None:
        if (to, catalog, data) != (None, None, None):
            raise typer.BadParameter(
                "give it alone; tables move by themselves", param_hint="--state"
            )
        _move_state(chosen, state, out)
        return
    _move_tables(chosen, to or Place.LAKE, catalog, data, out)


def _move_tables(
    chosen: Task, to: Place, catalog: str | None, data: str | None, out: Console
) -> None:
    from orchestration.changes.moving import move_task
    from resources.task.settings.store import Lake

    given = {name: said for name, said in (("catalog", catalog), ("data", data)) if said}
    if to is Place.FILE and given:
        raise typer.BadParameter("a file needs neither --catalog nor --data", param_hint="--to")
    try:
        lake = Lake(**given) if to is Place.LAKE else None
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        raise TaskError(f"--{first['loc'][0]}: {message}") from None
    done = move_task(chosen, lake)
    if done.copied is None:
        out.print(f"the tables of {chosen.name} lie at {done.to} already")
        return
    out.print(_arrived(done.copied.tables, done.copied.rows, done.to))


def _move_state(chosen: Task, state: str, out: Console) -> None:
    from orchestration.changes.moving_state import move_state
    from resources.task.settings.state import State

    try:
        address = None if state == FILES else State(postgres=state).postgres
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise TaskError(f"--state: {message}; or say {FILES}") from None
    done = move_state(chosen, address)
    if done.copied is None:
        out.print(f"the state of {chosen.name} is kept in {done.to} already")
        return
    arrived = _arrived(done.copied.tables, done.copied.rows, done.to)
    out.print(f"{arrived}. The old rows stand aside in {done.aside}")


def _arrived(tables: int, rows: int, to: str) -> str:
    return (
        f"{counted(tables, 'table')} with {counted(rows, 'row')} moved to {to}: counts and hashes of all are "
        "equal, and task.yaml says so"
    )
