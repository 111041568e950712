"""``touchstone explain``: why an item has the label it has."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.everyday.item_history import history_of, unknown
from cli.options import AsJson
from cli.which_task import TaskOption, named_once
from labeling.kinds.kind import Kind
from resources.task.errors import TaskError
from resources.task.locate import all_tasks, find_task

SHOWN_CHARACTERS = 400
"""Of an item's text."""

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What would move the cursor or recolour the terminal if an item's text held it."""

EXAMPLES = (
    "explain m-0042",
    "explain m-0042 --task invoices --json",
    "explain m-0042 invoices --as-of 2026-03-02",
)


def explain(
    item: Annotated[str, typer.Argument(help="The item's id.")],
    task: Annotated[
        Path | None,
        typer.Argument(help="Folder or name of the task; all are searched without it."),
    ] = None,
    option: TaskOption = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="Show what was known when this batch was labelled last, or at this time, of a task in a lake.",
            show_default="now",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show every vote on ITEM with its version, the posterior, who decided, and its reviews."""
    named = named_once(task, option)
    chosen = [find_task(named)] if named else all_tasks(Path.cwd())
    found = [
        (one, history) for one in chosen if (history := history_of(one, item, as_of)) is not None
    ]
    if len(found) > 1:
        names = ", ".join(one.name for one, _ in found)
        raise TaskError(
            f"{item!r} is an item of {names}; say which: `touchstone explain {item} TASK`"
        )
    if not found and as_of is not None:
        raise TaskError(
            f"no item {item!r} had arrived as of {as_of}; without --as-of all that came is told"
        )
    if not found:
        raise unknown(chosen, item)
    if as_json:
        typer.echo(json.dumps(found[0][1], default=str, ensure_ascii=False))
    else:
        one, history = found[0]
        _show(Console(), in_words(history, one.kind))


def in_words(history: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """Return a history with its answers as people read them."""
    text = history["text"] or ""

    def told(row: Any) -> Any:
        if not isinstance(row, dict) or row.get("label") is None:
            return row
        return {**row, "label": kind.readable(row["label"], text)}

    return told(
        {
            name: [told(row) for row in part] if isinstance(part, list) else told(part)
            for name, part in history.items()
        }
    )


def _show(console: Console, history: dict[str, Any]) -> None:
    """Print a history; what items and people wrote is neither markup nor control."""
    head = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    head.add_column(style="dim", no_wrap=True)
    head.add_column(overflow="fold")
    for name, told in _head(history):
        head.add_row(name, _plain(told))
    console.print(head)
    if history["votes"]:
        columns = ["voter", "label", "confidence", "version"]
        if any(vote["source"] for vote in history["votes"]):
            columns.insert(3, "likely right")
        table = _table("Votes", *columns)
        for vote in history["votes"]:
            sure = f"{vote['probability']:.3f} by {vote['source']}" if vote["source"] else None
            table.add_row(*_cells({**vote, "likely right": sure}, *columns))
        console.print(table)
    failed = [row for row in history["silent"] if row["reason"] != "did not match"]
    quiet = len(history["silent"]) - len(failed)
    for row in failed:
        console.print(_plain(f"{row['voter']} said nothing: {row['reason']}"))
    if quiet:
        console.print(f"{quiet} more rules did not match.", style="dim")
    figures = {
        name: history[key]
        for name, key in (("voters", "posterior"), ("student", "student"), ("together", "together"))
        if history[key]
    }
    if figures:
        table = _table("Probability by", "class", *figures)
        *_, last = figures.values()  # what the label was taken from
        for name in last:
            shares = [f"{of[name]:.3f}" if name in of else "-" for of in figures.values()]
            table.add_row(_plain(name), *shares)
        console.print(table)
    if history["reviews"]:
        table = _table("Reviews", "reviewer", "answer", "origin", "at", "note")
        for review in history["reviews"]:
            answer = review["label"] or review["outcome"]
            told = {
                **review,
                "answer": f"{answer} ({_not_counted(review)})" if _not_counted(review) else answer,
            }
            told["at"] = f"{review['at']:%Y-%m-%d %H:%M}"
            table.add_row(*_cells(told, "reviewer", "answer", "origin", "at", "note"))
        console.print(table)


def _not_counted(review: dict[str, Any]) -> str:
    return (
        "set aside: about another text" if review["aside"]
        else "superseded" if review["superseded"]
        else ""
    )  # fmt: skip


def _head(history: dict[str, Any]) -> list[tuple[str, str]]:
    text = history["text"] or ""
    more = f" … ({len(text):,} characters)" if len(text) > SHOWN_CHARACTERS else ""
    lines = [("item", f"{history['item']} of {history['task']}")]
    if history["as_of"]:
        lines.append(("as of", f"{history['as_of']:%Y-%m-%d %H:%M:%S} UTC"))
    if text:
        lines.append(("text", text[:SHOWN_CHARACTERS] + more))
    image = history["image"] or ""
    if image.startswith("data:"):
        lines.append(("image", f"in the item itself, {len(image):,} characters"))
    elif image:
        lines.append(("image", image))
    for row in history["arrived"]:
        when = f", {row['time']:%Y-%m-%d %H:%M}" if row["time"] else ""
        lines.append(("arrived", f"{row['file']}, row {row['row']}, batch {row['batch']}{when}"))
    for row in history["set_aside"]:
        field = f", {row['field']}" if row["field"] else ""
        lines.append(("set aside", f"{row['file']}, row {row['row']}{field}: {row['reason']}"))
    released, gold = history["released"], history["gold"]
    if released or gold:
        machine = _machine(history) if released else ""
        told = f"; the machine: {machine}" if gold and machine else machine if not gold else ""
        people = f"{history['label']}, decided by people" if gold else ""
        lines.append(("label", people + told))
    if gold:
        lines.append(
            ("gold", f"{gold['label']}, settled by {gold['reviews']} of the answers below")
        )
    if history["audit"]:
        audit = history["audit"]
        lines.append(
            (
                "audit",
                f"drawn as number {audit['draw']} with probability {audit['probability']:.3f}",
            )
        )
    if history["queue"]:
        lines.append(("queue", f"number {history['queue']['rank']}: {history['queue']['why']}"))
    return lines


def _machine(history: dict[str, Any]) -> str:
    """Say what the machine released and out of which figures, each of which is shown below."""
    released, voters, student = history["released"], history["posterior"], history["student"]
    spoke = any(vote["voter"] != "student" for vote in history["votes"])
    consensus = history["consensus"]
    undecided = not (consensus or {}).get("label")
    alone: list[str] = []
    if voters and spoke:
        alone.append(f"voters alone: {'undecided, ' * undecided}{_first(voters, consensus)}")
    if student:
        said = next((vote for vote in history["votes"] if vote["voter"] == "student"), None)
        alone.append(f"student alone: {_first(student, said)}")
    if not released["label"]:
        return f"undecided, decided by nobody ({'; '.join(alone) or 'nobody voted'})"
    if (
        released["decided_by"] == "cascade"
    ):  # answers of one prompt or of the cheap side, as they are
        return f"{released['label']}, decided by cascade, which releases the answer that came ({'; '.join(alone)})"
    pooled = bool(history["together"]) and spoke and history["together"] != voters
    figure = "voters and student together" if pooled else released["decided_by"]
    sure = f", {figure} at {released['confidence']:.3f}" if released["confidence"] else ""
    told = f" ({'; '.join(alone)})" if pooled else ""
    return f"{released['label']}, decided by {released['decided_by']}{sure}{told}"


def _first(shares: dict[str, float], said: dict[str, Any] | None) -> str:
    """Name the likeliest class with its probability; all of them if several are as likely.

    Of an item whose answer is more than a class it is what was ``said``.
    """
    if said and said.get("label") and said["label"] not in shares:
        return f"{said['label']} at {said['confidence']:.3f}"
    best = max(shares.values())
    names = [name for name, share in shares.items() if round(share, 3) == round(best, 3)]
    return f"{' or '.join(names)} at {best:.3f}"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _cells(row: dict[str, Any], *names: str) -> list[Text]:
    values = [row[name] for name in names]
    return [
        _plain("-" if v is None else f"{v:.3f}" if isinstance(v, float) else str(v)) for v in values
    ]


def _plain(told: str) -> Text:
    return Text(CONTROLS.sub("\N{REPLACEMENT CHARACTER}", told), overflow="fold")
