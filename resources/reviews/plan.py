"""Putting items up for review, again and again, without doing it twice."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import pyarrow as pa

from labeling.state.connection import Connection
from resources.reviews.rows import Assignment, ReviewError, read_context
from resources.reviews.sight import CurrentItem, bring_up, replaced, sight_of

NEEDED = ("item_id", "batch", "origin")

FIRST = 1.0
"""Priority of items that are asked again because their class is gone: before all others, and no
queue drawn anew takes them back."""


def read_assignments(
    rows: pa.Table | Iterable[Assignment | Mapping[str, Any]],
) -> list[Assignment]:
    """Read a plan given as an Arrow table, as mappings or as assignments.

    Raises
    ------
    ReviewError
        If a column is unknown or missing, or a value is outside what is allowed; says which row.

    Examples
    --------
    >>> read_assignments([{"item_id": "7", "batch": "2015-06", "origin": "queue"}])[0].priority
    0.0
    """
    if isinstance(rows, pa.Table):
        rows = rows.to_pylist()
    return [
        row if isinstance(row, Assignment) else _assignment(number, row)
        for number, row in enumerate(rows)
    ]


def write_plan(
    db: Connection,
    rows: list[Assignment],
    *,
    replace: bool,
    exact: bool,
    now_us: int,
    overlap_share: float,
) -> int:
    """Write the plan and return how many assignments are new; see ``ReviewStore.plan``."""
    seen = [CurrentItem(a.item_id, a.batch, a.text, a.image) for a in rows]
    bring_up(db, seen, {}, exact=exact, now_us=now_us, overlap_share=overlap_share)
    before = db.execute("select count(*) from assignments").fetchone()[0]
    db.executemany(
        "insert into items (item_id, batch, text, image, context, suggestion, sight)"
        " values (?, ?, ?, ?, ?, ?, ?) on conflict (item_id, batch) do update set"
        " context = excluded.context, suggestion = excluded.suggestion"
        " where not exists (select 1 from read_reviews as r"
        " where r.item_id = excluded.item_id and r.batch = excluded.batch and not r.aside)",
        [
            (
                a.item_id, a.batch, a.text, a.image,
                json.dumps(dict(a.context), ensure_ascii=False, sort_keys=True), a.suggestion,
                sight_of(a.text, a.image, replaced(db, a.image), exact=exact),
            )
            for a in rows
        ],
    )  # fmt: skip
    if replace:
        _withdraw(db, rows)
    db.executemany(
        "insert into assignments (item_id, batch, origin, priority, probability, gold, planned_us)"
        " values (?, ?, ?, ?, ?, ?, ?) on conflict (item_id, batch, origin) do update set"
        " priority = case when assignments.priority >= ? then assignments.priority"
        " else excluded.priority end,"
        " probability = excluded.probability, gold = excluded.gold,"
        " state = 'open' where assignments.state <> 'done'",
        [
            (a.item_id, a.batch, a.origin, a.priority, a.probability, a.gold, now_us, FIRST)
            for a in rows
        ],
    )
    return db.execute("select count(*) from assignments").fetchone()[0] - before


def reviewed(db: Connection, rows: list[Assignment]) -> list[tuple[str, str]]:
    """Those of the planned items (item_id, batch) that somebody answered before."""
    items = sorted({(a.item_id, a.batch) for a in rows})
    return [
        item
        for item in items
        if db.execute(
            "select 1 from reviews where item_id = ? and batch = ? limit 1", item
        ).fetchone()
    ]


def _withdraw(db: Connection, rows: list[Assignment]) -> None:
    keep = {(a.item_id, a.batch, a.origin) for a in rows}
    for batch, origin in {(a.batch, a.origin) for a in rows}:
        stale = db.execute(
            "select item_id from assignments where batch = ? and origin = ? and state = 'open'"
            " and priority < ?",
            (batch, origin, FIRST),
        ).fetchall()
        db.executemany(
            "update assignments set state = 'withdrawn'"
            " where item_id = ? and batch = ? and origin = ?",
            [(r[0], batch, origin) for r in stale if (r[0], batch, origin) not in keep],
        )


def _assignment(number: int, row: Mapping[str, Any]) -> Assignment:
    given = {name: value for name, value in row.items() if value is not None}
    known = [f.name for f in fields(Assignment)]
    strangers = sorted(given.keys() - set(known))
    if strangers:
        raise ReviewError(
            f"row {number} of the plan has a field {', '.join(strangers)}; "
            f"an assignment has {', '.join(known)}"
        )
    missing = [name for name in NEEDED if name not in given]
    if missing:
        raise ReviewError(f"row {number} of the plan lacks {', '.join(missing)}")
    return Assignment(**{**given, "context": read_context(given.get("context"))})
