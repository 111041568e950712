"""What the evidence of drift rests on, as one hash a batch; and the watched series read back."""

import hashlib
import json
import math
from datetime import datetime
from typing import Any

from assets.reading.suggested import suggested_rules
from labeling.quality.alarms.detector import Evidence
from labeling.quality.alarms.trail import Event, starts_anew
from labeling.quality.alarms.watch import Promises, Watched
from labeling.quality.family import LABELS, PRECISION, RECALL, Budget
from resources.alerts.trail import AlarmTrail
from resources.store.session import Session
from resources.task.settings.remakes import hash_of
from resources.task.settings.section import Remakes
from resources.task.task import Task

METHOD = 2
"""Counts the ways of computing evidence: with another one, all of it is computed anew."""


def promises(task: Task) -> Promises:
    """Return what task.yaml promises for the labels, F1's parts, classes and voters.

    A rule that a model wrote is held to the bound that an audit admitted it on, where task.yaml says
    nothing of it.
    """
    alarm = task.spec.alarm
    parts = {PRECISION: alarm.precision_at_least, RECALL: alarm.recall_at_least}
    return Promises(
        {
            LABELS: alarm.accuracy_at_least,
            **{name: share for name, share in parts.items() if share is not None},
            **{f"class/{name}": share for name, share in alarm.classes.items()},
            **_admitted(task),
            **{f"voter/{name}": share for name, share in alarm.voters.items()},
        },
        Budget(alarm.horizon_batches, alarm.false_alarms),
        alarm.reference_reviews,
    )


def _admitted(task: Task) -> dict[str, float]:
    told = ((rule.voter, rule.suggested) for rule in suggested_rules(task))
    return {f"voter/{voter}": one.at_least for voter, one in told if one is not None and one.after}


def input_chain(task: Task, db: Session) -> dict[str, str]:
    """Return for each released batch a hash of everything its evidence and the ones before rest on.

    Reviews that come late, labels made anew, another promise or a reset change the hashes from
    their batch on.
    """
    settings = [hash_of(task.spec, Remakes.QUALITY), task.classes]
    admitted = sorted(_admitted(task).items())
    told = json.dumps([METHOD, *settings, *([admitted] if admitted else [])])
    digest = hashlib.sha256(told.encode()).hexdigest()
    events = AlarmTrail(task.alarm_trail, task.changes).events()
    chain: dict[str, str] = {}
    previous = None
    for batch, content in db.tuples("reading.evidence.inputs"):
        anew = starts_anew(events, previous, str(batch))
        told = f"{digest} {batch} {content} {sorted(anew)}"
        digest = hashlib.sha256(told.encode()).hexdigest()
        chain[str(batch)] = digest[:16]
        previous = str(batch)
    return chain


def stale_evidence(task: Task, db: Session) -> list[str]:
    """Name the batches whose evidence rests on something else than what stands there now."""
    stored = dict(db.tuples("reading.evidence.stored", series=LABELS))
    chain = input_chain(task, db)
    return [batch for batch, mark in chain.items() if batch in stored and stored[batch] != mark]


def watched_rows(rows: list[dict[str, Any]]) -> list[Watched]:
    """Turn rows of quality.drift_series into what the audit trail reads."""
    return [
        Watched(
            row["series"],
            row["epoch"],
            Evidence(
                row["batch"],
                -math.inf if row["log_evidence"] is None else row["log_evidence"],
                row["log_limit"],
                row["fired"],
                row["alarm"],
                row["fired_after"],
                row["change_batch"],
                row["reviews"],
                row["errors"],
            ),
        )
        for row in rows
    ]


def muted_until(events: list[Event], series: str, now: datetime) -> datetime | None:
    """Return the end of the mute that a series is under, if it is under one."""
    end: datetime | None = None
    for event in events:
        if event.series == series and event.action.value in ("mute", "unmute"):
            end = event.until
    return end if end is not None and now < end else None
