"""The alarms, as checks of the drift of a batch."""

import math
import warnings
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from assets.reading.fired import known_alarms
from labeling.quality.family import LABELS
from resources.alerts.trail import AlarmTrail
from resources.dagster.partitions import batches
from resources.store.given import GivenWarehouse
from resources.store.tables import DRIFT
from resources.task.percent import percent
from resources.task.task import Task

LABELS_CHECK, OTHERS_CHECK = "accuracy_has_not_drifted", "no_class_or_voter_has_drifted"
ALARM_CHECKS = (LABELS_CHECK, OTHERS_CHECK)
"""They tell of the world and not of a broken run: a run that meets one goes on."""

DEALT_WITH = ("acknowledged", "muted", "reset")
"""States of an alarm that people know of: the check passes, and says so."""


def accuracy_has_not_drifted(task: Task) -> dg.AssetChecksDefinition:
    """Build the checks; the one of the labels holds publication back if the task says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # as in expectations.suite
        specs = [
            dg.AssetCheckSpec(
                name,
                asset=DRIFT.asset(task.name),
                description=f"No proof, at the stated false-alarm rate, that {what}.",
                blocking=task.spec.alarm.holds_publication and name == LABELS_CHECK,
                partitions_def=batches(task),
            )
            for name, what in (
                (LABELS_CHECK, "accuracy fell below the promise"),
                (OTHERS_CHECK, "a class or a voter fell below its promise"),
            )
        ]

    @dg.multi_asset_check(name=f"{task.name}_alarm", specs=specs)
    def accuracy_has_not_drifted(
        context: dg.AssetCheckExecutionContext, warehouse: GivenWarehouse
    ) -> Any:
        batch = context.partition_key
        rows = warehouse.rows("expectations.alarm.series", batch=batch)
        events = AlarmTrail(task.alarm_trail, task.changes).events()
        state = {
            (alarm["series"], alarm["alarm_id"].rpartition("#")[2]): alarm["state"]
            for alarm in known_alarms(warehouse, events, datetime.now(UTC))
        }
        for row in rows:
            row["state"] = state.get((row["series"], str(row["epoch"])), "open")
        yield _of_labels(task, [row for row in rows if row["series"] == LABELS])
        yield _of_others(task, [row for row in rows if row["series"] != LABELS])

    return accuracy_has_not_drifted


def _of_labels(task: Task, rows: list[dict[str, Any]]) -> dg.AssetCheckResult:
    row = rows[0]
    promise = task.spec.alarm.accuracy_at_least
    description = f"No proof that accuracy is below {percent(promise)}."
    if row["alarm"]:
        description = f"Accuracy has fallen below {percent(promise)}, most likely since {row['change_batch']}."
        if row["state"] in DEALT_WITH:
            description += f" The alarm is {row['state']}."
    return dg.AssetCheckResult(
        asset_key=DRIFT.asset(task.name),
        check_name=LABELS_CHECK,
        passed=not row["alarm"] or row["state"] in DEALT_WITH,
        severity=_severity(task),
        description=description,
        metadata={
            "log_evidence": -math.inf if row["log_evidence"] is None else row["log_evidence"],
            "limit": float(row["log_limit"]),
            "reviews": row["reviews"],
            "errors": row["errors"],
        },
    )


def _of_others(task: Task, rows: list[dict[str, Any]]) -> dg.AssetCheckResult:
    standing = [row for row in rows if row["alarm"] and row["state"] not in DEALT_WITH]
    told = [
        f"{row['series']} below {percent(row['promised'])} since about {row['change_batch']}"
        for row in standing
    ]
    watched = sum(row["promised"] is not None for row in rows)
    return dg.AssetCheckResult(
        asset_key=DRIFT.asset(task.name),
        check_name=OTHERS_CHECK,
        passed=not standing,
        severity=dg.AssetCheckSeverity.ERROR
        if task.spec.alarm.severity == "error"
        else dg.AssetCheckSeverity.WARN,
        description=f"Fallen: {'; '.join(told)}." if told else "No proof that any has fallen.",
        metadata={"alarms": len(standing), "watched": watched, "series": len(rows)},
    )


def _severity(task: Task) -> dg.AssetCheckSeverity:
    error = task.spec.alarm.holds_publication or task.spec.alarm.severity == "error"
    return dg.AssetCheckSeverity.ERROR if error else dg.AssetCheckSeverity.WARN
