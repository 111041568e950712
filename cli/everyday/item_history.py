"""All that is known of one item, gathered for ``touchstone explain``."""

import json
import re
from contextlib import suppress
from typing import Any

from resources.store.standing import stands
from resources.task.errors import TaskError
from resources.task.task import Task

PATIENCE_S = 30.0
"""How long an explanation waits for a run to give the warehouse free, in seconds."""

NEAR = 0.75
"""Likeness of ids (Jaro-Winkler, 0..1) from which they are offered instead of an unknown one."""

ONE_ROW = {
    "consensus": "select label, confidence, posterior, n_votes, version from labels.consensus",
    "released": "select label, confidence, decided_by, stamp, run from labels.released",
    "student": "select calibrated, pooled from labels.student_opinions",
    "gold": "select label, origin, probability, reviews from people.gold",
    "audit": "select draw, probability, population from people.audit_sample",
    "queue": "select rank, strategy, why from people.queue",
}
"""What is asked once for an item; all of these tables hold at most one row for it."""

VOTES = """
from (
    select voter, version, label, confidence, run, item_id, batch from votes.rules
    union all by name from votes.models
    union all by name from votes.student
)
select voter, version, label, confidence, run where item_id = $item and batch = $batch
order by split_part(voter, '/', 1) = 'student', voter
"""
SILENT = """
with failed as (
    select voter, message as reason from votes.rule_failures
    where item_id = $item and batch = $batch
    union all
    select voter, reason from votes.model_abstentions where item_id = $item and batch = $batch
),
spoke as (select voter from votes.rules where item_id = $item and batch = $batch)
select voter, reason from failed
union all
select voter, 'did not match' from votes.rule_versions
where batch = $batch
    and voter not in (select voter from failed union all select voter from spoke)
order by voter
"""


def story_of(task: Task, item: str) -> dict[str, Any] | None:
    """Gather all that is known of an item; ``None`` if it never arrived.

    Returns
    -------
    dict
        ``arrived``: files and rows it came in. ``set_aside``: rows in quarantine, with reasons.
        ``votes``, ``silent``: who spoke, and who did not and why. ``posterior``: class to
        probability by the voters; ``student`` by the student, and ``together`` by both: the figure
        that decided. ``label``, ``decided_by``: what is published; people, consensus, student or
        nobody. ``reviews``, ``gold``, ``audit``, ``queue``. Empty or ``None`` where there is none.
    """
    if not stands(task):
        return None
    from resources.store.warehouse import warehouse_of

    with warehouse_of(task, PATIENCE_S).connect() as db:

        def rows(sql: str, **values: object) -> list[dict[str, Any]]:
            return db.execute(sql, values).to_arrow_table().to_pylist()

        arrived = rows(
            "select file, row, batch, time, text, image from raw.arrivals where item_id = $item"
            " order by file, row",
            item=item,
        )
        suspects = rows(
            "select q.file, q.row, q.batch, q.field, q.reason, q.content, q.kind"
            " from raw.quarantine q left join raw.arrivals a"
            " on q.kind = 'duplicate' and a.file = q.file and a.row = q.row"
            " where a.item_id = $item or q.kind <> 'duplicate' and contains(q.content, $item)"
            " order by q.file, q.row",
            item=item,
        )
        set_aside = [
            row
            for row in suspects
            if row["kind"] == "duplicate" or _is_about(row["content"], task.spec.source.id, item)
        ]
        if not arrived and not set_aside:
            return None
        # where an id came twice, the first row stands
        which = {"item": item, "batch": arrived[0]["batch"] if arrived else None}
        one = {
            name: (rows(f"{sql} where item_id = $item and batch = $batch", **which) or [None])[0]
            for name, sql in ONE_ROW.items()
        }
        votes, silent = rows(VOTES, **which), rows(SILENT, **which) if arrived else []
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
        "reviews": _reviews(task, item),
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
    if not task.reviews.is_file():
        return []
    from resources.reviews.store import ReviewStore

    store = ReviewStore(task.reviews)
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
    """Say that an item never arrived, and which ids are like it."""
    from resources.store.warehouse import warehouse_of

    near: list[str] = []
    searched = [task for task in tasks if stands(task)]
    for task in searched:
        found = warehouse_of(task, PATIENCE_S).read(
            "select distinct item_id, jaro_winkler_similarity(item_id, ?) as likeness"
            " from raw.arrivals where likeness >= ? order by likeness desc, item_id limit 3",
            [item, NEAR],
        )
        near += [f"{name} ({task.name})" for name in found["item_id"].to_pylist()]
    if not searched:
        which = f" {tasks[0].name}" if len(tasks) == 1 else ""
        return TaskError(f"no item is known yet: nothing was run; `touchstone run{which}` does")
    where = ", ".join(task.name for task in searched)
    guess = f"; did you mean {', '.join(near)}?" if near else ""
    return TaskError(f"no item {item!r} has arrived in {where}{guess}")
