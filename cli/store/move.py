"""``touchstone move``: the tables of a task brought to another place."""

from enum import StrEnum
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from cli.options import OneTask
from labeling.counted import counted
from resources.task.errors import TaskError
from resources.task.locate import find_task

EXAMPLES = (
    "move invoices --to lake",
    "move invoices --to lake --catalog postgres://me@db.example/lakes --data s3://our-labels/touchstone",
    "move invoices --to file",
)


class Place(StrEnum):
    """Where tables may lie."""

    FILE = "file"
    LAKE = "lake"


def move(
    task: OneTask = None,
    to: Annotated[Place, typer.Option("--to", help="Bring the tables there.")] = Place.LAKE,
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
) -> None:
    """Bring a task's tables from its file into a lake, or back, compare them, and let task.yaml say so."""
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
    chosen = find_task(task)
    done = move_task(chosen, lake)
    out = Console(highlight=False, soft_wrap=True, markup=False)
    if done.copied is None:
        out.print(f"the tables of {chosen.name} lie at {done.to} already")
        return
    out.print(
        f"{counted(done.copied.tables, 'table')} with {counted(done.copied.rows, 'row')} moved to {done.to}: counts "
        "and hashes of all are equal, and task.yaml says so"
    )
