"""``touchstone reset``: begin anew, with what people and models said."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from resources.task.locate import find_task


def reset(
    task: Annotated[
        Path | None,
        typer.Argument(help="Folder or name of the task; the only one, if there is one."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Only this batch and those after it.")
    ] = None,
) -> None:
    """Take out what was made of a task's batches; reviews and model answers stay."""
    from orchestration.resetting import reset_task

    chosen = find_task(task)
    cleared = reset_task(chosen, since)
    console = Console()
    if not cleared.batches:
        console.print(f"nothing was made of {chosen.name} yet", soft_wrap=True)
        return
    ends = [cleared.batches[0], cleared.batches[-1]]
    console.print(
        f"took out {len(cleared.batches)} batch{'es' * (len(cleared.batches) > 1)} of {chosen.name} "
        f"({escape(' to '.join(dict.fromkeys(ends)))}): items, votes, labels, samples and figures.",
        soft_wrap=True,
    )
    console.print(
        "Kept: reviews, alarms that were dealt with, model answers, vectors, rounds of the canary.",
        soft_wrap=True,
    )
    console.print(f"`touchstone run {chosen.name}` makes them anew.", soft_wrap=True)
