"""Rounds of the canary as the ledger keeps them: what was answered when, and what was accepted.

A round keeps the time at which it was first recorded, however often it is recorded again: the
order of rounds is the order in which the models were asked.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from labeling.class_changes import ClassChange
from labeling.llm.ledger.ledger import Ledger
from labeling.state.connection import Connection

SCHEMA = """
create table if not exists canary_answers (
    round text not null, voter text not null, version text not null, item_id text not null,
    content text not null,             -- digest of what was shown; empty where not known
    label text, fingerprint text not null, asked_at real not null,
    primary key (round, voter, version, item_id)
);
create index if not exists canary_voter on canary_answers (voter, version, asked_at, round);
create table if not exists canary_accepted (
    voter text not null, version text not null, accepted_at real not null
);
create table if not exists canary_rounds (
    round text primary key, began_at real not null, ended_at real
);
"""

AGAIN = ", again"
"""Behind the name of a reference: its second asking, which is no round of its own."""

GIVEN_UP_S = 3 * 3600.0
"""A round that was not brought to its end within this time is another moment of the model."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What one voter said in one round.

    Attributes
    ----------
    label : mapping of item to str, optional
        The answers; ``None`` where the model named no class. Items that were not answered, because
        the provider failed, are no keys.
    content : mapping of item to str
        Digest of what was shown of each.
    fingerprint : mapping of item to str
        Model id and fingerprint as the provider gave them with the answer.
    """

    label: Mapping[str, str | None]
    content: Mapping[str, str] = field(default_factory=dict[str, str])
    fingerprint: Mapping[str, str] = field(default_factory=dict[str, str])


def store(
    ledger: Ledger, voter: str, version: str, round_id: str, said: Answers, now: float | None = None
) -> float:
    """Write one voter's round, in place of the same one; return when it was recorded first."""
    ledger.script(SCHEMA)
    first = ledger.execute(
        "select min(asked_at) from canary_answers where round = ? and voter = ? and version = ?",
        (round_id, voter, version),
    )[0][0]
    asked_at = float(first if first is not None else time.time() if now is None else now)
    ledger.replace_rows(
        "delete from canary_answers where round = ? and voter = ? and version = ?",
        (round_id, voter, version),
        "insert into canary_answers values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (round_id, voter, version, item, said.content.get(item, ""), label,
             said.fingerprint.get(item, ""), asked_at)
            for item, label in said.label.items()
        ],
    )  # fmt: skip
    return asked_at


def read(ledger: Ledger, voter: str, version: str, round_id: str) -> Answers:
    """Return one voter's round."""
    rows = ledger.execute(
        "select item_id, label, content, fingerprint from canary_answers"
        " where round = ? and voter = ? and version = ?",
        (round_id, voter, version),
    )
    return Answers(
        {r[0]: r[1] for r in rows}, {r[0]: r[2] for r in rows}, {r[0]: r[3] for r in rows}
    )


def rounds_up_to(ledger: Ledger, voter: str, version: str, round_id: str) -> list[str]:
    """Return the rounds from the reference of ``round_id`` to itself, in the order of time.

    Second askings of references are left out.
    """
    asked_at = ledger.execute(
        "select min(asked_at) from canary_answers where round = ? and voter = ? and version = ?",
        (round_id, voter, version),
    )[0][0]
    return [
        row[0]
        for row in ledger.execute(
            f"select round from canary_answers where round not like '%{AGAIN}'"  # noqa: S608
            " and voter = ? and version = ? and asked_at > ("
            " select coalesce(max(accepted_at), 0) from canary_accepted"
            " where voter = ? and version = ? and accepted_at < ?"
            ") group by round having (min(asked_at), round) <= (?, ?)"
            " order by min(asked_at), round",
            (voter, version, voter, version, asked_at, asked_at, round_id),
        )
    ]


def last_asked(ledger: Ledger) -> float | None:
    """When the last round was asked, in seconds since 1970; ``None`` if there was none."""
    ledger.script(SCHEMA)
    return ledger.execute("select max(asked_at) from canary_answers")[0][0]


def accept(ledger: Ledger, voter: str, version: str, now: float | None = None) -> None:
    """Take the model as it is now for the reference; the next round is the new one."""
    ledger.script(SCHEMA)
    ledger.execute(
        "insert into canary_accepted values (?, ?, ?)",
        (voter, version, time.time() if now is None else now),
    )


def unfinished(ledger: Ledger, now: float | None = None) -> str | None:
    """Return a round that was begun within the last three hours and not brought to its end."""
    ledger.script(SCHEMA)
    since = (time.time() if now is None else now) - GIVEN_UP_S
    rows = ledger.execute(
        "select round from canary_rounds where ended_at is null and began_at > ? order by began_at",
        (since,),
    )
    return str(rows[0][0]) if rows else None


def begin(ledger: Ledger, round_id: str, now: float | None = None) -> str:
    """Begin a round that no batch asks for, or go on with one that was cut short.

    Parameters
    ----------
    round_id : str
        The round that is wanted.
    now : float, optional
        Seconds since 1970.

    Returns
    -------
    str
        The round to ask: ``round_id``, unless an earlier one is :func:`unfinished`. Its answers are
        paid for, and are of about this moment.
    """
    ledger.script(SCHEMA)
    if ledger.execute("select 1 from canary_rounds where round = ?", (round_id,)):
        return round_id
    earlier = unfinished(ledger, now)
    if earlier is not None:
        return earlier
    began_at = time.time() if now is None else now
    ledger.execute(
        "insert into canary_rounds values (?, ?, null) on conflict (round) do nothing",
        (round_id, began_at),
    )
    return round_id


def end(ledger: Ledger, round_id: str, now: float | None = None) -> None:
    """Note that every voter's round is complete."""
    ledger.script(SCHEMA)
    ledger.execute(
        "update canary_rounds set ended_at = ? where round = ? and ended_at is null",
        (time.time() if now is None else now, round_id),
    )


def change_classes(db: Connection, change: ClassChange) -> None:
    """Let answers of earlier rounds be compared with later ones, which speak of today's classes."""
    until = datetime.fromisoformat(change.at).timestamp()
    known = {old: new for old, new in change.moves.items() if new is not None}
    marks = ", ".join("?" * len(known))
    cases = " ".join("when ? then ?" for _ in known)
    if known:
        pairs = [name for pair in known.items() for name in pair]
        db.execute(
            f"update canary_answers set label = case label {cases} end"  # noqa: S608
            f" where label in ({marks}) and asked_at < ?",
            (*pairs, *known, until),
        )
    for voter, (old, new) in change.detail.get("versions", {}).items():
        db.execute(
            "update canary_answers set version = ? where voter = ? and version = ? and asked_at < ?"
            " and not exists (select 1 from canary_answers as known where known.voter = ?"
            " and known.version = ? and known.round = canary_answers.round"
            " and known.item_id = canary_answers.item_id)",
            (new, voter, old, until, voter, new),
        )
        db.execute(
            "update canary_accepted set version = ? where voter = ? and version = ?"
            " and accepted_at < ?",
            (new, voter, old, until),
        )
