"""Before any work: are the classes of task.yaml those that reviews, votes and labels name?"""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime

from assets.landing.class_changes import carry_over, uses
from labeling.class_changes import ClassChange
from labeling.kinds.registry import SINGLE
from resources.reviews.store import ReviewStore
from resources.store.warehouse import Warehouse
from resources.task.classes.record import read_changes
from resources.task.errors import TaskError
from resources.task.reading import read_spec
from resources.task.task import Task


def check_classes(task: Task, warehouse: Warehouse) -> None:
    """Carry out what the record of class changes says, and keep classes that are new in it.

    Raises
    ------
    TaskError
        If a class that answers, votes or labels name is not in task.yaml; it names the class, how
        much names it, and the command that changes classes. If what there is answers another kind of
        question.
    """
    recorded = read_changes(task.reviews)
    known = recorded[-1].classes if recorded else ()
    named = [c.name for c in task.spec.classes]
    if recorded != task.changes:
        listed = {c.name for c in read_spec(task.folder).classes}
        if set(known) == listed and listed != set(named):
            raise TaskError(
                f"the classes of task {task.name!r} changed while this program was running; "
                "start it again"
            )
        task.forget_changes()
    carry_over(task, warehouse)
    counted = named_by(task, warehouse)
    was = kind_of_answers(recorded)
    if recorded and counted and was != task.spec.kind:
        raise TaskError(_other_kind(task, was, counted))
    vanished = [c for c in dict.fromkeys((*known, *counted)) if c not in named and c in counted]
    if vanished:
        new = [c for c in named if c not in (known or counted)]
        raise TaskError(_vanished(task, vanished, counted, new))
    if set(known) != set(named) or was != task.spec.kind:
        now = datetime.now(UTC).isoformat()
        detail = {} if task.spec.kind == was else {"kind": task.spec.kind}
        change = ClassChange("known", {}, task.classes, who="task.yaml", at=now, detail=detail)
        ReviewStore(task.reviews, kind=task.kind).change_classes(change)
        task.forget_changes()
        carry_over(task, warehouse)


def kind_of_answers(recorded: Sequence[ClassChange]) -> str:
    """Return the kind that a task was of last, as the record of its classes says."""
    kinds = [str(one.detail["kind"]) for one in recorded if "kind" in one.detail]
    return kinds[-1] if kinds else SINGLE.name


def _other_kind(task: Task, was: str, counted: dict[str, dict[str, int]]) -> str:
    total: dict[str, int] = {}
    for said in counted.values():
        for what, count in said.items():
            total[what] = total.get(what, 0) + count
    what = ", ".join(f"{count:,} {name}" for name, count in total.items())
    return (
        f"{task.folder / 'task.yaml'}: kind: {task.spec.kind}, but {what} of task {task.name!r} answer "
        f"kind: {was}, and one cannot be read as the other. Put `kind: {was}` back, or make a task of "
        "another name for the new question; `touchstone export` and `touchstone import` carry answers "
        "over"
    )


def named_by(task: Task, warehouse: Warehouse) -> dict[str, dict[str, int]]:
    """Count what names each class: reviews, gold, votes and labels; see ``uses``."""
    found = uses(warehouse, task)
    reviews = ReviewStore(task.reviews, kind=task.kind).named() if task.reviews.exists() else {}
    for label, count in reviews.items():
        found[label] = {"reviews": count, **found.get(label, {})}
    return found


def _vanished(
    task: Task, vanished: Sequence[str], counted: dict[str, dict[str, int]], new: Sequence[str]
) -> str:
    gone, command = vanished[0], "touchstone classes"
    what = ", ".join(f"{count:,} {kind}" for kind, count in counted[gone].items())
    others = f" ({', '.join(vanished[1:])} too)" if len(vanished) > 1 else ""
    renamed = f"`{command} rename {shlex.quote(gone)} {shlex.quote(new[0])}`" if new else ""
    return (
        f"{task.folder / 'task.yaml'}: classes: {gone!r} is not there any more{others}, but {what} "
        f"name it. {f'{renamed} if it is called so now, ' if new else ''}"
        f"`{command} merge {shlex.quote(gone)} --into OTHER` or `{command} retire {shlex.quote(gone)}` "
        "carry them over; or put the class back"
    )
