"""The classifier that learned from consensus and gold, and its votes where nobody else spoke."""

import hashlib
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np
import pyarrow as pa

from assets.consensus import fit_label_model
from assets.declare import by_batch
from assets.tables import CONSENSUS, STUDENT_VOTES
from assets.votes import Window, read_window
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task

if TYPE_CHECKING:  # scikit-learn takes a second to import, and only this step trains
    from labeling.student.text import TextStudent

TRAINING_ITEMS = 1_500
"""The newest items the student learns from: enough for the text of a support inbox."""


def student(task: Task) -> dg.AssetsDefinition:
    """Declare the student of ``task``."""

    @by_batch(task, STUDENT_VOTES, group="labels", deps=[CONSENSUS], kinds=["scikitlearn"])
    def student(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """Its label of every item of the batch, trained on the consensus so far and on gold."""
        batch = context.partition_key
        window = read_window(task, warehouse, batch)
        fitted = train(task, window) if task.spec.student.enabled else None
        if fitted is None:
            proba = np.empty((0, len(task.classes)))
            items = window.item_ids[:0]
            version = "none"
        else:
            items = window.item_ids[window.current]
            texts = [t for t, now in zip(window.texts, window.current, strict=True) if now]
            proba = fitted.predict_proba(texts) if texts else np.empty((0, len(task.classes)))
            version = hashlib.sha256(np.round(proba, 6).tobytes()).hexdigest()[:16]
            save(task, batch, fitted)
        names = np.array(task.classes, dtype=object)
        rows = pa.Table.from_pydict(
            {
                "item_id": pa.array(items, pa.string()),
                "batch": pa.array([batch] * len(items), pa.string()),
                "voter": pa.array(["student"] * len(items), pa.string()),
                "version": pa.array([version] * len(items), pa.string()),
                "label": pa.array(names[proba.argmax(axis=1)], pa.string()),
                "confidence": proba.max(axis=1) if len(items) else pa.array([], pa.float64()),
                "run": pa.array([context.run.run_id] * len(items), pa.string()),
            }
        )
        warehouse.replace_batch(STUDENT_VOTES, batch, rows)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": rows.num_rows,
                "trained_on": 0 if fitted is None else fitted.n_trained_,
                "gold_used": window.gold.n_gold,
            }
        )

    return student


def train(task: Task, window: Window) -> "TextStudent | None":
    """Train on the newest covered items of the window; ``None`` if fewer than two classes show."""
    from labeling.student.text import TextStudent

    posterior = fit_label_model(task, window).predict_proba(window.votes)
    weight = np.zeros(len(window.texts))
    weight[window.votes.item] = 1.0
    taught = weight.copy()
    taught[window.gold.item] = 1.0
    newest = np.flatnonzero(taught > 0)[-TRAINING_ITEMS:]
    position = np.full(len(weight), -1)
    position[newest] = np.arange(len(newest))
    kept = position[window.gold.item] >= 0
    gold = type(window.gold)(position[window.gold.item][kept], window.gold.label[kept])
    if len(newest) == 0 or len(np.unique(posterior[newest].argmax(axis=1))) < 2:
        return None
    return TextStudent(len(task.classes), classes=task.classes).fit(
        [window.texts[i] for i in newest], posterior[newest], gold, weight[newest]
    )


def save(task: Task, batch: str, fitted: "TextStudent") -> None:
    """Write the student's pipeline under a temporary name and rename it."""
    import joblib

    task.students.mkdir(parents=True, exist_ok=True)
    path = task.students / f"{batch}.joblib"
    joblib.dump(fitted.pipeline_, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)
