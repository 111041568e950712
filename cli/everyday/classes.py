"""``touchstone classes``: rename, merge, split or retire classes, and keep what people answered."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.asking import confirm, somebody_is_here
from cli.which_task import TaskOption, show_each
from labeling.counted import counted
from resources.environment import user
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task

if TYPE_CHECKING:
    from orchestration.changes.class_changes import Plan
    from resources.task.classes.asked import Asked

PATIENCE_S = 10.0


class What(StrEnum):
    """What can be done to classes."""

    LIST = "list"
    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    RETIRE = "retire"


EXAMPLES = (
    "classes",
    "classes rename late delay --yes",
    "classes merge rude noisy --into complaint --task invoices",
)


def classes(
    what: Annotated[
        What,
        typer.Argument(
            help="list; rename OLD NEW; merge A B ... --into C; split OLD NEW NEW ...; retire OLD."
        ),
    ] = What.LIST,
    names: Annotated[
        list[str] | None,
        typer.Argument(help="The classes that are meant, and the task; the only one, if not said."),
    ] = None,
    into: Annotated[
        str | None,
        typer.Option(
            help="The class that merged ones become; needed with merge alone.",
            show_default="none",
        ),
    ] = None,
    option: TaskOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it without asking, instead of showing it first.")
    ] = False,
) -> None:
    """Rename, merge, split or retire classes; answers, gold, votes and history are carried over."""
    names, task = _names(what, names or [], option)
    out = Console(highlight=False, soft_wrap=True)
    if what is What.LIST:
        if names or into:
            raise TaskError("list takes no class; see `touchstone classes --help`")
        show_each(
            task, lambda one: {"task": one.name, "of": one}, lambda told: _list(out, told["of"])
        )
        return
    chosen = find_task(task)
    asked = _asked(what, tuple(names), into)
    from orchestration.changes.class_changes import change_classes, plan_change
    from resources.store.warehouse import warehouse_of

    warehouse = warehouse_of(chosen, PATIENCE_S)
    plan = plan_change(chosen, warehouse, asked, user())
    for line in preview(chosen, plan):
        out.print(escape(line))
    if not yes and not somebody_is_here():
        out.print("Nothing was changed; the same with --yes does it.")
        return
    if not yes:
        confirm("Change the classes so?")
    change_classes(chosen, warehouse, plan)
    out.print(f"Done. `touchstone run {chosen.name}` does the rest.")


def _names(what: What, names: list[str], option: Path | None) -> tuple[list[str], Path | None]:
    """Tell the classes from the task behind them: one name too many, or the name of a task."""
    classes = {What.LIST: 0, What.RENAME: 2, What.RETIRE: 1}.get(what)
    if option is not None or not names:
        return names, option
    *others, last = names
    if classes is not None:
        return (others, Path(last)) if len(names) == classes + 1 else (names, None)
    try:
        found = find_task(Path(last))
    except TaskError:
        return names, None
    known = last in found.classes or len(others) < (3 if what is What.SPLIT else 1)
    return (names, None) if known else (others, Path(last))


def preview(task: Task, plan: "Plan") -> list[str]:
    """Say in lines what a change does: what is carried over, what is edited, what is made anew."""
    asked = plan.asked
    lines = [f"{task.name}: {_sentence(asked)}"]
    for name, counts in plan.named.items():
        told = ", ".join(f"{count:,} {kind}" for kind, count in counts.items()) or "nothing yet"
        lines.append(f"  {name} is named by {told}")
    lines += [f"  open alarm of {series}" for series in plan.alarms]
    lines += [f"  {edit}" for edit in plan.edits.told]
    lines += [f"  look at it by hand: {line}" for line in plan.edits.by_hand]
    n = len(plan.labels_anew)
    if asked.what in ("split", "retire"):
        lines.append(f"  the next run labels {counted(n, 'batch')} again")
    elif n:
        stale = counted(n, "batch again, which was", "batches again, which were")
        lines.append(f"  the next run labels {stale} not up to date anyway")
    else:
        anew = "measured again" if asked.what == "merge" else "done again"
        lines.append(
            f"  no item is labelled again, and nothing is {anew if asked.what == 'rename' else 'paid for'}"
        )
    return lines


def _sentence(asked: "Asked") -> str:
    old, new = ", ".join(asked.old), ", ".join(asked.new)
    return {
        "rename": f"{old} is called {new} from now on; all that was said of it is said of {new}",
        "merge": f"{old} become {new}; what was said of any of them is said of {new}, and measured anew",
        "split": f"{old} becomes {new}; nobody can tell which of them an old answer means, so its "
        "reviewed items come before people again, first",
        "retire": f"{old} is no class any more; its gold counts no longer, is listed by "
        "`touchstone classes`, and what was drawn to measure is asked again",
    }[asked.what]


def _asked(what: What, names: tuple[str, ...], into: str | None) -> "Asked":
    from resources.task.classes.asked import Asked

    usage = {
        What.RENAME: "rename OLD NEW",
        What.MERGE: "merge A B ... --into C",
        What.SPLIT: "split OLD NEW NEW ...",
        What.RETIRE: "retire OLD",
    }[what]
    least, most = {
        What.RENAME: (2, 2),
        What.MERGE: (1, 99),
        What.SPLIT: (3, 99),
        What.RETIRE: (1, 1),
    }[what]
    if not least <= len(names) <= most or (into is not None) != (what is What.MERGE):
        raise TaskError(f"say `touchstone classes {usage}`")
    if what is What.RENAME:
        return Asked("rename", names[:1], names[1:])
    if what is What.MERGE:
        assert into is not None  # noqa: S101  # checked above
        old = tuple(dict.fromkeys(names))
        if set(old) <= {into}:
            raise TaskError(f"{into!r} alone is nothing to merge; say `touchstone classes {usage}`")
        return Asked("merge", old, (into,))
    return Asked(what.value, names[:1], names[1:])


def _list(out: Console, task: Task) -> None:
    from resources.reviews.store import ReviewStore

    shown = [c.name for c in task.spec.classes]
    out.print(escape(f"{task.name}: {', '.join(shown)}"))
    for change in task.changes:
        moved = ", ".join(f"{old} → {new or 'nobody can say'}" for old, new in change.moves.items())
        said = moved or ", ".join(change.classes)
        out.print(
            escape(f"  {change.at[:16].replace('T', ' ')} {change.who}: {change.what}: {said}")
        )
    if not task.reviews.exists():
        return
    gone = ReviewStore(task.reviews, kind=task.kind).gone()
    if gone:
        out.print(
            counted(
                len(gone),
                "answer names a class that is gone, and counts no longer:",
                "answers name a class that is gone, and count no longer:",
            )
        )
    for item, batch, label, reviewer in gone:
        out.print(escape(f"  {item} ({batch}): {label}, said {reviewer}"))
