"""``touchstone doctor``: what has to be mended before anything runs."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.doctor.checkup import Finding, examine, task_folders
from cli.options import AsJson
from cli.which_task import TaskOption, named_once
from resources.task.locate import task_folder

TO_MEND = 1
"""Exit code where something must be mended."""

SIGNS = {"fine": ("ok", "green"), "note": ("note", "yellow"), "mend": ("MEND", "bold red")}

EXAMPLES = (
    "doctor",
    "doctor --scale",
    "doctor --task invoices --json",
)


def doctor(
    task: Annotated[
        Path | None, typer.Argument(help="Folder or name of the task; all of them without it.")
    ] = None,
    option: TaskOption = None,
    scale: Annotated[
        bool,
        typer.Option(
            "--scale", help="Look only at engines, clusters, lakes and databases for large batches."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the installation and every task of the project; exit with 1 if something must be mended."""
    named = named_once(task, option)
    only = task_folder(named) if named else None
    if scale:
        from cli.doctor.scale import examine_scale

        findings = list(examine_scale([only] if only else task_folders(Path.cwd())))
    else:
        findings = list(examine(Path.cwd(), only))
    bad = sum(one.state == "mend" for one in findings)
    if as_json:
        typer.echo(json.dumps({"mend": bad, "findings": [asdict(one) for one in findings]}))
    else:
        show(Console(), findings, bad)
    if bad:
        raise typer.Exit(TO_MEND)


def show(console: Console, findings: list[Finding], bad: int) -> None:
    """Print a line a finding, with what to do under what was found."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=32)
    table.add_column(overflow="fold")
    for one in findings:
        sign, style = SIGNS[one.state]
        told = Text(one.found)
        if one.todo:
            told.append(f"\n→ {one.todo}", style=style)
        table.add_row(Text(sign, style=style), Text(one.what), told)
    console.print(table)
    if bad:
        console.print(Text(f"{bad} of {len(findings)} must be mended.", style="bold red"))
    else:
        console.print("Nothing must be mended.", style="green")
