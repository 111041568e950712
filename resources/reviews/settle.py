"""What an answer changes: which assignments are done, who else is asked, what needs a judge."""

import hashlib

from labeling.state.connection import Connection

FIRST_HAND = frozenset({"pilot", "audit", "queue"})
"""Origins that ask for a first answer; the others follow from answers."""


def settle(db: Connection, item_id: str, batch: str, *, now_us: int, overlap_share: float) -> None:
    """Bring the assignments of one item in line with its current reviews.

    A pilot or an audit is done once somebody answered it blind; a queue item once anybody answered; an overlap
    once two people did; a re-review once it was answered as such. Different labels, or an "unsure",
    open an ``adjudicate`` assignment, which closes when an adjudicator answers or the
    disagreement is gone. ``check`` items stay open for every reviewer. A skip settles nothing.

    Parameters
    ----------
    overlap_share : float
        Share of the items, in [0, 1], that a second person is asked about. Which ones is a
        property of the item, so asking again changes nothing.
    """
    answers = db.execute(
        "select reviewer, outcome, label, origin, blind from standing_reviews"
        " where item_id = ? and batch = ? and outcome <> 'skip' and origin <> 'check'",
        (item_id, batch),
    ).fetchall()
    people = {row["reviewer"] for row in answers}
    labels = {row["label"] for row in answers if row["outcome"] == "label"}
    unsure = any(row["outcome"] == "unsure" for row in answers)
    judged = any(row["origin"] == "adjudicate" for row in answers)
    disputed = not judged and (len(labels) > 1 or unsure)

    planned = {
        row["origin"]: row["state"]
        for row in db.execute(
            "select origin, state from assignments where item_id = ? and batch = ?",
            (item_id, batch),
        )
    }
    first_hand = FIRST_HAND & planned.keys()
    if (
        people
        and first_hand
        and planned.get("overlap", "withdrawn") == "withdrawn"
        and _chosen(item_id, batch, overlap_share)
    ):
        _open(db, item_id, batch, "overlap", now_us)
        planned["overlap"] = "open"
    if disputed and planned.get("adjudicate") != "open":
        _open(db, item_id, batch, "adjudicate", now_us)

    done = {
        "pilot": any(row["blind"] for row in answers),
        "audit": any(row["blind"] for row in answers),
        "queue": bool(answers),
        "overlap": len(people) >= 2,
        "rereview": any(row["origin"] == "rereview" for row in answers),
        "adjudicate": not disputed,
    }
    for origin, state in planned.items():
        if state == "open" and done.get(origin, False):
            db.execute(
                "update assignments set state = 'done'"
                " where item_id = ? and batch = ? and origin = ?",
                (item_id, batch, origin),
            )


def _open(db: Connection, item_id: str, batch: str, origin: str, now_us: int) -> None:
    db.execute(
        "insert into assignments (item_id, batch, origin, planned_us) values (?, ?, ?, ?)"
        " on conflict (item_id, batch, origin) do update set state = 'open'",
        (item_id, batch, origin, now_us),
    )


def _chosen(item_id: str, batch: str, share: float) -> bool:
    digest = hashlib.blake2b(f"{batch}\0{item_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64
