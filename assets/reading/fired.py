"""Alarms that fired, with the state that people gave them."""

from datetime import UTC, datetime
from typing import Any

from assets.reading.evidence import muted_until, watched_rows
from labeling.quality.alarms.trail import Event, alarms
from labeling.quality.family import LABELS
from resources.alerts.trail import AlarmTrail
from resources.store.warehouse import Warehouse
from resources.task.task import Task

Rows = list[dict[str, Any]]


def known_alarms(warehouse: Warehouse, events: list[Event], now: datetime) -> Rows:
    """Return every alarm that fired, the oldest first, with the state people gave it by ``now``."""
    return alarms_in(warehouse.rows("quality.alarms.fired"), events, now)


def alarms_in(watched: Rows, events: list[Event], now: datetime) -> Rows:
    """Return the same out of the rows of quality.drift_series of every series that ever fired."""
    promised = {(row["series"], row["batch"]): row["promised"] for row in watched}
    return [
        {
            "alarm_id": alarm.alarm_id,
            "series": alarm.series,
            "batch": alarm.fired_batch,
            "fired_after": alarm.fired_after,
            "log_evidence": alarm.log_evidence,
            "log_limit": alarm.log_limit,
            "change_batch": alarm.change_batch or alarm.fired_batch,
            "promised": promised[alarm.series, alarm.fired_batch],
            "state": alarm.state.value,
            "by": alarm.by,
            "note": alarm.note,
            "muted_until": muted_until(events, alarm.series, now)
            if alarm.state.value == "muted"
            else None,
        }
        for alarm in alarms(watched_rows(watched), events, now)
    ]


def held_since(task: Task, warehouse: Warehouse) -> str | None:
    """Return the batch from which labels are held back; None if the task holds nothing back.

    Held is what the labels' open alarms put in doubt: acknowledged, muted or reset, it goes out.
    """
    if not task.spec.alarm.holds_publication:
        return None
    events = AlarmTrail(task.alarm_trail, task.changes).events()
    rows = known_alarms(warehouse, events, datetime.now(UTC))
    return min(
        (r["change_batch"] for r in rows if r["series"] == LABELS and r["state"] == "open"),
        default=None,
    )
