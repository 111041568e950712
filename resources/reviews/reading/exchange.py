"""What files and other tools are told of a store: its items, what is planned, who holds what."""

import json
from collections.abc import Mapping
from typing import Any

from labeling.class_changes import ClassChange
from resources.reviews.rows import Assignment, read_context
from resources.reviews.sight import CurrentItem
from resources.reviews.store import ReviewStore
from resources.task.classes.record import changes_in


def items(store: ReviewStore) -> list[CurrentItem]:
    """Return every item that was ever put up for review, as it stands."""
    with store.database.read() as db:
        rows = db.execute("select item_id, batch, text, image from items").fetchall()
    return [CurrentItem(**dict(row)) for row in rows]


def planned(store: ReviewStore) -> list[Assignment]:
    """Return the assignments that were not withdrawn, in the order in which they were planned."""
    with store.database.read() as db:
        rows = db.execute(
            "select a.item_id, a.batch, a.origin, i.text, a.priority, a.probability, i.image,"
            " i.context, i.suggestion, a.gold from assignments as a join items as i"
            " using (item_id, batch) where a.state <> 'withdrawn' order by a.rowid"
        ).fetchall()
    return [Assignment(**{**dict(row), "context": read_context(row["context"])}) for row in rows]


def class_changes(store: ReviewStore) -> list[ClassChange]:
    """Return the record of class changes through which answers are read."""
    with store.database.read() as db:
        return changes_in(db)


def held(store: ReviewStore, holder: str) -> int:
    """Return how many running leases ``holder`` has."""
    with store.database.read() as db:
        return db.execute(
            "select count(*) from leases where reviewer = ? and state = 'out' and ends_us > ?",
            (holder, store.now_us()),
        ).fetchone()[0]


def lease_of(
    store: ReviewStore, holder: str, token: str | None
) -> tuple[str, Mapping[str, Any]] | None:
    """Return the origin of what was handed to ``holder`` under a lease, and what was shown of it."""
    with store.database.read() as db:
        row = db.execute(
            "select origin, shown from leases where token = ? and reviewer = ?", (token, holder)
        ).fetchone()
    return None if row is None else (row["origin"], json.loads(row["shown"]))
