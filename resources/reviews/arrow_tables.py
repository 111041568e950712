"""What can be read out of the review store, as Arrow tables."""

import sqlite3
from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from labeling.kinds.kind import Kind
from labeling.state.connection import Connection, Row
from labeling.state.place import Place
from resources.reviews.rows import REVIEW_COLUMNS

OPEN_COLUMNS = pa.schema(
    [
        ("item_id", pa.string()),
        ("batch", pa.string()),
        ("origin", pa.string()),
        ("priority", pa.float64()),
        ("probability", pa.float64()),
        ("text", pa.string()),
    ]
)
"""What :func:`open_items` returns."""


def reviews(db: Connection, since: int, batch: str | None = None) -> pa.Table:
    """Return the reviews, read through the record of class changes, columns :data:`REVIEW_COLUMNS`.

    Only those with a ``review_id`` above ``since``, and of one batch if it is named.
    """
    of_batch = "" if batch is None else " and r.batch = :batch"
    rows = db.execute(
        "select r.*, (select s.sight from seen as s where s.review_id = r.review_id limit 1) as sight,"
        " exists (select 1 from read_reviews as newer"
        " where newer.item_id = r.item_id and newer.batch = r.batch and newer.aside = r.aside"
        " and newer.reviewer = r.reviewer and newer.review_id > r.review_id) as superseded"
        f" from read_reviews as r where r.review_id > :since{of_batch} order by r.review_id",
        {"since": since, "batch": batch},
    ).fetchall()
    stored = {"at": "at_us"}
    return pa.table(
        [
            pa.array([row[stored.get(f.name, f.name)] for row in rows]).cast(f.type)
            for f in REVIEW_COLUMNS
        ],
        schema=REVIEW_COLUMNS,
    )


def holds_answers(reviews: Place) -> bool:
    """Tell whether there is an answer; a damaged file may hold some, and is told elsewhere."""
    try:
        return count_answers(reviews) > 0
    except sqlite3.DatabaseError:
        return True


def count_answers(reviews: Place) -> int:
    """Count the answers in a store, opened for reading only; none where there is none.

    Raises
    ------
    sqlite3.DatabaseError
        If the file is damaged.
    """
    return reviews.count("from reviews")


def answered(db: Connection, reviewer: str) -> dict[str, bool]:
    """Return the keys of one person's answers, and whether class and text of each still stand."""
    rows = db.execute(
        "select idempotency_key, not gone and not aside from read_reviews where reviewer = ?",
        (reviewer,),
    ).fetchall()
    return {str(key): bool(stands) for key, stands in rows}


def named(db: Connection, kind: Kind) -> dict[str, int]:
    """Return how many answers name each class, read through the record of class changes."""
    found: Counter[str] = Counter()
    for (label,) in map(
        tuple, db.execute("select label from read_reviews where label is not null")
    ):
        found.update(kind.named(label))
    return dict(sorted(found.items()))


def gone(db: Connection) -> list[tuple[str, str, str, str]]:
    """Return the answers whose class is gone: item, batch, what was said and by whom."""
    rows = db.execute(
        "select r.item_id, r.batch, said.label, r.reviewer from read_reviews as r"
        " join reviews as said using (review_id) where r.gone order by r.review_id"
    )
    return [tuple(row) for row in rows]


def open_count(db: Connection, origin: str | None) -> int:
    """How many assignments wait for a person; hidden gold is not work and does not count."""
    return db.execute(
        "select count(*) from assignments where state = 'open' and origin <> 'check'"
        " and origin = coalesce(?, origin)",
        (origin,),
    ).fetchone()[0]


def open_items(db: Connection, origin: str | None) -> pa.Table:
    """Return what waits for a person, in the order of handing out; columns :data:`OPEN_COLUMNS`."""
    rows = db.execute(
        "select a.item_id, a.batch, a.origin, a.priority, a.probability, i.text"
        " from assignments as a join items as i using (item_id, batch)"
        " where a.state = 'open' and a.origin <> 'check' and a.origin = coalesce(?, a.origin)"
        " order by a.priority desc, a.rowid",
        (origin,),
    ).fetchall()
    return as_table(rows, OPEN_COLUMNS)


def as_table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Return rows as a table; what a column is called in ``schema``, it is called in ``rows``."""
    if not rows:
        return pa.Table.from_batches([], schema)
    place = {name: at for at, name in enumerate(rows[0].keys())}
    held = list(zip(*rows, strict=True))
    # SQLite knows no truth values
    columns = [pa.array(held[place[f.name]]).cast(f.type) for f in schema]
    return pa.table(columns, schema=schema)
