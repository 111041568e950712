"""``touchstone rollback``: the labels as they were before a batch was labelled last."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.asking import confirm
from cli.progress import progress_bar
from labeling.counted import counted
from resources.task.locate import find_task

EXAMPLES = ("rollback invoices 2026-03-02", "rollback invoices 2026-03-02 --yes")


def rollback(
    task: Annotated[Path, typer.Argument(help="Folder or name of the task.")],
    batch: Annotated[str, typer.Argument(help="The batch that should not have been labelled so.")],
    yes: Annotated[bool, typer.Option("--yes", help="Bring it back without asking.")] = False,
) -> None:
    """Bring back and publish what stood before BATCH was labelled last, of a task in a lake; reviews stay."""
    from orchestration.changes.rolling_back import roll_back
    from resources.store.history import version_before
    from resources.store.warehouse import warehouse_of

    chosen = find_task(task)
    out = Console(highlight=False, soft_wrap=True)
    then = version_before(chosen, warehouse_of(chosen), batch).at
    out.print(
        f"{escape(chosen.name)}: labels, votes and figures as they were at {then:%Y-%m-%d %H:%M:%S} UTC come "
        "back and are published; reviews, answers of models and students stay"
    )
    if not yes:
        confirm("Bring them back?")
    with progress_bar(chosen) as tell:
        tell("bringing back", 0, 1)
        done = roll_back(chosen, batch)
    out.print(
        f"{counted(len(done.tables), 'table')} brought back. `touchstone run {escape(chosen.name)}` labels again "
        "what rules, settings or files say otherwise: mend them first"
    )
