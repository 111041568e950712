"""What people did about alarms, kept for ever: one SQLite file in WAL mode, rows only added."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from labeling.class_changes import ClassChange, class_today
from labeling.files.sqlite import lasting
from labeling.quality.alarms.trail import Action, Event

SCHEMA = """
create table if not exists events (
    event_id integer primary key autoincrement,
    at text not null, who text not null, action text not null, series text not null,
    batch text not null, note text not null, until text
);
create trigger if not exists events_stay before delete on events
    begin select raise(abort, 'the audit trail only grows'); end;
create trigger if not exists events_stand before update on events
    begin select raise(abort, 'the audit trail only grows'); end;
"""


class AlarmTrail:
    """The audit trail of one task.

    Parameters
    ----------
    path : Path
        The SQLite file; made with the first event.
    changes : sequence of ClassChange
        Events about a class that was renamed or merged later are read as of its class of today.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     trail = AlarmTrail(Path(folder) / "alarms.sqlite")
    ...     now = datetime(2026, 1, 5, tzinfo=UTC)
    ...     number = trail.record(Event(now, "ada", Action.ACKNOWLEDGE, "labels", "2026-01"))
    ...     [(event.who, event.action.value) for event in trail.events()]
    [('ada', 'acknowledge')]
    """

    def __init__(self, path: Path, changes: Sequence[ClassChange] = ()) -> None:
        self.path = path
        self.changes = changes

    def record(self, event: Event) -> int:
        """Add an event and return its number; it is on disk when this returns."""
        with self._open() as db:
            cursor = db.execute(
                "insert into events (at, who, action, series, batch, note, until)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                (
                    event.at.astimezone(UTC).isoformat(),
                    event.who,
                    event.action.value,
                    event.series,
                    event.batch,
                    event.note,
                    None if event.until is None else event.until.astimezone(UTC).isoformat(),
                ),
            )
            return int(cursor.lastrowid or 0)

    def events(self) -> list[Event]:
        """Return all events in the order they were recorded."""
        if not self.path.is_file():
            return []
        with self._open() as db:
            rows = db.execute(
                "select at, who, action, series, batch, note, until from events order by event_id"
            ).fetchall()
        return [
            Event(
                datetime.fromisoformat(at),
                who,
                Action(action),
                self._today(series, at),
                batch,
                note,
                None if until is None else datetime.fromisoformat(until),
            )
            for at, who, action, series, batch, note, until in rows
        ]

    def _today(self, series: str, at: str) -> str:
        kind, _, name = series.partition("/")
        later = [
            c for c in self.changes if datetime.fromisoformat(c.at) > datetime.fromisoformat(at)
        ]
        if kind != "class" or not later:
            return series
        return f"class/{class_today(later, name, review=0) or name}"

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        with lasting(self.path, SCHEMA) as db, db:
            yield db
