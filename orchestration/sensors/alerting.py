"""Tell people of alarms: each open alarm once on each channel."""

from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq

from labeling.quality.family import LABELS, figure
from resources.alerts.channels import Alert, NotSentError, UnsureError, channels
from resources.alerts.ledger import AlertLedger, Sent
from resources.alerts.trail import AlarmTrail
from resources.task.percent import percent
from resources.task.task import Task


def send_alerts(task: Task, now: datetime | None = None) -> list[str]:
    """Send what is due and return a line for each message tried; never the same one twice.

    Alarms are read from the published files, so the warehouse is not opened; their state comes
    from the audit trail as it stands: what is acknowledged, muted or reset is not told.
    """
    known = channels(task.spec.alerts)
    if not known:
        return []
    ledger = AlertLedger(task.alerts)
    told: list[str] = []
    for row in open_alarms(task, now or datetime.now(UTC)):
        alert = alert_of(task, row)
        for name, send in known.items():
            if not ledger.claim(alert.alarm_id, name):
                continue
            try:
                send(alert)
            except NotSentError as error:
                ledger.note(alert.alarm_id, name, Sent.FAILED, str(error))
                told.append(f"{name}: {alert.alarm_id}: failed: {error}")
            except UnsureError as error:
                ledger.note(alert.alarm_id, name, Sent.UNSURE, str(error))
                told.append(f"{name}: {alert.alarm_id}: unsure: {error}")
            else:
                ledger.note(alert.alarm_id, name, Sent.SENT)
                told.append(f"{name}: {alert.alarm_id}: sent")
    return told


def open_alarms(task: Task, now: datetime) -> list[dict[str, Any]]:
    """Return the published alarms that nobody has dealt with by ``now``."""
    from assets.reading.evidence import watched_rows
    from labeling.quality.alarms.trail import alarms

    paths = [task.published / f"{name}.parquet" for name in ("alarms", "drift_series")]
    if not all(path.is_file() for path in paths):
        return []
    published, series = (pq.ParquetFile(path).read().to_pylist() for path in paths)
    if not published:
        return []
    events = AlarmTrail(task.alarm_trail, task.changes).events()
    series.sort(key=lambda row: row["batch"])
    standing = {a.alarm_id for a in alarms(watched_rows(series), events, now) if a.alerts}
    return [row for row in published if row["alarm_id"] in standing]


def alert_of(task: Task, row: dict[str, Any]) -> Alert:
    """Say a published alarm in words and as data; without any item's text."""
    what = figure(row["series"]) + " of released labels" * (row["series"] == LABELS)
    lines = [f"Most likely since {row['change_batch']}; it went off in {row['batch']}."]
    if row["accuracy"] is not None:
        lines.append(
            f"{figure(row['series']).split(' of ')[0].capitalize()} since then: {row['accuracy']:.1%} "
            f"({row['accuracy_low']:.1%} to {row['accuracy_high']:.1%})."
        )
    lines += [line for line in str(row["next_step"] or "").splitlines() if line]
    names = ("alarm_id", "series", "batch", "change_batch", "promised", "accuracy")
    facts = {name: row[name] for name in (*names, "accuracy_low", "accuracy_high", "next_step")}
    return Alert(
        row["alarm_id"],
        f"{task.name}: {what} has fallen below {percent(row['promised'])}",
        tuple(lines),
        task.spec.alerts.link or task.report.as_uri(),
        {"task": task.name, **facts},
    )
