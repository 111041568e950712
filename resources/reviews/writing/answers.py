"""Answers to hand-outs: the lease says why the item was asked and what was on the screen."""

import json
from dataclasses import dataclass
from typing import Any

from labeling.class_changes import class_today
from labeling.kinds.kind import Kind
from labeling.state.connection import Connection
from resources.reviews.rows import Review, ReviewError
from resources.reviews.sight import text_digest
from resources.reviews.writing.leases import check_lease, late_origin
from resources.reviews.writing.one_review import revised, write_review
from resources.task.classes.record import changes_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one person says about one item that was handed to them.

    Parameters
    ----------
    lease, item_id, batch : str
        The hand-out, and the item it was for.
    outcome, label, seconds, note, idempotency_key
        As in :class:`~resources.reviews.rows.Review`.
    revises : str, optional
        Idempotency key of the person's own latest answer to this item, which this one supersedes
        (an undo). Without it a lease is answered once.
    classes : int, optional
        Changes of classes that the page knew on which it was given; all if not said.
    """

    lease: str
    item_id: str
    batch: str
    outcome: str
    label: str | None
    seconds: float
    idempotency_key: str
    note: str = ""
    revises: str | None = None
    classes: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of an answer: stored, known from before (``new`` is false), or refused."""

    idempotency_key: str
    review_id: int | None
    new: bool
    error: ReviewError | None = None


def take(db: Connection, reviewer: str, answer: Answer, *, now_us: int, kind: Kind) -> Reply:
    """Write one answer down.

    Raises
    ------
    ReviewError
        ``forged``, ``foreign`` or ``used`` leases, a ``conflict`` of keys, ``invalid`` fields, a
        class that is ``gone``; of a kind that marks texts, a text that is another now
        (``changed``), and an answer that cannot be about it (``misfit``).
    """
    known = db.execute(
        "select origin, shown from reviews where reviewer = ? and idempotency_key = ?",
        (reviewer, answer.idempotency_key),
    ).fetchone()
    label = _meant(db, answer, kind, new=known is None)
    if known is not None:
        origin, shown = known["origin"], json.loads(known["shown"] or "{}")
    elif answer.revises is not None:
        origin, shown = revised(db, reviewer, answer.item_id, answer.batch, answer.revises)
    else:
        lease = check_lease(db, answer.lease, reviewer, answer.item_id, answer.batch)
        origin, shown = late_origin(db, lease), json.loads(lease["shown"])
        db.execute("update leases set state = 'answered' where token = ?", (answer.lease,))
    if known is None and kind.marks_text and label is not None:
        _fits(db, answer, label, shown, kind)
    review = Review(
        item_id=answer.item_id,
        batch=answer.batch,
        reviewer=reviewer,
        outcome=answer.outcome,
        label=label,
        origin=origin,
        seconds=answer.seconds,
        note=answer.note,
        idempotency_key=answer.idempotency_key,
        lease=answer.lease,
        shown=shown,
    )
    review_id, new = write_review(db, review, now_us=now_us, kind=kind)
    return Reply(answer.idempotency_key, review_id, new)


def _fits(db: Connection, answer: Answer, label: str, shown: dict[str, Any], kind: Kind) -> None:
    """Refuse an answer about another text than the item's."""
    (text,) = db.execute(
        "select text from items where item_id = ? and batch = ?", (answer.item_id, answer.batch)
    ).fetchone()
    if shown.get("text_sha256", digest := text_digest(text, exact=True)) != digest:
        raise ReviewError(
            "the text was edited while it was open, so that what is marked stands elsewhere now; "
            "the item comes again with its new text",
            "changed",
        )
    if problem := kind.misfit(label, text):
        raise ReviewError(f"{problem}; mark it anew in the text as it is shown", "misfit")


def _meant(db: Connection, answer: Answer, kind: Kind, *, new: bool) -> str | None:
    """Return what the label of an answer is called today: its name may be another class's by now."""
    (count,) = db.execute("select count(*) from class_changes").fetchone()
    if answer.label is None or answer.classes is None or answer.classes >= count:
        return answer.label
    later = changes_in(db)[answer.classes :]
    today = kind.carried(answer.label, lambda name: class_today(later, name, review=0))
    if today is None and new:
        raise ReviewError(
            f"the class {answer.label!r} was split or retired while this page was open; "
            "start the console again, reload the page, and answer the item anew",
            "gone",
        )
    return today or answer.label
