"""Audited items that labels got wrong: what to look at first, alarm or none."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.reading.audited import Audit, VotesOfAll
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:
    from labeling.quality.alarms.diagnosis import Telling

SHOWN_TEXT = 300
"""Characters shown of an item's text."""


def mistakes(task: Task, warehouse: Warehouse, audits: Sequence[Audit]) -> list[dict[str, Any]]:
    """Return the most telling wrong labels of some batches, those that were surest first."""
    from labeling.quality.alarms.diagnosis import diagnose

    found = diagnose(
        [audit.batch for audit in audits],
        1 - task.spec.alarm.accuracy_at_least,
        task.classes,
        VotesOfAll(audits),
        confidence=[audit.confidence for audit in audits],
    ).items
    return wrong_rows(warehouse, audits, found)


def wrong_rows(
    warehouse: Warehouse, audits: Sequence[Audit], found: "Sequence[Telling]"
) -> list[dict[str, Any]]:
    """Return a row for each item that was found wrong, in that order, with what is shown of it."""
    of = {audit.batch.batch: audit for audit in audits}
    keys = [(one.batch, str(of[one.batch].item_ids[one.item])) for one in found]
    shown = _previews(warehouse, keys)
    return [
        {
            "rank": rank,
            "batch": one.batch,
            "item_id": key[1],
            **shown[key],
            "label": of[one.batch].answers[one.label],
            "gold": of[one.batch].answers[one.gold],
            "confidence": None if np.isnan(one.confidence) else one.confidence,
            "misled_by": ", ".join(one.misled_by),
        }
        for rank, (one, key) in enumerate(zip(found, keys, strict=True), start=1)
    ]


def _previews(
    warehouse: Warehouse, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, str | None]]:
    """Return the beginning of the text, and the image, of items by batch and id."""
    rows = warehouse.rows(
        "quality.mistakes.previews",
        batches=sorted({batch for batch, _ in keys}),
        item_ids=sorted({item for _, item in keys}),
    )
    nothing: dict[str, str | None] = {"text": "", "image": None}
    found = dict.fromkeys(keys, nothing)
    return found | {
        (row["batch"], row["item_id"]): {
            "text": str(row["text"] or "")[:SHOWN_TEXT], "image": row["image"],
        }
        for row in rows
    }  # fmt: skip
