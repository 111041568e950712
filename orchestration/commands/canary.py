"""``touchstone canary``: what the models said of the same items over time; take a new reference."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.tables import CANARY
from orchestration.resources.warehouse import Warehouse
from orchestration.task.errors import TaskError
from orchestration.task.locate import find_task


def canary(
    task: Annotated[
        Path | None,
        typer.Argument(help="Folder or name of the task; the only one, if there is one."),
    ] = None,
    accept: Annotated[
        str | None,
        typer.Option(help="Take this voter as it is now: its next round is the new reference."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show each round of the canary, and accept a model that changed."""
    chosen = find_task(task)
    warehouse = Warehouse(path=str(chosen.warehouse))
    if not chosen.warehouse.is_file():
        raise TaskError(f"task {chosen.name!r} was never run; `touchstone run {chosen.name}` does")
    warehouse.ensure(CANARY)
    rounds = warehouse.read("from quality.canary order by voter, batch").to_pylist()
    if accept is not None:
        _accept(chosen.ledger, rounds, accept)
    if as_json:
        typer.echo(json.dumps({"task": chosen.name, "accepted": accept, "rounds": rounds}))
        return
    console = Console()
    if accept is not None:
        console.print(f"{escape(accept)}: its next round is the new reference", soft_wrap=True)
    if not rounds:
        console.print(
            "The canary was not asked yet: task.yaml needs `models.canary`, and as many reviewed "
            "items of earlier batches as the panel is to hold.",
            soft_wrap=True,
        )
        return
    console.print(_table(chosen.name, rounds))


def _accept(ledger: Path, rounds: list[dict[str, Any]], voter: str) -> None:
    from labeling.llm.canary import accept
    from labeling.llm.ledger import Ledger

    versions = {str(row["voter"]): str(row["version"]) for row in rounds}  # the newest comes last
    if voter not in versions:
        known = ", ".join(sorted(versions)) or "none yet"
        raise TaskError(f"--accept {voter}: no such voter was asked; asked were {known}")
    with Ledger(ledger) as book:
        accept(book, voter, versions[voter])


def _table(name: str, rounds: list[dict[str, Any]]) -> Table:
    table = Table(title=f"{name}: the canary", title_justify="left")
    for column, justify in (
        ("voter", "left"), ("batch", "left"), ("items", "right"), ("right", "right"),
        ("flips", "right"), ("evidence", "right"), ("needed", "right"), ("finding", "left"),
    ):  # fmt: skip
        table.add_column(column, justify=justify)  # pyright: ignore[reportArgumentType]
    for row in rounds:
        finding = "reference" if row["accuracy_before"] is None else "no change"
        if row["changed"]:
            finding = "[bold red]the model changed[/]"
        elif row["fingerprint_changed"]:
            finding = "[yellow]another model is named[/]"
        table.add_row(
            escape(str(row["voter"])),
            str(row["batch"]),
            f"{row['items']}",
            f"{row['accuracy']:.1%}",
            f"{row['flips']}",
            f"{row['evidence']:.3g}",
            f"{row['needed']:.3g}",
            finding,
        )
    return table
