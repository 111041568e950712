"""``touchstone quarantine``: every row that was set aside, and why."""

from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.everyday.export import whole
from cli.options import AnyTask, AsJson
from cli.which_task import NothingYetError, show_each
from labeling.counted import counted
from resources.store.place import stands
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task

PATIENCE_S = 20.0

EXAMPLES = (
    "quarantine invoices --limit 0",
    "quarantine invoices -o set_aside.csv",
    "quarantine invoices --json",
)


def quarantine(
    task: AnyTask = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            help="Write all rows with their content to this CSV file, and print none.",
            show_default="no file",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Rows that are shown at most; 0 for all.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show which rows were set aside as they landed, where they stand and why."""
    if out is not None:
        from labeling.files.writing import write_table

        table, _ = _rows_of(find_task(task))

        def write(path: Path) -> str:
            write_table(path, table)
            return f"{counted(table.num_rows, 'row')}"

        if out.suffix != ".csv":
            raise TaskError(f"{out}: rows that were set aside can be written to .csv")
        typer.echo(f"{whole(out, write)} written to {out}")
        return

    def look(one: Task) -> dict[str, Any]:
        rows, reasons = _rows_of(one)
        return {"task": one.name, "reasons": reasons, "rows": rows.to_pylist()}

    show_each(task, look, lambda told: _show(Console(), told, limit), as_json)


def _rows_of(task: Task) -> tuple[pa.Table, list[dict[str, Any]]]:
    from assets.landing.set_aside import set_aside
    from resources.store.warehouse import warehouse_of

    if not stands(task):
        raise NothingYetError(
            f"nothing has landed yet: `touchstone run {task.name}` reads the input"
        )
    warehouse = warehouse_of(task, PATIENCE_S)
    reasons = set_aside(warehouse)
    table = warehouse.read("landing.set_aside.every_row")
    warehouse.close()
    return table, reasons


def _show(console: Console, told: dict[str, Any], limit: int) -> None:
    rows = told["rows"]
    if not rows:
        console.print(f"no row of {told['task']} is set aside")
        return
    console.print(_by_reason(told["task"], told["reasons"]))
    console.print(_rows(rows[: limit or None]))
    if limit and len(rows) > limit:
        console.print(
            f"and {len(rows) - limit:,} more: --limit 0 shows all, -o FILE.csv writes them"
        )
    if any(row["kind"] == "duplicate" for row in rows):
        console.print(
            "An id that comes again is the same item: its first row, by name of the file, counts. Let "
            "every item have an id of its own, or take the row out.",
            soft_wrap=True,
        )
    console.print(
        "Mend the files, or column, time_format or longest_text under source:, and run again.",
        soft_wrap=True,
    )


def _by_reason(task: str, reasons: list[dict[str, Any]]) -> Table:
    table = Table(title=f"{escape(task)}: set aside, by reason", title_justify="left")
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("what", no_wrap=True)
    table.add_column("reason, as of the first", overflow="fold")
    for row in reasons:
        table.add_row(
            f"{row['rows']:,}", escape(row["field"] or row["kind"]), escape(str(row["reason"]))
        )
    return table


def _rows(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Where they stand", title_justify="left")
    for name in ("file", "row", "field", "reason"):
        table.add_column(name, overflow="fold", justify="right" if name == "row" else "left")
    for row in rows:
        at = "all" if row["row"] is None else f"{row['row']:,}"
        table.add_row(escape(row["file"]), at, escape(row["field"] or ""), escape(row["reason"]))
    return table
