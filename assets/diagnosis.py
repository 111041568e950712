"""Where an alarm comes from, out of the reviews since the change."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.audited import Audit, read_audits
from assets.overall import Rows
from assets.tables import ITEMS
from labeling.quality.audited import MISSING
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task

SHOWN_SLICES = 20
"""Suspects kept of each alarm."""

SHOWN_TEXT = 300
"""Characters shown of an item's text."""

MOST_BATCHES = 60
"""Batches since the change that are looked at, the newest."""

Slices = dict[str, list[NDArray[np.str_]]]


@dataclass(frozen=True)
class Found:
    """What is known of one alarm, as rows of its tables."""

    accuracy: dict[str, float | None] = field(default_factory=dict)
    slices: Rows = field(default_factory=list)
    items: Rows = field(default_factory=list)
    next_steps: list[str] = field(default_factory=list)


def explain(task: Task, warehouse: Warehouse, alarm: dict[str, Any]) -> Found:
    """Explain an alarm (a row of quality.alarms) from the reviews since its change."""
    from labeling.quality.accuracy import accuracy
    from labeling.quality.diagnosis import diagnose

    since = warehouse.read(
        "select distinct batch from labels.released where batch >= ? order by batch",
        [alarm["change_batch"]],
    )["batch"].to_pylist()
    audits = read_audits(task, warehouse, [str(name) for name in since[-MOST_BATCHES:]])
    if not audits:
        return Found(next_steps=["The batches it fired in are gone: reset it."])
    judged = [seen_by(task, audit, alarm["series"]) for audit in audits]
    of_labels = not alarm["series"].startswith("voter/")
    voters = {
        name: [audit.vote_of(name) for audit in audits]
        for name in sorted({voter for audit in audits for voter in audit.votes})
        if of_labels
    }
    texts, slices = _slices(task, warehouse, audits)
    batches = [audit.batch for audit in judged]
    found = diagnose(
        batches,
        1 - alarm["promised"],
        task.classes,
        voters,
        slices,
        [audit.confidence for audit in audits] if of_labels else None,
    )
    interval = accuracy(batches).interval
    place = {audit.batch.batch: at for at, audit in enumerate(audits)}
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
            {
                "alarm_id": alarm["alarm_id"],
                "rank": rank,
                "batch": one.batch,
                "item_id": audits[place[one.batch]].item_ids[one.item],
                "text": texts[place[one.batch]][one.item][:SHOWN_TEXT],
                "label": task.classes[one.label],
                "gold": task.classes[one.gold],
                "confidence": None if np.isnan(one.confidence) else one.confidence,
                "misled_by": ", ".join(one.misled_by),
            }
            for rank, one in enumerate(found.items, start=1)
        ],
        found.next_steps,
    )


def seen_by(task: Task, audit: Audit, series: str) -> Audit:
    """Return the batch as a series sees it: a class its own labels, a voter what it said."""
    kind, _, name = series.partition("/")
    label = audit.batch.label
    if kind == "voter":
        label = audit.vote_of(name)
    elif kind == "class" and name in task.classes:
        label = np.where(label == task.classes.index(name), label, MISSING).astype(np.int32)
    return replace(audit, batch=replace(audit.batch, label=label))


def _slices(
    task: Task, warehouse: Warehouse, audits: Sequence[Audit]
) -> tuple[list[list[str]], Slices]:
    """Return the texts of each batch, and what slices its items are in."""
    from labeling.quality.slices import length_slices, text_clusters

    warehouse.ensure(ITEMS)
    rows = warehouse.read(
        "select batch, item_id, text, metadata from raw.items where list_contains(?, batch)",
        [[audit.batch.batch for audit in audits]],
    )
    known = {
        (batch, item): (str(text or ""), json.loads(metadata or "{}"))
        for batch, item, text, metadata in zip(
            *(rows[n].to_pylist() for n in ("batch", "item_id", "text", "metadata")), strict=True
        )
    }
    of_items = [
        [known.get((audit.batch.batch, item), ("", {})) for item in audit.item_ids.tolist()]
        for audit in audits
    ]
    texts = [[text for text, _ in items] for items in of_items]
    flat = [text for batch in texts for text in batch]
    cut = np.cumsum([len(batch) for batch in texts])[:-1]
    slices: Slices = {
        "length": np.split(length_slices(flat), cut),
        "cluster": np.split(text_clusters(flat), cut),
    }
    for column in task.spec.source.metadata:
        slices[column] = [
            np.array([str(fields.get(column, "")) or "(none)" for _, fields in items], dtype=str)
            for items in of_items
        ]
    return texts, slices
