"""A bar for what runs jobs of a task: progress on stderr, everything else that is said in a log.

Without a terminal there is no bar; that a run waits for another is told all the same.
"""

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from orchestration.turn import WAITING
from resources.task.task import Task


@contextlib.contextmanager
def progress_bar(task: Task) -> Iterator[Callable[[str, int, int], None]]:
    """Show what is being done, how many steps are done, and how many there are."""
    task.var.mkdir(parents=True, exist_ok=True)
    stderr = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}", justify="left"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=stderr,
        transient=True,
    ) as bar:
        step = bar.add_task("starting", total=1)

        def tell(what: str, done: int, total: int) -> None:
            bar.update(step, description=what, completed=done, total=total)
            if what.startswith(WAITING) and not stderr.is_terminal:
                stderr.print(what, markup=False, soft_wrap=True)

        # dbt and MLflow write to stdout as they please
        with (
            (task.var / "run.log").open("w", encoding="utf-8") as file,
            contextlib.redirect_stdout(file),
        ):
            yield tell
