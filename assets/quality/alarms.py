"""Every alarm that ever fired: where it stands, where it comes from, and what to do next."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from assets.decorators import once
from assets.quality.diagnosis import Found, explain
from assets.reading.fired import Rows, known_alarms
from assets.reading.suggested import retired
from labeling.quality.alarms.trail import Event
from resources.alerts.trail import AlarmTrail
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import (
    ALARM_EVENTS,
    ALARM_ITEMS,
    ALARM_SLICES,
    ALARMS,
    DRIFT,
)
from resources.task.task import Task


def alarm_list(task: Task) -> dg.AssetsDefinition:
    """Declare the alarms of ``task``."""

    @once(task, ALARMS, deps=[DRIFT], automatic=True)
    def alarm_list(warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """Alarms with their state from the audit trail, their suspects and telling items."""
        now = datetime.now(UTC)
        events = AlarmTrail(task.alarm_trail, task.changes).events()
        rows = known_alarms(warehouse, events, now)
        found = {row["alarm_id"]: explain(task, warehouse, row) for row in rows}
        with warehouse.connect() as db:
            stopped = retired(task, db)
        written = {
            ALARMS: [{**row, **_found(found[row["alarm_id"]], row, stopped)} for row in rows],
            ALARM_SLICES: [slice_ for one in found.values() for slice_ in one.slices],
            ALARM_ITEMS: [item for one in found.values() for item in one.items],
            ALARM_EVENTS: event_rows(events),
        }
        warehouse.replace({table: as_arrow(table, rows) for table, rows in written.items()})
        standing = [row for row in written[ALARMS] if row["state"] == "open"]
        return dg.MaterializeResult(
            metadata={
                "alarms": len(rows),
                "open": len(standing),
                "diagnosis": dg.MetadataValue.md(_as_markdown(written) or "No alarm has fired."),
            }
        )

    return alarm_list


def event_rows(events: list[Event]) -> Rows:
    """Return the audit trail as rows of quality.alarm_events."""
    return [
        {
            "event_id": at,
            "at": event.at,
            "who": event.who,
            "action": event.action.value,
            "series": event.series,
            "batch": event.batch,
            "note": event.note,
            "until": event.until,
        }
        for at, event in enumerate(events, start=1)
    ]


def _found(found: Found, alarm: dict[str, Any], stopped: dict[str, str]) -> dict[str, Any]:
    """Return what is known of an alarm; of a rule that is retired by it, that comes first."""
    steps = list(found.next_steps)
    if stopped.get(alarm["series"].removeprefix("voter/")) == alarm["batch"]:
        steps.insert(
            0,
            f"A model wrote this rule: it is retired, and votes on no batch after {alarm['batch']}. Once it is "
            "mended, a reset brings it back; or take it out of its file.",
        )
    return {**found.accuracy, "next_step": "\n".join(steps)}


def _as_markdown(written: dict[Any, Rows]) -> str:
    """Say in Markdown where each alarm comes from; without the items' texts."""
    lines: list[str] = []
    for row in written[ALARMS]:
        lines.append(
            f"**{row['series']}** fired in {row['batch']}, most likely since "
            f"{row['change_batch']} ({row['state']})\n"
        )
        lines += [f"- {step}" for step in str(row["next_step"]).splitlines()]
        suspects = [s for s in written[ALARM_SLICES] if s["alarm_id"] == row["alarm_id"]][:5]
        lines += ["", "| slice | wrong | reviewed |", "|---|---|---|"]
        lines += [f"| {s['slice']} | {s['errors']} | {s['reviewed']} |" for s in suspects]
        items = [i["item_id"] for i in written[ALARM_ITEMS] if i["alarm_id"] == row["alarm_id"]]
        lines += ["", f"Most telling items: {', '.join(items) or 'none'}", ""]
    return "\n".join(lines)
