"""``touchstone compare``: what an edit of rules changed, out of the votes before and after."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.options import AsJson
from labeling.rules.changes import Changes, changes
from labeling.rules.tables import read_earlier

MAX_LISTED = 20
"""Failures and changed items that are shown; ``--json`` has all of them."""

EXAMPLES = ("compare before.csv after.csv", "compare before.parquet after.parquet --json")


def compare(
    before: Annotated[
        Path,
        typer.Argument(metavar="BEFORE", help="Long votes that `touchstone rules -o` wrote."),
    ],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The same after an edit.")],
    as_json: AsJson = False,
) -> None:
    """Tell which rules differ between two files of votes, and on which items."""
    difference = changes(read_earlier(before), read_earlier(after))
    if as_json:
        typer.echo(json.dumps(changes_as_json(difference)))
    else:
        show_changes(Console(), difference)


def changes_as_json(difference: Changes) -> dict[str, Any]:
    """Return every rule and every item that changed."""
    return {
        "changed_rules": difference.rules.to_pylist(),
        "changed_items": difference.items.to_pylist(),
    }


def show_changes(console: Console, difference: Changes) -> None:
    """Print a row a rule that changed, and the first items."""
    table = Table(title="Changed rules", title_justify="left")
    names = ("voter", "version_before", "version_after", "kept", "gained", "lost", "changed")
    for name in names:
        table.add_column(name.replace("_", " "))
    for row in difference.rules.to_pylist():
        table.add_row(*(escape("-" if row[name] is None else str(row[name])) for name in names))
    console.print(table)
    for row in difference.items.slice(0, MAX_LISTED).to_pylist():
        was, now = row["label_before"] or "no vote", row["label_after"] or "no vote"
        console.print(escape(f"  {row['voter']} on {row['item_id']}: {was} → {now}"))
    if difference.items.num_rows > MAX_LISTED:
        console.print(f"  … and {difference.items.num_rows - MAX_LISTED:,} more votes")
