"""All that is known of one item, gathered for ``touchstone explain``."""

import json
import re
from contextlib import suppress
from typing import Any

from labeling.counted import counted
from resources.store.place import stands
from resources.task.errors import TaskError
from resources.task.task import Task

PATIENCE_S = 30.0
"""How long an explanation waits for a run to give the warehouse free, in seconds."""

NEAR = 0.75
"""Likeness of ids (Jaro-Winkler, 0..1) from which they are offered instead of an unknown one."""

ONE_ROW = ("consensus", "released", "student", "gold", "audit", "queue")
"""Queries that find at most one row for an item."""


def history_of(task: Task, item: str, as_of: str | None = None) -> dict[str, Any] | None:
    """Gather all that is known of an item; ``None`` if it never arrived.

    Parameters
    ----------
    as_of : str, optional
        A batch or a time: what was known when that was labelled last, or then.

    Returns
    -------
    dict
        ``arrived``: files and rows it came in. ``set_aside``: rows in quarantine, with reasons.
        ``votes``, ``silent``: who spoke, and who did not and why. ``posterior``: class to
        probability by the voters; ``student`` by the student, and ``together`` by both: the figure
        that decided. ``label``, ``decided_by``: what is published; people, consensus, student or
        nobody. ``reviews``, ``gold``, ``audit``, ``queue``. Empty or ``None`` where there is none.
        ``as_of``: since when all of that is so, where that was asked.
    """
    if not stands(task):
        return None
    from resources.store.history import version_at
    from resources.store.warehouse import warehouse_of

    warehouse = warehouse_of(task, PATIENCE_S)
    then = version_at(task, warehouse, as_of) if as_of is not None else None
    with warehouse.as_of(then.number) if then else warehouse.connect() as db:
        arrived = db.rows("cli.item_history.arrived", item=item)
        set_aside = [
            row
            for row in db.rows("cli.item_history.suspects", item=item)
            if row["kind"] == "duplicate" or _is_about(row["content"], task.spec.source.id, item)
        ]
        if not arrived and not set_aside:
            return None
        which = {"item": item, "batch": arrived[0]["batch"] if arrived else None}
        one = {
            name: next(iter(db.rows(f"cli.item_history.{name}", **which)), None) for name in ONE_ROW
        }
        votes = db.rows("cli.item_history.votes", **which)
        silent = db.rows("cli.item_history.silent", **which) if arrived else []
    consensus, released, gold = one["consensus"], one["released"], one["gold"]
    opinion = one["student"] or {}
    return {
        "task": task.name,
        "item": item,
        "batch": which["batch"],
        "text": arrived[0]["text"] if arrived else None,
        "image": arrived[0]["image"] if arrived else None,
        "arrived": [
            {name: row[name] for name in ("file", "row", "batch", "time")} for row in arrived
        ],
        "set_aside": set_aside,
        "votes": votes,
        "silent": silent,
        "posterior": _by_class(task, (consensus or {}).get("posterior")),
        "student": _by_class(task, opinion.get("calibrated")),
        "together": _by_class(task, opinion.get("pooled")),
        "consensus": {k: v for k, v in consensus.items() if k != "posterior"}
        if consensus
        else None,
        "released": released,
        "label": (gold or released or {}).get("label"),
        "decided_by": "people" if gold else (released or {}).get("decided_by", "nobody"),
        "gold": gold,
        "reviews": [row for row in _reviews(task, item) if then is None or row["at"] <= then.at],
        "as_of": then.at if then else None,
        "audit": one["audit"],
        "queue": one["queue"],
    }


def _is_about(content: str, id_column: str, item: str) -> bool:
    """Whether a row that was set aside is the item's; lines that were cut hold no more than text."""
    with suppress(ValueError):
        record = json.loads(content)
        if isinstance(record, dict):
            return str(record.get(id_column) or "").strip() == item
    return re.search(rf"(?<![\w-]){re.escape(item)}(?![\w-])", content) is not None


def _by_class(task: Task, values: list[float] | None) -> dict[str, float]:
    values = values or []
    names = list(task.classes)
    if len(names) != len(values):  # classes were added or taken away since
        names = [f"class {at}" for at in range(len(values))]
    return dict(sorted(zip(names, values, strict=True), key=lambda pair: -pair[1]))


def _reviews(task: Task, item: str) -> list[dict[str, Any]]:
    """Every answer in the review store, also those that no run has read yet."""
    if not task.reviews.exists():
        return []
    from resources.reviews.store import ReviewStore

    store = ReviewStore(task.reviews, kind=task.kind)
    try:
        every = store.reviews()
    finally:
        store.close()
    names = (
        "reviewer",
        "outcome",
        "label",
        "origin",
        "seconds",
        "at",
        "note",
        "superseded",
        "aside",
    )
    return [
        {name: row[name] for name in names} for row in every.to_pylist() if row["item_id"] == item
    ]


def unknown(tasks: list[Task], item: str) -> TaskError:
    """Say that an item is gone, where people were asked about it; else that it never arrived."""
    from resources.store.warehouse import warehouse_of

    for task in tasks:
        if stands(task) and (told := _gone(task, item)) is not None:
            return TaskError(told)
    near: list[str] = []
    searched = [task for task in tasks if stands(task)]
    for task in searched:
        found = warehouse_of(task, PATIENCE_S).column(
            "cli.item_history.alike", item=item, likeness=NEAR
        )
        near += [f"{name} ({task.name})" for name in found]
    if not searched:
        which = f" {tasks[0].name}" if len(tasks) == 1 else ""
        return TaskError(f"no item is known yet: nothing was run; `touchstone run{which}` does")
    where = ", ".join(task.name for task in searched)
    guess = f"; did you mean {', '.join(near)}?" if near else ""
    return TaskError(f"no item {item!r} has arrived in {where}{guess}")


def _gone(task: Task, item: str) -> str | None:
    if not task.reviews.exists():
        return None
    from resources.reviews.reading.progress import asked
    from resources.reviews.store import ReviewStore

    store = ReviewStore(task.reviews, kind=task.kind)
    try:
        found = asked(store, item)
    finally:
        store.close()
    if found is None:
        return None
    batch, answers = found
    kept = "nobody had answered about it"
    if answers:
        kept = f"{counted(answers, 'answer')} of people kept, to count again once it is back"
    return (
        f"item {item!r} of {task.name} is gone: it came in batch {batch}, and no file that was read has "
        f"it any more (`touchstone run {task.name}` reads what changed); it has no label; {kept}"
    )
