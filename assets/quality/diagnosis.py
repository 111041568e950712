"""Where an alarm comes from, out of the reviews since the change."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.quality.mistakes import wrong_rows
from assets.reading.audited import Audit, VotesOfAll, read_audits
from labeling.quality.estimates.audited import AuditedBatch
from labeling.quality.estimates.labelled import LabelledBatch, judge
from labeling.quality.family import PRECISION, RECALL
from labeling.quality.spans.mistakes import SpanMistakes, parts_of
from resources.pictures import read_pictures
from resources.store.warehouse import Warehouse
from resources.task.task import Task

SHOWN_SLICES = 20
"""Suspects kept of each alarm."""

MOST_BATCHES = 60
"""Batches since the change that are looked at, the newest."""

Rows = list[dict[str, Any]]
Slices = dict[str, list[NDArray[np.object_]]]


@dataclass(frozen=True)
class Found:
    """What is known of one alarm, as rows of its tables."""

    accuracy: dict[str, float | None] = field(default_factory=dict)
    slices: Rows = field(default_factory=list)
    items: Rows = field(default_factory=list)
    next_steps: list[str] = field(default_factory=list)


def explain(task: Task, warehouse: Warehouse, alarm: dict[str, Any]) -> Found:
    """Explain an alarm (a row of quality.alarms) from the reviews since its change."""
    from labeling.quality.alarms.diagnosis import diagnose
    from labeling.quality.estimates.accuracy import accuracy

    since = warehouse.column("quality.diagnosis.batches_since", batch=alarm["change_batch"])
    audits = read_audits(task, warehouse, since[-MOST_BATCHES:])
    if not audits:
        return Found(next_steps=["The batches it fired in are gone: reset it."])
    judged = [seen_by(task, audit, alarm["series"]) for audit in audits]
    of_labels = not alarm["series"].startswith("voter/")
    slices = _slices(task, warehouse, audits)
    batches = [audit.batch for audit in judged]
    found = diagnose(
        batches,
        1 - alarm["promised"],
        task.classes,
        VotesOfAll(audits) if of_labels else {},
        slices,
        [audit.confidence for audit in audits] if of_labels else None,
        _about(alarm["series"]) if audits[0].batch.naming is not None else None,
    )
    whole = judge(batches)
    if alarm["series"] == RECALL:
        told = [SpanMistakes.of(audit.answers, task.classes) for audit in audits]
        whole = [
            parts_of(audit.batch, one)[RECALL] for audit, one in zip(audits, told, strict=True)
        ]
    interval = accuracy(whole).interval
    return Found(
        {
            "accuracy": interval.point if interval.measured else None,
            "accuracy_low": interval.low,
            "accuracy_high": interval.high,
        },
        [
            {
                "alarm_id": alarm["alarm_id"],
                "rank": rank,
                "slice": one.name,
                "reviewed": one.reviewed,
                "errors": one.errors,
                "error": one.error.point,
                "error_low": one.error.low,
                "error_high": one.error.high,
                "elsewhere": None if np.isnan(one.elsewhere) else one.elsewhere,
                "excess": one.excess,
            }
            for rank, one in enumerate(found.slices[:SHOWN_SLICES], start=1)
        ],
        [
            {"alarm_id": alarm["alarm_id"], **row}
            for row in wrong_rows(warehouse, audits, found.items)
        ],
        [*_in_ways(task, judged, alarm["series"]), *found.next_steps],
    )


def _in_ways(task: Task, audits: Sequence[Audit], series: str) -> list[str]:
    """Say in what ways marked texts are wrong where there is one class: it cannot be the cause."""
    if not task.kind.marks_text or len(task.classes) != 1 or series.startswith("voter/"):
        return []
    from labeling.quality.spans.ways_wrong import ways_wrong

    batches = [(audit.batch, SpanMistakes.of(audit.answers, task.classes)) for audit in audits]
    told = ways_wrong(batches).told(next(iter(task.classes)))
    return [] if told is None else [told]


def seen_by(task: Task, audit: Audit, series: str) -> Audit:
    """Return the batch as a series sees it: a class its own labels, a voter what it said, F1's parts their mistakes."""
    kind, _, name = series.partition("/")
    if kind == "voter":
        return replace(audit, batch=replace(audit.batch, label=audit.votes.of(name)))
    if series in (PRECISION, RECALL):
        batch, told = audit.batch, SpanMistakes.of(audit.answers, task.classes)
        return replace(audit, batch=told.of_part(batch, series))
    if kind == "class" and name in task.classes:
        return replace(audit, batch=audit.batch.as_class(task.classes.index(name)))
    return audit


def _about(series: str) -> Callable[[LabelledBatch, int], AuditedBatch] | None:
    """Return which mistakes about a class a series counts: a rule is silent about what it does not name."""
    kind, _, name = series.partition("/")
    if kind == "class":
        return None
    given_alone = series == PRECISION or name.startswith("rule/")
    return partial(LabelledBatch.about, given=series != RECALL, missed=not given_alone)


def _slices(task: Task, warehouse: Warehouse, audits: Sequence[Audit]) -> Slices:
    """Return what slices the items of each batch are in."""
    from labeling.quality.picture_slices import picture_slices
    from labeling.quality.slices import length_slices, text_clusters

    batches = [audit.batch.batch for audit in audits]
    items = warehouse.read("quality.diagnosis.items", batches=batches)
    texts = [str(text) for text in items["text"].to_pylist()]
    images = items["image"].to_pylist()
    found: dict[str, NDArray[np.object_]] = {}
    if any(text.strip() for text in texts):
        found = {"length": length_slices(texts), "cluster": text_clusters(texts)}
    if any(images):
        pictures = read_pictures(task, images)
        found |= picture_slices(pictures.pixels, pictures.seen)
    if columns := task.spec.source.metadata:
        fields = [json.loads(one or "{}") for one in items["metadata"].to_pylist()]
        for column in columns:
            told = [str(one.get(column, "")) or "(none)" for one in fields]
            found[column] = np.array(told, dtype=object)
    cut = np.cumsum([len(audit.item_ids) for audit in audits])[:-1]
    slices: Slices = {name: np.split(values, cut) for name, values in found.items()}
    return slices
