"""What every format carries: items, why they were asked, and what people answered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from resources.reviews.reading.exchange import planned
from resources.reviews.rows import (
    LONGEST_KEY,
    Assignment,
    Review,
    ReviewError,
)
from resources.reviews.store import ReviewStore

UNNAMED = "imported"
"""The reviewer of answers that come without one."""

Numbered = tuple[int, Review]
"""A review and its place among all: which answer supersedes which hangs on it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Assignments and reviews, both in the order in which they came.

    ``places`` tells where in a file an item (item_id, batch) stands first, and an answer
    (reviewer, idempotency_key), for messages; ``unnumbered`` are the idempotency keys that were made
    from the label, because the file gives an answer no number of its own.

    Examples
    --------
    >>> Bundle([], []).reviews
    []
    """

    assignments: list[Assignment]
    reviews: list[Review]
    places: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unnumbered: set[str] = field(default_factory=set[str])

    def by_item(self) -> list[tuple[tuple[str, str], list[Assignment], list[Numbered]]]:
        """Group by (item_id, batch), items in the order they were planned, reviews numbered."""
        grouped: dict[tuple[str, str], tuple[list[Assignment], list[Numbered]]] = {}
        for assignment in self.assignments:
            grouped.setdefault((assignment.item_id, assignment.batch), ([], []))[0].append(
                assignment
            )
        for number, review in enumerate(self.reviews):
            key = (review.item_id, review.batch)
            grouped.setdefault(key, ([], []))[1].append((number, review))
        return [(item, *both) for item, both in grouped.items()]


def read_store(store: ReviewStore) -> Bundle:
    """Take everything out of a store; withdrawn assignments stay behind."""
    return Bundle(planned(store), [_review(row) for row in store.reviews().to_pylist()])


def in_order(reviews: list[Numbered]) -> list[Review]:
    """Return the reviews by number; equal numbers keep the order of the file."""
    return [review for _, review in sorted(reviews, key=lambda numbered: numbered[0])]


def short_key(key: str) -> str:
    """Return an idempotency key that may be stored: a long one becomes its hash.

    Examples
    --------
    >>> short_key("csv/7/may/HAM"), len(short_key("x" * 300))
    ('csv/7/may/HAM', 64)
    """
    return key if len(key) <= LONGEST_KEY else sha256(key.encode()).hexdigest()


def as_number(name: str, cell: str | None) -> float:
    """Read a cell that holds a number; an empty one is 0.

    Raises
    ------
    ValueError
        If something else stands there; names the column.

    Examples
    --------
    >>> as_number("seconds", "1.5"), as_number("seconds", "")
    (1.5, 0.0)
    """
    try:
        return float(cell or 0)
    except ValueError:
        raise ValueError(f"{name} is {cell!r}, but must be a number such as 12.5") from None


def review_to_json(number: int, review: Review) -> dict[str, Any]:
    """Return everything about a review but which item it is about, ready for JSON."""
    return {
        "n": number,
        "reviewer": review.reviewer,
        "outcome": review.outcome,
        "label": review.label,
        "origin": review.origin,
        "seconds": review.seconds,
        "at": None if review.at is None else review.at.astimezone(UTC).isoformat(),
        "note": review.note,
        "idempotency_key": review.idempotency_key,
        "shown": None if review.shown is None else dict(review.shown),
    }


def review_from_json(item_id: str, batch: str, said: dict[str, Any], where: str) -> Numbered:
    """Read what :func:`review_to_json` wrote.

    Raises
    ------
    ReviewError
        If a field is missing, unknown or wrong; starts with ``where``.
    """
    try:
        at = said.get("at")
        review = Review(
            **{
                **{name: value for name, value in said.items() if name != "n"},
                "item_id": item_id,
                "batch": batch,
                "at": None if at is None else datetime.fromisoformat(at),
            }
        )
        return int(said.get("n") or 0), review
    except (TypeError, ValueError) as error:
        raise ReviewError(f"{where}: {error}") from error


def _review(row: dict[str, Any]) -> Review:
    kept = ("item_id", "batch", "reviewer", "outcome", "label", "origin", "seconds", "at", "note")
    shown = None if row["shown"] is None else json.loads(row["shown"])
    if row["aside"]:  # else it is of the text that goes along
        shown = {**(shown or {}), "sight": row["sight"]}
    return Review(
        **{name: row[name] for name in kept},
        idempotency_key=row["idempotency_key"],
        shown=shown,
    )
