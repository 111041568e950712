"""What people did about alarms, kept for ever: rows are only added."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from labeling.class_changes import ClassChange, class_today
from labeling.quality.alarms.trail import Action, Event
from labeling.state.connection import Connection
from labeling.state.dialect import only_grows
from labeling.state.place import Place, place_of

EVENTS = "alarm_events"
"""The table among the others of a schema; a file of SQLite has ``events``."""

ONLY_GROWS = "the audit trail only grows"
COLUMNS = "at, who, action, series, batch, note, until"

SCHEMA = """
create table if not exists events (
    event_id integer primary key autoincrement,
    at text not null, who text not null, action text not null, series text not null,
    batch text not null, note text not null, until text
);
"""

IN_A_FILE = f"""
create trigger if not exists events_stay before delete on events
    begin select raise(abort, '{ONLY_GROWS}'); end;
create trigger if not exists events_stand before update on events
    begin select raise(abort, '{ONLY_GROWS}'); end;
"""


class AlarmTrail:
    """The audit trail of one task.

    Parameters
    ----------
    kept : Place or Path
        Where it is kept; made with the first event. A path names a file of SQLite.
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

    def __init__(self, kept: Place | Path, changes: Sequence[ClassChange] = ()) -> None:
        self.place = place_of(kept)
        self.changes = changes
        self._events = EVENTS if self.place.file is None else "events"

    def record(self, event: Event) -> int:
        """Add an event and return its number; it is on disk when this returns."""
        with closing(self._open()) as db:
            ((number,),) = db.execute(
                f"insert into {self._events} ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)"
                " returning event_id",
                (
                    event.at.astimezone(UTC).isoformat(),
                    event.who,
                    event.action.value,
                    event.series,
                    event.batch,
                    event.note,
                    None if event.until is None else event.until.astimezone(UTC).isoformat(),
                ),
            ).fetchall()
            return int(number)

    def events(self) -> list[Event]:
        """Return all events in the order they were recorded."""
        if not self.place.exists():
            return []
        with closing(self._open()) as db:
            rows = db.execute(f"select {COLUMNS} from {self._events} order by event_id").fetchall()
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

    def _open(self) -> Connection:
        return self.place.open(*tables_at(self.place))


def tables_at(place: Place) -> tuple[str, str]:
    """Return what makes the tables of a trail at a place, and what PostgreSQL is told after it."""
    if place.file is not None:
        return SCHEMA + IN_A_FILE, ""
    return SCHEMA.replace("events", EVENTS), only_grows(EVENTS, ONLY_GROWS, ONLY_GROWS)
