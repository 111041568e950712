"""The rules of a task, as its last run found them: for ``touchstone rules TASK``."""

from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.file.rule_table import print_rules
from labeling.counted import counted
from resources.task.errors import TaskError
from resources.task.task import Task

Rows = list[dict[str, Any]]

FILES = ("rule_analysis", "rule_suggestions", "rule_changes")
MOST_CHANGES = 20
"""Changed items that are shown; ``--json`` has all of them."""


def rules_of(task: Task) -> dict[str, Rows]:
    """Read what is published of the task's rules.

    Returns
    -------
    dict
        ``rules``: the analysis over all batches. ``suggestions``: new rules, each with its ``yaml``.
        ``changes``: items on which an edited rule says something else than before.

    Raises
    ------
    TaskError
        If the task was not run yet.
    """
    import pyarrow.parquet as pq

    paths = [task.published / f"{name}.parquet" for name in FILES]
    if not all(path.is_file() for path in paths):
        raise TaskError(
            f"task {task.name!r} has no votes of rules yet; `touchstone run {task.name}` makes them"
        )
    rules, suggestions, changes = (pq.ParquetFile(path).read().to_pylist() for path in paths)
    return {
        "rules": rules,
        "suggestions": sorted(suggestions, key=lambda row: row["rank"]),
        "changes": changes,
    }


def show(console: Console, task: Task, found: dict[str, Rows]) -> None:
    """Print the analysis, what changed, and suggestions ready to paste."""
    title = f"{counted(len(found['rules']), 'rule')} of {task.name}, all batches"
    print_rules(console, title, found["rules"], gold="audit gold")
    if found["changes"]:
        console.print(_changed(found["changes"]))
        for row in found["changes"][:MOST_CHANGES]:
            was, now = row["label_before"] or "no vote", row["label_after"] or "no vote"
            console.print(
                escape(f"  {row['voter']} on {row['item_id']} ({row['batch']}): {was} → {now}")
            )
        if len(found["changes"]) > MOST_CHANGES:
            console.print(f"  … and {len(found['changes']) - MOST_CHANGES:,} more")
    yaml = "\n".join(row["yaml"] for row in found["suggestions"])
    typer.echo(f"# suggestions, to paste under rules:\n{yaml or '  # nothing stands out'}")


def _changed(rows: Rows) -> Table:
    table = Table(
        title="What the last edit of each rule changed", title_justify="left", box=None, pad_edge=False,
        padding=(0, 2, 0, 0),
    )  # fmt: skip
    for name in ("rule", "version before", "after", "gained", "lost", "other class"):
        table.add_column(name)
    edits: dict[tuple[str, str, str], list[int]] = {}
    for row in rows:
        key = row["voter"], row["version_before"], row["version_after"]
        counts = edits.setdefault(key, [0, 0, 0])
        kind = 0 if row["label_before"] is None else 1 if row["label_after"] is None else 2
        counts[kind] += 1
    for key, counts in sorted(edits.items()):
        table.add_row(*map(escape, key), *(str(count) for count in counts))
    return table
