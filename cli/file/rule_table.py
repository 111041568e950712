"""What each rule does, as a table that fits a terminal, and what stands out as lines below it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from labeling.counted import counted

SHARES = ("coverage", "overlaps", "conflicts")
WIDE = 110
"""Characters of a terminal in which names need no second line."""

NARROW = 18
"""Characters of a line of a name in any other."""


def print_rules(
    console: Console, title: str, rows: Sequence[dict[str, Any]], gold: str | None = None
) -> None:
    """Print a row a rule, and a line for each of which something is to be said.

    Parameters
    ----------
    rows : sequence of dict
        As :func:`labeling.rules.analysis.analyse` returns them, or as they are published.
    gold : str, optional
        What accuracy was measured on; there is no such column without it.
    """
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("rule", overflow="fold")
    table.add_column("votes for", overflow="fold")
    for name in SHARES:
        table.add_column(name, justify="right", no_wrap=True)
    if gold is not None:
        table.add_column(f"accuracy on {gold}")
    for row in rows:
        name = row["rule"] if console.width >= WIDE else _in_lines(row["rule"])
        cells = [name, row["by_class"] or row["label"] or "-"]
        cells += [f"{row[name]:.1%}" for name in SHARES]
        table.add_row(*map(escape, [*cells, _accuracy(row)] if gold is not None else cells))
    console.print(table)
    for row in rows:
        if told := ", ".join(_notes(row)):
            console.print(f"[yellow]{escape(row['rule'])}[/]: {escape(told)}", soft_wrap=True)


def _in_lines(name: str) -> str:
    """Break a long name behind an underscore, so that no word is cut."""
    lines = [""]
    for word in re.findall(r"[^_]*_+|[^_]+", name):
        if len(lines[-1] + word) > NARROW and lines[-1]:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)


def _accuracy(row: dict[str, Any]) -> str:
    """Tell how much of what it said is right: of items, or of marks where it marks texts."""
    name, judged = "accuracy", str(row["gold"])
    if row.get("marks_judged") is not None:
        name, judged = "marks_accuracy", counted(row["marks_judged"], "mark")
    if row[name] is None:
        return "none reviewed"
    return f"{row[name]:.1%} of {judged} ({row[f'{name}_low']:.1%} to {row[f'{name}_high']:.1%})"


def _notes(row: dict[str, Any]) -> Iterator[str]:
    if row["never_fires"]:
        yield "never fires"
    if row["near_duplicate_of"]:
        yield f"votes like {row['near_duplicate_of']} on {row['likeness']:.0%} of their items"
    if row["failures"]:
        yield f"failed on {counted(row['failures'], 'item')}"
    if row.get("suggested_by"):
        after = f" and votes on batches after {row['votes_after']}" if row["votes_after"] else ""
        yield f"{row['suggested_by']} wrote it{after}"
    if row.get("retired_after"):
        yield (
            f"retired after {row['retired_after']}, in which its alarm went off; `touchstone alarm reset "
            f"voter/rule/{row['rule']} --note ...` brings it back"
        )
    if row.get("changed_items"):
        yield f"its last edit changed {counted(row['changed_items'], 'item')}"
