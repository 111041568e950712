"""Who holds which item, and until when.

Every hand-out is a lease: a random token for one item and one person, with an end. A partial
unique index allows one running lease an item, so two people are never asked the same thing unless
an overlap, a re-review or an adjudication is planned.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from labeling.state.connection import Connection, Row
from labeling.state.dialect import FOR_EACH_ROW
from resources.reviews.rows import ReviewError, read_context
from resources.reviews.sight import MACHINE_KEYS, replaced, text_digest

SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Mix:
    """How the streams of work are mixed, as shares in [0, 1] of what one person gets.

    Parameters
    ----------
    audit, check, overlap : float
        Chance that the next item comes from that stream, as long as it holds any; the rest comes
        from queue and re-reviews, by priority. A pilot goes before all of them.
    hints : float
        Chance that a queue item shows what machines think, where the task allows it. Below 1, so
        that an item without hints need not be an audit; audits never show any.
    """

    audit: float = 0.2
    check: float = 0.05
    overlap: float = 0.1
    hints: float = 0.0


@dataclass(frozen=True, slots=True)
class HandOut:
    """One item in one person's hands. ``origin`` and ``gold`` stay on the server."""

    lease: str
    item_id: str
    batch: str
    origin: str
    text: str
    image: str | None
    context: dict[str, Any]
    suggestion: str | None
    ends_us: int


def expire(db: Connection, now_us: int) -> int:
    """Take back the leases that ran out; returns how many."""
    return db.execute(
        "update leases set state = 'expired' where state = 'out' and ends_us <= ?", (now_us,)
    ).rowcount


def hand_out(
    db: Connection,
    reviewer: str,
    count: int,
    streams: str,
    *,
    mix: Mix,
    exact: bool,
    lease_us: int,
    now_us: int,
    rng: np.random.Generator,
) -> list[HandOut]:
    """Lease up to ``count`` items to ``reviewer``.

    Parameters
    ----------
    streams : {'review', 'skipped', 'adjudicate', 'adjudicate_any'}
        ``skipped`` is ``review`` with what this person skipped; ``adjudicate_any`` may contain
        items that the person answered before.
    exact : bool
        Whether answers hang on every character of a text.
    """
    expire(db, now_us)
    judging = streams.startswith("adjudicate")
    order = ["adjudicate"] * count if judging else _draw(mix, count, rng)
    pools = {
        stream: _candidates(db, reviewer, stream, streams, count)
        for stream in ({"adjudicate"} if judging else {PILOT, *_STREAMS})
    }
    taken: set[tuple[str, str]] = set()
    handed: list[HandOut] = []
    for wanted in order:
        fallbacks = [PILOT, wanted, *(s for s in _STREAMS if s != wanted)]
        row = next(
            (r for s in fallbacks for r in pools.get(s, iter(())) if (r[0], r[1]) not in taken),
            None,
        )
        if row is None:
            break
        taken.add((row["item_id"], row["batch"]))
        hints = row["origin"] in ("queue", "rereview") and bool(rng.random() < mix.hints)
        handed.append(_lease(db, row, reviewer, hints, exact, lease_us, now_us))
    return handed


def give_back(db: Connection, reviewer: str, tokens: list[str]) -> int:
    """End running leases of ``reviewer`` early, so that somebody else can have the items."""
    return sum(
        db.execute(
            "update leases set state = 'returned'"
            " where token = ? and reviewer = ? and state = 'out'",
            (token, reviewer),
        ).rowcount
        for token in tokens
    )


def renew(
    db: Connection, reviewer: str, tokens: list[str], *, lease_us: int, now_us: int
) -> list[str]:
    """Prolong running leases; returns those that still run."""
    expire(db, now_us)
    return [
        token
        for token in tokens
        if db.execute(
            "update leases set ends_us = ? where token = ? and reviewer = ? and state = 'out'",
            (now_us + lease_us, token, reviewer),
        ).rowcount
    ]


def check_lease(db: Connection, token: str, reviewer: str, item_id: str, batch: str) -> Row:
    """Return the lease that an answer names, if it may be answered.

    A lease that ran out still counts: the answer may have waited offline, and a person's minute is
    not thrown away. :func:`late_origin` says as what.

    Raises
    ------
    ReviewError
        ``forged`` if no such lease was handed out, ``foreign`` if it was handed to somebody else
        or for another item, ``used`` if it was answered already.
    """
    lease = db.execute("select * from leases where token = ?", (token,)).fetchone()
    if lease is None:
        raise ReviewError("this lease was never handed out; reload the page", "forged")
    if lease["reviewer"] != reviewer:
        raise ReviewError("this lease was handed to somebody else; reload the page", "foreign")
    if (lease["item_id"], lease["batch"]) != (item_id, batch):
        raise ReviewError(
            f"this lease is for another item than {item_id!r} in batch {batch!r}", "foreign"
        )
    if lease["state"] == "answered":
        raise ReviewError(
            "this lease was answered already; to change an answer, say which one it revises", "used"
        )
    return lease


