"""``touchstone canary``: what the models said of the same items over time; take a new reference."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.options import AnyTask, AsJson
from cli.which_task import NothingYetError, show_each
from labeling.state.place import Place
from resources.pilots.promoted import nothing_promoted
from resources.store.place import stands
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task

EXAMPLES = (
    "canary invoices --now",
    "canary invoices --accept llm/classify --json",
)


OTHERS = 70
"""Columns of a terminal that a round takes without the name of its batch."""


def canary(
    task: AnyTask = None,
    accept: Annotated[
        str | None,
        typer.Option(
            help="Take this voter as it is now: its next round is the new reference.",
            show_default="none",
        ),
    ] = None,
    now: Annotated[
        bool, typer.Option("--now", help="Ask every prompt the panel at this moment.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show each round of the canary, ask one now, and accept a model that changed."""
    if now or accept is not None:
        task = find_task(task).folder
    show_each(task, lambda one: _look(one, accept, now), lambda told: _show(told, now), as_json)


def _look(chosen: Task, accept: str | None, now: bool) -> dict[str, Any]:
    warehouse = warehouse_of(chosen)
    if not stands(chosen):
        raise NothingYetError(
            f"task {chosen.name!r} was never run; `touchstone run {chosen.name}` does"
        )
    asked = _ask(chosen) if now else []
    rounds = warehouse.rows("cli.canary.rounds")
    if accept is not None:
        _accept(chosen.ledger, rounds, accept)
    return {
        "task": chosen.name,
        "accepted": accept,
        "asked": asked,
        "rounds": rounds,
        "unasked": nothing_promoted(chosen) or None,
    }


def _show(told: dict[str, Any], now: bool) -> None:
    console, accept, rounds = Console(), told["accepted"], told["rounds"]
    if accept is not None:
        console.print(f"{escape(accept)}: its next round is the new reference", soft_wrap=True)
    if told["unasked"]:
        console.print(f"{told['task']}: {told['unasked']}", soft_wrap=True)
    if not rounds:
        console.print(
            f"{told['task']}: the canary was not asked yet: task.yaml needs `models.canary`, and as many reviewed "
            "items of earlier batches as the panel is to hold.",
            soft_wrap=True,
        )
        return
    for voter in dict.fromkeys(str(row["voter"]) for row in rounds):
        of_voter = [row for row in rounds if row["voter"] == voter]
        console.print(_table(f"{told['task']}, {voter}", of_voter, console.width))
    for row in told["asked"]:
        console.print(escape(str(row["verdict"])), soft_wrap=True)
    if now and not told["asked"]:
        console.print("Nothing was asked: there is no panel yet.")


def _ask(task: Task) -> list[dict[str, Any]]:
    from cli.progress import progress_bar
    from orchestration.canary_now import ask_now

    with progress_bar(task) as tell:
        return ask_now(task, tell)


def _accept(ledger: Place, rounds: list[dict[str, Any]], voter: str) -> None:
    from labeling.llm.canary.rounds import accept
    from labeling.llm.ledger.opening import open_ledger

    versions = {str(row["voter"]): str(row["version"]) for row in rounds}  # the newest comes last
    if voter not in versions:
        known = ", ".join(sorted(versions)) or "none yet"
        raise TaskError(f"--accept {voter}: no such voter was asked; asked were {known}")
    with open_ledger(ledger) as book:
        accept(book, voter, versions[voter])


def _table(voter: str, rounds: list[dict[str, Any]], width: int) -> Table:
    """Lay the rounds of one voter out so that they can be read on 80 columns."""
    title = f"{escape(voter)}: rounds of the canary"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("asked", no_wrap=True)
    table.add_column("batch", overflow="fold", max_width=max(len("2026-03-02"), width - OTHERS))
    table.add_column("right", justify="right", no_wrap=True)
    table.add_column("flips", justify="right", no_wrap=True)
    table.add_column("evidence", justify="right", no_wrap=True)
    table.add_column("finding", overflow="fold")
    for row in rounds:
        table.add_row(
            f"{row['asked_at']:%Y-%m-%d %H:%M}",
            escape(str(row["batch"])),
            _of(row["accuracy"], ".1%", row["items"], ""),
            "" if row["flips"] is None else str(row["flips"]),
            _of(row["evidence"], ".3g", row["needed"], ".3g"),
            _finding(row),
        )
    return table


def _of(part: float | None, form: str, whole: float | None, whole_form: str) -> str:
    """Return one number of another, as far as they are known."""
    if part is None:
        return ""
    told = format(part, form)
    return told if whole is None else f"{told} of {format(whole, whole_form)}"


def _finding(row: dict[str, Any]) -> str:
    if row["why"] is not None:
        return f"[yellow]tells nothing:[/] {escape(row['why'])}"
    if row["changed"]:
        return "[bold red]the model changed[/]"
    if row["fingerprint_changed"]:
        return "[yellow]another model is named[/]"
    return "reference" if row["accuracy_before"] is None else "no change"
