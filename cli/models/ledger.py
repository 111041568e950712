"""``touchstone ledger``: what models were asked and what it cost; answers out of it and into it."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.options import AnyTask, AsJson
from cli.which_task import NothingYetError, show_each
from labeling.counted import counted
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task

COLUMNS = (
    ("calls", "calls", "{}"),
    ("answered", "answered", "{}"),
    ("filtered", "filtered", "{}"),
    ("failed", "failed", "{}"),
    ("lost", "lost", "{}"),
    ("spare", "spare", "{}"),
    ("waiting", "waiting", "{}"),
    ("imported", "imported", "{}"),
    ("tokens", "tokens", "{:,}"),
    ("cost_usd", "cost", "${:.4f}"),
    ("owed_usd", "held", "${:.4f}"),
    ("p95_s", "p95", "{:.2f} s"),
)

EXAMPLES = (
    "ledger invoices --json",
    "ledger invoices --export answers.jsonl.gz",
    "ledger invoices --import answers.jsonl.gz",
    "ledger invoices --ask-again",
)


def ledger(
    task: AnyTask = None,
    export: Annotated[
        Path | None,
        typer.Option(
            help="Write every final answer to this cassette, a file to replay from.",
            show_default="no file",
        ),
    ] = None,
    import_: Annotated[
        Path | None,
        typer.Option(
            "--import",
            help="Take in the answers of this cassette; nothing is paid.",
            show_default="no file",
        ),
    ] = None,
    ask_again: Annotated[
        bool,
        typer.Option(help="Ask models again that had asked to be left alone until later."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what models were asked and what it cost; export and import their answers."""
    if import_ is not None and not import_.is_file():
        raise TaskError(f"--import {import_}: no such file")
    if import_ or export or ask_again:
        task = find_task(task).folder

    def look(one: Task) -> dict[str, Any]:
        return _look(one, import_, export, ask_again)

    show_each(task, look, lambda told: _show(Console(), told, import_, export, ask_again), as_json)


def _look(
    chosen: Task, import_: Path | None, export: Path | None, ask_again: bool
) -> dict[str, Any]:
    from labeling.llm.ledger.cassette import export_cassette, import_cassette
    from labeling.llm.ledger.opening import open_ledger
    from labeling.llm.ledger.rests import forget_rests
    from labeling.llm.ledger.summary import by_voter

    if import_ is None and not chosen.ledger.exists():
        raise NothingYetError(
            f"task {chosen.name!r} has no ledger yet: no model was asked; `touchstone run "
            f"{chosen.name}` asks, and --import takes in answers of another ledger"
        )
    with open_ledger(chosen.ledger) as book:
        new = None if import_ is None else import_cassette(book, import_)
        out = None if export is None else export_cassette(book, export)
        asked = forget_rests(book) if ask_again else []
        spent = book.spent("")
        return {
            "task": chosen.name,
            "imported": new,
            "exported": out,
            "asked_again": asked,
            "day_usd": spent.day,
            "task_usd": spent.task,
            "voters": by_voter(book),
        }


def _show(
    console: Console,
    told: dict[str, Any],
    import_: Path | None,
    export: Path | None,
    ask_again: bool,
) -> None:
    if import_ is not None:
        new = counted(told["imported"], "new answer")
        console.print(f"{new} out of {escape(str(import_))}", soft_wrap=True)
    if export is not None:
        console.print(
            f"{counted(told['exported'], 'answer is', 'answers are')} in {escape(str(export))}",
            soft_wrap=True,
        )
    if ask_again:
        asked = ", ".join(told["asked_again"])
        again = f"the next run asks {asked} again" if asked else "no model was left alone"
        console.print(escape(again), soft_wrap=True)
    console.print(_table(told["task"], told["voters"]))
    owed = sum(row["owed_usd"] for row in told["voters"])
    more = f"; up to ${owed:.4f} of it not paid so far, but held" if owed else ""
    console.print(
        f"${told['task_usd']:.4f} spent, ${told['day_usd']:.4f} of it today (UTC){more}",
        soft_wrap=True,
    )


def _table(name: str, voters: list[dict[str, Any]]) -> Table:
    table = Table(
        title=f"{name}: the ledger", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    table.add_column("voter, model, kind", overflow="fold", min_width=18)
    shown = [
        c for c in COLUMNS if any(row[c[0]] for row in voters) or c[0] in ("calls", "answered")
    ]
    for _, head, _ in shown:
        table.add_column(head, justify="right", no_wrap=True)
    for row in voters:
        table.add_row(
            f"{escape(row['voter'])}\n[dim]{escape(row['model'])}, {row['kind']}[/]",
            *("" if row[c] is None else form.format(row[c]) for c, _, form in shown),
        )
    return table