def late_origin(db: Connection, lease: Row) -> str:
    """Origin under which an answer counts: ``overlap`` if the lease ran out and the item moved on."""
    if lease["state"] == "out" or lease["origin"] in ("check", "adjudicate", "overlap"):
        return lease["origin"]
    moved_on = db.execute(
        "select 1 from leases where item_id = ? and batch = ? and reviewer <> ?"
        " and handed_us >= ? and state in ('out', 'answered')",
        (lease["item_id"], lease["batch"], lease["reviewer"], lease["handed_us"]),
    ).fetchone()
    return "overlap" if moved_on else lease["origin"]


PILOT = "pilot"
_STREAMS = ("main", "audit", "overlap", "check")


def _draw(mix: Mix, count: int, rng: np.random.Generator) -> list[str]:
    special = [mix.audit, mix.check, mix.overlap]
    rest = max(0.0, 1.0 - sum(special))
    shares = np.array([*special, rest])
    return rng.choice(
        ["audit", "check", "overlap", "main"], count, p=shares / shares.sum()
    ).tolist()


def _candidates(
    db: Connection, reviewer: str, stream: str, streams: str, count: int
) -> Iterator[Row]:
    origins = ("queue", "rereview") if stream == "main" else (stream,)
    # What of a person's own earlier answers rules the item out for that person.
    mine = {
        "main": "(r.origin = 'rereview' or a.origin = 'queue')",
        PILOT: "r.blind = 1",
        "audit": "r.blind = 1",
        "adjudicate": "r.origin = 'adjudicate'" if streams == "adjudicate_any" else "1 = 1",
    }.get(stream, "1 = 1")
    if streams == SKIPPED:
        mine += " and r.outcome <> 'skip'"
    audit_first = (
        " and not exists (select 1 from assignments as audit where audit.item_id = a.item_id"
        " and audit.batch = a.batch and audit.origin = 'audit' and audit.state = 'open'"
        f" {FOR_EACH_ROW})"
        if stream == "main"
        else ""
    )
    # One item may stand in all streams at once; each may lose `count` to the others.
    most = count * (1 + len(_STREAMS))
    found: list[Row] = []
    for origin in origins:  # one at a time: then the index has them in order
        found += db.execute(
            f"select a.item_id, a.batch, a.origin, i.text, i.image, i.context, i.suggestion,"
            f" a.priority, a.rowid as place"
            f" from assignments as a join items as i using (item_id, batch)"
            f" where a.origin = ? and a.state = 'open'"
            f" and not exists (select 1 from leases as l where l.item_id = a.item_id"
            f" and l.batch = a.batch and l.state = 'out' {FOR_EACH_ROW})"
            f" and not exists (select 1 from standing_reviews as r where r.item_id = a.item_id"
            f" and r.batch = a.batch and r.reviewer = ? and {mine} {FOR_EACH_ROW})"
            f"{audit_first} order by a.priority desc, a.rowid limit ?",
            (origin, reviewer, most),
        ).fetchall()
    return iter(sorted(found, key=lambda row: (-row["priority"], row["place"])))


def _lease(
    db: Connection,
    row: Row,
    reviewer: str,
    hints: bool,
    exact: bool,
    lease_us: int,
    now_us: int,
) -> HandOut:
    token = secrets.token_urlsafe(16)
    context = read_context(row["context"])
    if not hints:
        context = {key: value for key, value in context.items() if key not in MACHINE_KEYS}
    suggestion = row["suggestion"] if hints else None
    shown = {
        "text_sha256": text_digest(row["text"], exact=exact),
        "image": row["image"],
        "picture": replaced(db, row["image"]),
        "suggestion": suggestion,
        "highlights": context.get("highlights", []),
    }
    db.execute(
        "insert into leases (token, item_id, batch, origin, reviewer, handed_us, ends_us, state,"
        " shown) values (?, ?, ?, ?, ?, ?, ?, 'out', ?)",
        (
            token, row["item_id"], row["batch"], row["origin"], reviewer, now_us,
            now_us + lease_us, json.dumps(shown, ensure_ascii=False),
        ),
    )  # fmt: skip
    return HandOut(
        lease=token,
        item_id=row["item_id"],
        batch=row["batch"],
        origin=row["origin"],
        text=row["text"],
        image=row["image"],
        context=context,
        suggestion=suggestion,
        ends_us=now_us + lease_us,
    )
