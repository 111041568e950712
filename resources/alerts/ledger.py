"""Which alert went where: one SQLite file, so that nobody is told twice and nothing is lost unseen.

An alert is claimed before it is sent and noted after. A process that dies in between leaves a
claim: whether the message arrived is then not known, so it is never sent again, and shown as
``unsure`` for a person to look at. What surely did not arrive is tried again.
"""

import sqlite3
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from labeling.class_changes import ClassChange
from labeling.files.sqlite import lasting
from labeling.quality.alarms.keys import former_key, key_prefix

SCHEMA = """
create table if not exists alerts (
    alarm_id text not null, channel text not null, state text not null,
    tries integer not null, at text not null, error text not null default '',
    primary key (alarm_id, channel)
)
"""

ABANDONED = timedelta(minutes=5)
"""A claim older than this belongs to a process that died: sending takes seconds."""

MAX_TRIES = 8
"""Tries of an alert that surely did not arrive, before a person has to look."""

WAIT = timedelta(minutes=1)
"""Wait after the first failed try; it doubles with each."""


class Sent(StrEnum):
    """Where an alert stands."""

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"


class AlertLedger:
    """The alerts of one task.

    Parameters
    ----------
    path : Path
        The SQLite file; made when first used.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     ledger = AlertLedger(Path(folder) / "alerts.sqlite")
    ...     first = ledger.claim("labels@a#0", "slack")
    ...     ledger.note("labels@a#0", "slack", Sent.SENT)
    ...     first, ledger.claim("labels@a#0", "slack")
    (True, False)
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def claim(self, alarm_id: str, channel: str, now: datetime | None = None) -> bool:
        """Return whether this process, and no other, is to send the alert now."""
        at = now or datetime.now(UTC)
        with self._open() as db:
            db.execute("begin immediate")
            if (former := former_key(alarm_id)) != alarm_id:
                db.execute(
                    "update or ignore alerts set alarm_id = ? where alarm_id = ?",
                    (alarm_id, former),
                )
            row = db.execute(
                "select state, tries, at from alerts where alarm_id = ? and channel = ?",
                (alarm_id, channel),
            ).fetchone()
            if row is not None:
                state, tries, last = row[0], row[1], datetime.fromisoformat(row[2])
                if state == Sent.SENDING and at - last > ABANDONED:
                    self._set(db, alarm_id, channel, Sent.UNSURE, tries, at, "its sender died")
                waits = last + WAIT * 2 ** (tries - 1)
                if state != Sent.FAILED or tries >= MAX_TRIES or at < waits:
                    db.execute("commit")
                    return False
            tries = 1 if row is None else row[1] + 1
            self._set(db, alarm_id, channel, Sent.SENDING, tries, at, "")
            db.execute("commit")
            return True

    def note(self, alarm_id: str, channel: str, state: Sent, error: str = "") -> None:
        """Write down how sending ended; ``error`` holds no address and no key."""
        with self._open() as db:
            db.execute(
                "update alerts set state = ?, error = ?, at = ? where alarm_id = ? and channel = ?",
                (state.value, error, datetime.now(UTC).isoformat(), alarm_id, channel),
            )

    def rows(self) -> list[dict[str, str | int]]:
        """Return every alert: alarm_id, channel, state, tries, at, error."""
        if not self.path.is_file():
            return []
        names = ("alarm_id", "channel", "state", "tries", "at", "error")
        with self._open() as db:
            found = db.execute(f"select {', '.join(names)} from alerts order by at").fetchall()
        return [dict(zip(names, row, strict=True)) for row in found]

    @staticmethod
    def _set(
        db: sqlite3.Connection,
        alarm_id: str,
        channel: str,
        state: Sent,
        tries: int,
        at: datetime,
        error: str,
    ) -> None:
        db.execute(
            "insert or replace into alerts values (?, ?, ?, ?, ?, ?)",
            (alarm_id, channel, state.value, tries, at.isoformat(), error),
        )

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return lasting(self.path, SCHEMA, isolation_level=None)


def change_classes(db: sqlite3.Connection, change: ClassChange) -> None:
    """Let alarms stay told: one has its series in its key, of which older files escape nothing."""
    if change.what != "rename":
        return
    for old, new in change.moves.items():
        new_key = key_prefix(f"class/{new}")
        for old_key in dict.fromkeys((key_prefix(f"class/{old}"), f"class/{old}@")):
            db.execute(
                "update or ignore alerts set alarm_id = ?1 || substr(alarm_id, ?2 + 1)"
                " where substr(alarm_id, 1, ?2) = ?3 and instr(substr(alarm_id, ?2 + 1), '@') = 0"
                " and at < ?4",
                (new_key, len(old_key), old_key, change.at),
            )
