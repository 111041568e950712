"""Writing one review down, once."""

import json
import sqlite3
from datetime import datetime
from functools import partial
from typing import Any

from labeling.class_changes import class_today
from labeling.kinds.kind import Kind
from labeling.state.connection import Connection
from resources.reviews.rows import Review, ReviewError
from resources.reviews.sight import replaced, sight_in
from resources.task.classes.record import changes_in


def write_review(db: Connection, review: Review, *, now_us: int, kind: Kind) -> tuple[int, bool]:
    """Return the ``review_id``, and whether the review is new.

    Raises
    ------
    ReviewError
        ``conflict`` if the reviewer used the key for another answer, ``unplanned`` if the item was
        never put up for review.
    """
    known = db.execute(
        "select a.review_id, a.item_id, a.batch, a.note, a.outcome, a.label,"
        " r.outcome as outcome_today, r.label as label_today"
        " from reviews as a join read_reviews as r using (review_id)"
        " where a.reviewer = ? and a.idempotency_key = ?",
        (review.reviewer, review.idempotency_key),
    ).fetchone()
    if known is not None:
        item_id, batch, note, outcome, label, *today = tuple(known)[1:]
        said = (review.outcome, review.label)
        if (item_id, batch, note) != (review.item_id, review.batch, review.note) or (
            said != (outcome, label)
            and said != tuple(today)
            and not _same_class(db, review, today, kind)
        ):
            raise ReviewError(
                f"key {review.idempotency_key!r} of {review.reviewer!r} was used for another "
                f"answer (review {known['review_id']}); every answer needs its own key",
                "conflict",
            )
        return known["review_id"], False
    try:
        ((review_id,),) = db.execute(
            "insert into reviews (item_id, batch, reviewer, outcome, label, origin, seconds,"
            " at_us, note, idempotency_key, lease, shown, blind)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning review_id",
            (
                review.item_id, review.batch, review.reviewer, review.outcome, review.label,
                review.origin, review.seconds, now_us if review.at is None else to_us(review.at),
                review.note, review.idempotency_key, review.lease,
                None if review.shown is None else _json(review.shown), review.blind,
            ),
        ).fetchall()  # fmt: skip
    except sqlite3.IntegrityError as error:
        raise ReviewError(
            f"item {review.item_id!r} in batch {review.batch!r} was never put up for review; "
            "plan it first",
            "unplanned",
        ) from error
    item = db.execute(
        "select text, image from items where item_id = ? and batch = ?",
        (review.item_id, review.batch),
    ).fetchone()
    picture = replaced(db, item["image"])
    seen = sight_in(review.shown, item["text"], item["image"], picture, exact=kind.marks_text)
    db.execute("insert into seen values (?, ?)", (review_id, seen))
    return review_id, True


def _same_class(db: Connection, review: Review, today: list[Any], kind: Kind) -> bool:
    """Tell whether an answer is, by any name its classes ever had, the one that is stored."""
    if review.label is None:
        return False
    label = kind.carried(review.label, partial(class_today, changes_in(db)))
    return today == ([review.outcome, label] if label is not None else ["skip", None])


def revised(
    db: Connection, reviewer: str, item_id: str, batch: str, key: str
) -> tuple[str, dict[str, Any]]:
    """Return origin of, and what was shown with, the answer that is about to be superseded.

    Raises
    ------
    ReviewError
        ``conflict`` if ``key`` is not that of the reviewer's own latest answer to the item.
    """
    row = db.execute(
        "select origin, shown, idempotency_key, gone from read_reviews"
        " where reviewer = ? and item_id = ? and batch = ? order by review_id desc limit 1",
        (reviewer, item_id, batch),
    ).fetchone()
    if row is None or row["gone"] or row["idempotency_key"] != key:
        raise ReviewError(
            f"{reviewer!r} has no latest answer to item {item_id!r} with the key {key!r}; "
            "only one's own latest answer can be revised",
            "conflict",
        )
    return row["origin"], json.loads(row["shown"] or "{}")


def to_us(at: datetime) -> int:
    """Microseconds since 1970.

    Examples
    --------
    >>> from datetime import UTC
    >>> to_us(datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC))
    2000000
    """
    return round(at.timestamp() * 1e6)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
