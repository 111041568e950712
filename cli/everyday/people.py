"""``touchstone people``: who may review a task from another machine."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.options import AnyTask
from cli.which_task import TaskOption, named_once, show_each
from resources.reviews.reviewers import Reviewers
from resources.reviews.rows import ReviewError
from resources.reviews.store import ReviewStore
from resources.task.locate import find_task
from resources.task.task import Task

EXAMPLES = (
    "people list",
    "people invite anna invoices --role adjudicator",
    "people revoke anna --task invoices",
)


class What(StrEnum):
    """What can be done about people."""

    LIST = "list"
    INVITE = "invite"
    REVOKE = "revoke"


def people(
    what: Annotated[What, typer.Argument(help="list; invite NAME; revoke NAME.")] = What.LIST,
    name: Annotated[str | None, typer.Argument(help="Name of the person; not for list.")] = None,
    task: AnyTask = None,
    option: TaskOption = None,
    role: Annotated[
        str, typer.Option(help="What the invited person may do: reviewer, adjudicator or admin.")
    ] = "reviewer",
) -> None:
    """List who may review, give a person a new token, or end a token and its sessions."""
    if what is What.LIST and name is not None and task is None:
        name, task = None, Path(name)
    if (name is None) != (what is What.LIST):
        raise ReviewError(
            "say `touchstone people list`, `people invite NAME` or `people revoke NAME`"
        )
    named = named_once(task, option)
    if name is None:
        show_each(named, _look, _list)
        return
    chosen = find_task(named)
    if what is What.INVITE:
        invite(chosen, name, role)
    else:
        revoke(chosen, name)


def invite(task: Task, name: str, role: str) -> None:
    """Print a new token of a person, which is shown this once."""
    store = ReviewStore(task.reviews, kind=task.kind)
    token = Reviewers(store).invite(name, role)
    store.log("command line", "invited", f"{name} as {role}")
    Console().print(f"Token of {name} ({role}), shown only now:", markup=False)
    typer.echo(token)
    store.close()


def revoke(task: Task, name: str) -> None:
    """End a person's token and sessions.

    Raises
    ------
    ReviewError
        If nobody of that name has a token.
    """
    store = ReviewStore(task.reviews, kind=task.kind)
    if not Reviewers(store).revoke(name):
        raise ReviewError(f"nobody named {name!r} has a token for task {task.name!r}")
    store.log("command line", "revoked", name)
    Console().print(f"{name} can no longer sign in; the reviews stay.", markup=False)
    store.close()


def _look(task: Task) -> dict[str, Any]:
    rows = (
        Reviewers(ReviewStore(task.reviews, kind=task.kind)).listed()
        if task.reviews.exists()
        else []
    )
    return {"task": task.name, "people": rows}


def _list(told: dict[str, Any]) -> None:
    if not told["people"]:
        typer.echo(
            f"nobody has a token for {told['task']}; `touchstone people invite NAME` gives one"
        )
        return
    table = Table(title=f"Who may review {told['task']}", title_justify="left")
    for column in ("name", "role", "may sign in"):
        table.add_column(column)
    for person, may in told["people"]:
        table.add_row(escape(person.name), person.role, "yes" if may else "no")
    Console().print(table)
