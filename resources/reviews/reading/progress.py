"""How far people are: what waits for them, and what one person did and answered last."""

import json
from dataclasses import dataclass
from typing import Any

from labeling.state.connection import Connection
from resources.reviews.store import ReviewStore

DAY_US = 86_400_000_000
PACE_US = 600_000_000
"""Pace is counted over the last ten minutes."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts for one person; nothing in them tells an audit from a queue item."""

    answered: int
    answered_today: int
    skipped: int
    last_ten_minutes: int
    open_items: int
    to_adjudicate: int


def open_by_origin(store: ReviewStore) -> dict[str, int]:
    """Count what waits for people by why they are asked; hidden gold is not work and does not count."""
    with store.database.read() as db:
        rows = db.execute(
            "select origin, count(*) from assignments where state = 'open' and origin <> 'check'"
            " group by origin order by min(rowid)"
        ).fetchall()
    return {str(origin): int(n) for origin, n in rows}


def asked(store: ReviewStore, item: str) -> tuple[str, int] | None:
    """Return the newest batch of an item that people were asked about, and how many answers it has."""
    with store.database.read() as db:
        row = db.execute(
            "select batch, (select count(*) from reviews where item_id = :item) from assignments"
            " where item_id = :item order by planned_us desc limit 1",
            {"item": item},
        ).fetchone()
    return None if row is None else (str(row[0]), int(row[1]))


def progress(store: ReviewStore, reviewer: str) -> Progress:
    """Count what ``reviewer`` did and what waits; days are UTC days."""
    now_us = store.now_us()
    with store.database.read() as db:
        return _progress(db, reviewer, now_us)


def _progress(db: Connection, reviewer: str, now_us: int) -> Progress:
    mine = db.execute(
        "select count(*) filter (where outcome <> 'skip') as answered,"
        " count(*) filter (where outcome <> 'skip' and at_us >= :day) as today,"
        " count(*) filter (where at_us >= :lately) as lately"
        " from standing_reviews where reviewer = :reviewer",
        {
            "reviewer": reviewer,
            "day": now_us - now_us % DAY_US,
            "lately": now_us - PACE_US,
        },
    ).fetchone()
    skipped = db.execute(
        "select count(*) from standing_reviews as r where reviewer = ? and outcome = 'skip'"
        " and exists (select 1 from assignments as a where a.item_id = r.item_id"
        " and a.batch = r.batch and a.state = 'open' and a.origin <> 'adjudicate')",
        (reviewer,),
    ).fetchone()[0]
    waiting = db.execute(
        "select (select count(*) from (select distinct item_id, batch from assignments"
        " where state = 'open' and origin not in ('check', 'adjudicate')) as waiting) as items,"
        " (select count(*) from assignments where state = 'open' and origin = 'adjudicate') as torn"
    ).fetchone()
    return Progress(
        mine["answered"], mine["today"], skipped, mine["lately"], waiting["items"], waiting["torn"]
    )


def history(store: ReviewStore, reviewer: str, limit: int) -> list[dict[str, Any]]:
    """Return the person's latest answers, newest first, with the item as it was shown."""
    with store.database.read() as db:
        rows = db.execute(
            "select r.item_id, r.batch, r.outcome, r.label, r.note, r.idempotency_key, r.lease, r.shown,"
            " i.text, i.image, i.context from standing_reviews as r join items as i"
            " using (item_id, batch) where r.reviewer = ? and r.lease is not null"
            " order by r.review_id desc limit ?",
            (reviewer, limit),
        ).fetchall()
    return [{**dict(row), "shown": json.loads(row["shown"] or "{}")} for row in rows]


def opinions(store: ReviewStore, item_id: str, batch: str) -> list[dict[str, Any]]:
    """Return what the others answered, without their names, in an order that tells nothing."""
    with store.database.read() as db:
        rows = db.execute(
            "select outcome, label, note from standing_reviews where item_id = ? and batch = ?"
            " and outcome <> 'skip' and origin not in ('check', 'adjudicate')"
            " order by label, note",
            (item_id, batch),
        ).fetchall()
    return [dict(row) for row in rows]


def image_of(store: ReviewStore, token: str, reviewer: str) -> str | None:
    """Return the image of an item that was handed to ``reviewer`` under this lease."""
    with store.database.read() as db:
        row = db.execute(
            "select i.image from leases as l join items as i using (item_id, batch)"
            " where l.token = ? and l.reviewer = ?",
            (token, reviewer),
        ).fetchone()
    return None if row is None else row["image"]
