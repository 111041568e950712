"""What moved in a batch without a single review; a hint, never called accuracy."""

import math

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.declare import by_batch
from assets.tables import EARLY_WARNINGS, RELEASED
from assets.votes import Window, read_window
from labeling.votes import ABSTAIN
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task

SHOWN = 12
"""Signals kept of each batch: all that warn, and the largest of the rest."""


def early_warnings(task: Task) -> dg.AssetsDefinition:
    """Declare the early warnings of ``task``."""

    @by_batch(task, EARLY_WARNINGS, group="quality", deps=[RELEASED])
    def early_warnings(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> dg.MaterializeResult:
        """Shifts of votes, coverage, conflict, class shares and length against earlier batches."""
        batch = context.partition_key
        window = read_window(task, warehouse, batch)
        rows = signals(task, warehouse, window, batch)
        warehouse.replace_batch(EARLY_WARNINGS, batch, pa.Table.from_pylist(rows, schema=_SCHEMA))
        warned = [str(row["signal"]) for row in rows if row["warned"]]
        return dg.MaterializeResult(
            metadata={"warnings": len(warned), "which": ", ".join(warned) or "none"}
        )

    return early_warnings


def signals(
    task: Task, warehouse: Warehouse, window: Window, batch: str
) -> list[dict[str, object]]:
    """Compare the batch with all earlier items of the window; nothing to compare with, no rows."""
    from labeling.quality.early import Snapshot
    from labeling.quality.early import early_warnings as compare

    if window.current.all() or not window.current.any():
        return []
    votes, label = window.votes.to_matrix(), _released(task, warehouse, window)
    length = np.array([len(text) for text in window.texts], dtype=np.float64)
    before, now = (
        Snapshot(votes[chosen], label[chosen], length=length[chosen])
        for chosen in (~window.current, window.current)
    )
    found = compare(before, now, window.voters, task.classes)
    ranked = sorted(found, key=lambda s: (not s.warned, -abs(s.effect) / s.limit))
    finite = [signal for signal in ranked if math.isfinite(signal.effect)]
    kept = [s for at, s in enumerate(finite) if s.warned or at < SHOWN]
    return [
        {
            "batch": batch,
            "signal": signal.name,
            "reference": signal.reference,
            "current": signal.current,
            "effect": signal.effect,
            "limit": signal.limit,
            "warned": signal.warned,
        }
        for signal in kept
    ]


def _released(task: Task, warehouse: Warehouse, window: Window) -> NDArray[np.int32]:
    """Read the released label of every item of the window, -1 where undecided."""
    rows = warehouse.read(
        "select item_id, batch, label from labels.released where list_contains(?, batch)",
        [sorted(set(window.batches))],
    )
    names = {name: at for at, name in enumerate(task.classes)}
    known = {
        (item_id, batch): names.get(str(label), ABSTAIN)
        for item_id, batch, label in zip(
            *(rows[name].to_pylist() for name in ("item_id", "batch", "label")), strict=True
        )
    }
    keys = zip(window.item_ids, window.batches, strict=True)
    return np.array([known.get(key, ABSTAIN) for key in keys], dtype=np.int32)


_SCHEMA = pa.schema(
    [
        ("batch", pa.string()),
        ("signal", pa.string()),
        ("reference", pa.float64()),
        ("current", pa.float64()),
        ("effect", pa.float64()),
        ("limit", pa.float64()),
        ("warned", pa.bool_()),
    ]
)
