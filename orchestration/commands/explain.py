"""``touchstone explain``: why an item has the label it has."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.commands.story import story_of, unknown
from orchestration.task.errors import TaskError
from orchestration.task.locate import all_tasks, find_task

SHOWN_CHARACTERS = 400
"""Of an item's text."""

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What would move the cursor or recolour the terminal if an item's text held it."""


def explain(
    item: Annotated[str, typer.Argument(help="The item's id.")],
    task: Annotated[
        Path | None, typer.Option(help="Folder or name of the task; all are searched without it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Show every vote on ITEM with its version, the posterior, who decided, and its reviews."""
    chosen = [find_task(task)] if task else all_tasks(Path.cwd())
    found = [(one, story) for one in chosen if (story := story_of(one, item)) is not None]
    if len(found) > 1:
        names = ", ".join(one.name for one, _ in found)
        raise TaskError(f"{item!r} is an item of {names}; say which with --task")
    if not found:
        raise unknown(chosen, item)
    if as_json:
        typer.echo(json.dumps(found[0][1], default=str, ensure_ascii=False))
    else:
        _show(Console(), found[0][1])


def _show(console: Console, story: dict[str, Any]) -> None:
    """Print a story; what items and people wrote is neither markup nor control."""
    head = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    head.add_column(style="dim", no_wrap=True)
    head.add_column(overflow="fold")
    for name, told in _head(story):
        head.add_row(name, _plain(told))
    console.print(head)
    if story["votes"]:
        table = _table("Votes", "voter", "label", "confidence", "version")
        for vote in story["votes"]:
            table.add_row(*_cells(vote, "voter", "label", "confidence", "version"))
        console.print(table)
    failed = [row for row in story["silent"] if row["reason"] != "did not match"]
    quiet = len(story["silent"]) - len(failed)
    for row in failed:
        console.print(_plain(f"{row['voter']} said nothing: {row['reason']}"))
    if quiet:
        console.print(f"{quiet} more rules did not match.", style="dim")
    if story["posterior"]:
        table = _table("Posterior", "class", "probability")
        for name, share in story["posterior"].items():
            table.add_row(_plain(name), f"{share:.3f}")
        console.print(table)
    if story["reviews"]:
        table = _table("Reviews", "reviewer", "answer", "origin", "at", "note")
        for review in story["reviews"]:
            answer = review["label"] or review["outcome"]
            told = {
                **review,
                "answer": f"{answer} (superseded)" if review["superseded"] else answer,
            }
            told["at"] = f"{review['at']:%Y-%m-%d %H:%M}"
            table.add_row(*_cells(told, "reviewer", "answer", "origin", "at", "note"))
        console.print(table)


def _head(story: dict[str, Any]) -> list[tuple[str, str]]:
    text = story["text"] or ""
    more = f" … ({len(text):,} characters)" if len(text) > SHOWN_CHARACTERS else ""
    lines = [("item", f"{story['item']} of {story['task']}")]
    if text:
        lines.append(("text", text[:SHOWN_CHARACTERS] + more))
    image = story["image"] or ""
    if image.startswith("data:"):
        lines.append(("image", f"in the item itself, {len(image):,} characters"))
    elif image:
        lines.append(("image", image))
    for row in story["arrived"]:
        when = f", {row['time']:%Y-%m-%d %H:%M}" if row["time"] else ""
        lines.append(("arrived", f"{row['file']}, row {row['row']}, batch {row['batch']}{when}"))
    for row in story["set_aside"]:
        field = f", {row['field']}" if row["field"] else ""
        lines.append(("set aside", f"{row['file']}, row {row['row']}{field}: {row['reason']}"))
    released, gold = story["released"], story["gold"]
    if released or gold:
        sure = f" at {released['confidence']:.3f}" if released and released["confidence"] else ""
        machine = ""
        if released:
            machine = f"; {released['decided_by']} said {released['label']}{sure}"
            if not released["label"]:
                machine = "; voters and student left it undecided"
        said = machine if gold else sure
        lines.append(
            ("label", f"{story['label'] or 'undecided'}, decided by {story['decided_by']}{said}")
        )
    if gold:
        lines.append(
            ("gold", f"{gold['label']}, settled by {gold['reviews']} of the answers below")
        )
    if story["audit"]:
        audit = story["audit"]
        lines.append(
            (
                "audit",
                f"drawn as number {audit['draw']} with probability {audit['probability']:.3f}",
            )
        )
    if story["queue"]:
        lines.append(("queue", f"number {story['queue']['rank']}: {story['queue']['why']}"))
    return lines


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
