"""``touchstone import``: items to review and people's answers, out of a file."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestration.resources.review_rows import ReviewError
from orchestration.task.locate import find_task
from orchestration.task.task import Task


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="What `touchstone export --reviews` wrote, or a .csv, .jsonl or Label Studio .json "
            "with at least item_id and batch."
        ),
    ],
    task: Annotated[
        Path | None,
        typer.Argument(help="Folder or name of the task; the only one, if there is one."),
    ] = None,
) -> None:
    """Take items to review and answers into TASK; taking them in twice changes nothing."""
    from console.formats.bundle import write_store
    from console.formats.files import read_file
    from orchestration.resources.review_store import ReviewStore

    chosen = find_task(task)
    bundle = read_file(file)
    check_classes(chosen, file, [r.label for r in bundle.reviews if r.label is not None])
    check_classes(chosen, file, [a.gold for a in bundle.assignments if a.gold is not None])
    chosen.reviews.parent.mkdir(parents=True, exist_ok=True)
    # An overlap is asked for when people answer; opened here, more would go out than came in.
    store = ReviewStore(chosen.reviews)
    with closing(store):
        planned, answers = write_store(store, bundle)
        store.log("command line", "imported", f"{planned} assignments, {answers} reviews")
    Console().print(
        f"{planned:,} new assignments and {answers:,} new reviews taken in; "
        f"{len(bundle.reviews) - answers:,} reviews were there before.",
        markup=False,
        soft_wrap=True,
        highlight=False,
    )


def check_classes(task: Task, file: Path, labels: list[str]) -> None:
    """Refuse answers that name no class of the task: nothing of the file is then taken in.

    Raises
    ------
    ReviewError
        Names the file, the strange label, how many there are and what is allowed.
    """
    strange = [label for label in labels if label not in task.classes]
    if strange:
        raise ReviewError(
            f"{file}: {strange[0]!r} is no class of task {task.name!r} ({len(strange)} such labels); "
            f"allowed: {', '.join(task.classes)}",
            "unknown_class",
        )
