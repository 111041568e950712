"""People's reviews: planned, handed out, answered, and never lost.

Pipelines plan and read, consoles hand out and record, all at the same time; a review is on disk before :meth:`ReviewStore.record` returns. No statistics here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from labeling.class_changes import ClassChange
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from labeling.state.connection import Connection
from labeling.state.place import Place
from resources.reviews import arrow_tables
from resources.reviews import classes as review_classes
from resources.reviews import plan as review_plan
from resources.reviews.rows import Assignment, Review, ReviewError
from resources.reviews.schema import Database
from resources.reviews.settle import settle
from resources.reviews.writing import answers as review_answers
from resources.reviews.writing import leases as review_leases
from resources.reviews.writing import one_review
from resources.reviews.writing.answers import Answer, Reply
from resources.reviews.writing.leases import HandOut, Mix
from resources.reviews.writing.one_review import to_us


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


class ReviewStore:
    """The review store of one task.

    Parameters
    ----------
    kept : Place, Path or str
        Where they are kept; a path names a file of SQLite. Made if missing.
    overlap_share : float
        Share of the items, in [0, 1], that a second person is asked about.
    seed : int, optional
        Of the random mixing of the streams; drawn from the system if not given.
    kind : Kind
        What is asked about an item; it says how answers follow their classes.
    clock : callable
        Returns the time, with a time zone.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> store = ReviewStore(Path(mkdtemp()) / "reviews.sqlite")
    >>> store.plan([Assignment(item_id="7", batch="2015-06", origin="queue", text="free $$$")])
    1
    >>> store.record("7", "2015-06", "anna", "label", "SPAM", "queue", 1.2, idempotency_key="k1")
    1
    >>> store.record("7", "2015-06", "anna", "label", "SPAM", "queue", 1.2, idempotency_key="k1")
    1
    >>> store.open_count(), store.reviews().num_rows
    (0, 1)
    """

    def __init__(
        self,
        kept: Place | Path | str,
        *,
        overlap_share: float = 0.0,
        seed: int | None = None,
        kind: Kind = SINGLE,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.database = Database(kept)
        self.overlap_share = overlap_share
        self._rng = np.random.default_rng(seed)
        self._clock = clock
        self.kind = kind

    def now_us(self) -> int:
        """Microseconds since 1970 by the store's clock."""
        return to_us(self._clock())

    def plan(
        self,
        assignments: pa.Table | Iterable[Assignment | Mapping[str, Any]],
        *,
        replace: bool = False,
    ) -> int:
        """Put items up for review; planning the same again changes nothing.

        Parameters
        ----------
        assignments : pa.Table or iterable of Assignment or mapping
            Columns as the fields of :class:`Assignment`; ``item_id``, ``batch`` and ``origin`` are
            needed. Answers about another text than an item has now are set aside.
        replace : bool
            Take back open assignments of the same origins and batches that are not in this plan
            (a queue drawn anew).

        Returns
        -------
        int
            How many assignments are new.
        """
        rows = review_plan.read_assignments(assignments)
        with self.database.write() as db:
            new = review_plan.write_plan(
                db, rows, replace=replace, exact=self.kind.marks_text,
                now_us=self.now_us(), overlap_share=self.overlap_share,
            )  # fmt: skip
            # A person's answer is reused where it can be: a blind one settles an audit too.
            for item_id, batch in review_plan.reviewed(db, rows):
                self._settle(db, item_id, batch)
            return new

    def withdraw(self, batches: Sequence[str]) -> None:
        """Take back what is still to be reviewed of batches that are gone; answers stay."""
        with self.database.write() as db:
            db.executemany(
                "update assignments set state = 'withdrawn' where batch = ? and state = 'open'",
                [(batch,) for batch in batches],
            )

    def record(
        self,
        item_id: str,
        batch: str,
        reviewer: str,
        outcome: str,
        label: str | None,
        origin: str,
        seconds: float,
        note: str = "",
        *,
        idempotency_key: str,
        lease: str | None = None,
        shown: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> int:
        """Write down one answer and return its ``review_id``; see :class:`Review` for the fields.

        Raises
        ------
        ReviewError
            ``unplanned`` if the item was never put up for review, ``conflict`` if the key was used
            for another answer.
        """
        return self.record_many(
            [
                Review(
                    item_id=item_id,
                    batch=batch,
                    reviewer=reviewer,
                    outcome=outcome,
                    label=label,
                    origin=origin,
                    seconds=seconds,
                    note=note,
                    idempotency_key=idempotency_key,
                    lease=lease,
                    shown=shown,
                    at=at,
                )
            ]
        )[0]

    def record_many(self, reviews: Iterable[Review]) -> list[int]:
        """Write down answers in one transaction: all of them, or none; returns their ids."""
        with self.database.write() as db:
            return [self._write(db, review) for review in reviews]

    def answer(self, reviewer: str, answers: Iterable[Answer]) -> list[Reply]:
        """Write down answers to hand-outs, in order; one that is refused does not stop the others.

        Returns
        -------
        list of Reply
            One for each answer, with the :class:`ReviewError` where it was refused. All that are
            not refused are on disk when this returns.
        """
        replies: list[Reply] = []
        with self.database.write() as db:
            for answer in answers:
                db.execute("savepoint one_answer")
                try:
                    reply = review_answers.take(
                        db, reviewer, answer, now_us=self.now_us(), kind=self.kind
                    )
                    if reply.new:
                        self._settle(db, answer.item_id, answer.batch)
                except ReviewError as error:
                    db.execute("rollback to one_answer")
                    reply = Reply(answer.idempotency_key, None, new=False, error=error)
                db.execute("release one_answer")
                replies.append(reply)
        return replies

    def hand_out(
        self,
        reviewer: str,
        count: int,
        streams: str = "review",
        *,
        mix: Mix | None = None,
        lease_s: float = 600.0,
    ) -> list[HandOut]:
        """Lease up to ``count`` items to one person for ``lease_s`` seconds."""
        with self.database.write() as db:
            return review_leases.hand_out(
                db, reviewer, count, streams,
                mix=mix or Mix(), exact=self.kind.marks_text, lease_us=int(lease_s * 1e6),
                now_us=self.now_us(), rng=self._rng,
            )  # fmt: skip

    def give_back(self, reviewer: str, tokens: list[str]) -> int:
        """End leases early; returns how many were still running."""
        with self.database.write() as db:
            return review_leases.give_back(db, reviewer, tokens)

    def renew(self, reviewer: str, tokens: list[str], lease_s: float = 600.0) -> list[str]:
        """Prolong leases; returns those that still run."""
        with self.database.write() as db:
            return review_leases.renew(
                db, reviewer, tokens, lease_us=int(lease_s * 1e6), now_us=self.now_us()
            )

    def reviews(self, since: int | None = None, batch: str | None = None) -> pa.Table:
        """Return the reviews in the order they were given, columns :data:`REVIEW_COLUMNS`.

        Parameters
        ----------
        since : int, optional
            Only reviews with a larger ``review_id``: the cursor of a sensor.
        batch : str, optional
            Only reviews of its items.
        """
        with self.database.read() as db:
            return arrow_tables.reviews(db, since or 0, batch)

    def answered(self, reviewer: str) -> dict[str, bool]:
        """Return the keys of one person's answers, and whether class and text of each still stand."""
        with self.database.read() as db:
            return arrow_tables.answered(db, reviewer)

    def named(self) -> dict[str, int]:
        """Return how many answers name each class, read through the record of class changes."""
        with self.database.read() as db:
            return arrow_tables.named(db, self.kind)

    def gone(self) -> list[tuple[str, str, str, str]]:
        """Return the answers whose class is gone: item, batch, what was said and by whom."""
        with self.database.read() as db:
            return arrow_tables.gone(db)

    def change_classes(self, *changes: ClassChange, ask_again: Sequence[str] = ()) -> None:
        """Add to the record of class changes; all that waits for people follows at once.

        Parameters
        ----------
        *changes : ClassChange
        ask_again : sequence of str
            Origins of answered items (``audit``, ``queue``) that come before people again, first,
            if none of their answers names a class any more.
        """
        with self.database.write() as db:
            review_classes.change(db, changes, ask_again, self.kind)

    def open_count(self, origin: str | None = None) -> int:
        """How many assignments wait for a person; hidden gold is not work and does not count."""
        with self.database.read() as db:
            return arrow_tables.open_count(db, origin)

    def open_items(self, origin: str | None = None) -> pa.Table:
        """Return what waits for a person (item_id, batch, origin, priority, probability, text), first first."""
        with self.database.read() as db:
            return arrow_tables.open_items(db, origin)

    def log(self, who: str, what: str, detail: str = "") -> None:
        """Keep that ``who`` did ``what``."""
        with self.database.write() as db:
            db.execute("insert into events values (?, ?, ?, ?)", (self.now_us(), who, what, detail))

    def close(self) -> None:
        """End the line to it."""
        self.database.close()

    def _settle(self, db: Connection, item_id: str, batch: str) -> None:
        settle(db, item_id, batch, now_us=self.now_us(), overlap_share=self.overlap_share)

    def _write(self, db: Connection, review: Review) -> int:
        review_id, new = one_review.write_review(db, review, now_us=self.now_us(), kind=self.kind)
        if new:
            self._settle(db, review.item_id, review.batch)
        return review_id
