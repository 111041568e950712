"""Which alert went where, so that nobody is told twice and nothing is lost unseen.

An alert is claimed before it is sent and noted after. A process that dies in between leaves a
claim: whether the message arrived is then not known, so it is never sent again, and shown as
``unsure`` for a person to look at. What surely did not arrive is tried again.
"""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from labeling.class_changes import ClassChange
from labeling.quality.alarms.keys import former_key, key_prefix
from labeling.state.connection import Connection
from labeling.state.place import Place, place_of

SCHEMA = """
create table if not exists alerts (
    alarm_id text not null, channel text not null, state text not null,
    tries integer not null, at text not null, error text not null default '',
    primary key (alarm_id, channel)
)
"""

NOT_TOLD = (
    "and not exists (select 1 from alerts as told"
    " where told.channel = alerts.channel and told.alarm_id = :now)"
)

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
    kept : Place or Path
        Where they are kept; made when first used. A path names a file of SQLite.

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

    def __init__(self, kept: Place | Path) -> None:
        self.place = place_of(kept)

    def claim(self, alarm_id: str, channel: str, now: datetime | None = None) -> bool:
        """Return whether this process, and no other, is to send the alert now."""
        at = now or datetime.now(UTC)
        with closing(self._open()) as db:
            db.execute("begin immediate")
            if (former := former_key(alarm_id)) != alarm_id:
                db.execute(
                    f"update alerts set alarm_id = :now where alarm_id = :former {NOT_TOLD}",
                    {"now": alarm_id, "former": former},
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
        with closing(self._open()) as db:
            db.execute(
                "update alerts set state = ?, error = ?, at = ? where alarm_id = ? and channel = ?",
                (state.value, error, datetime.now(UTC).isoformat(), alarm_id, channel),
            )

    def rows(self) -> list[dict[str, str | int]]:
        """Return every alert: alarm_id, channel, state, tries, at, error."""
        if not self.place.exists():
            return []
        names = ("alarm_id", "channel", "state", "tries", "at", "error")
        with closing(self._open()) as db:
            found = db.execute(f"select {', '.join(names)} from alerts order by at").fetchall()
        return [dict(zip(names, row, strict=True)) for row in found]

    @staticmethod
    def _set(
        db: Connection,
        alarm_id: str,
        channel: str,
        state: Sent,
        tries: int,
        at: datetime,
        error: str,
    ) -> None:
        db.execute(
            "insert into alerts values (?, ?, ?, ?, ?, ?) on conflict (alarm_id, channel) do update"
            " set state = excluded.state, tries = excluded.tries, at = excluded.at,"
            " error = excluded.error",
            (alarm_id, channel, state.value, tries, at.isoformat(), error),
        )

    def _open(self) -> Connection:
        return self.place.open(SCHEMA)


def change_classes(db: Connection, change: ClassChange) -> None:
    """Let alarms stay told: one has its series in its key, of which older files escape nothing."""
    if change.what != "rename":
        return
    for old, new in change.moves.items():
        new_key = key_prefix(f"class/{new}")
        for old_key in dict.fromkeys((key_prefix(f"class/{old}"), f"class/{old}@")):
            db.execute(
                "update alerts set alarm_id = :new || substr(alarm_id, :length + 1)"
                " where substr(alarm_id, 1, :length) = :old"
                " and substr(alarm_id, :length + 1) not like '%@%' and at < :at"
                " and not exists (select 1 from alerts as told where told.channel = alerts.channel"
                " and told.alarm_id = :new || substr(alerts.alarm_id, :length + 1))",
                {"new": new_key, "length": len(old_key), "old": old_key, "at": change.at},
            )
