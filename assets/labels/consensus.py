"""One posterior for each item, out of the votes of rules and models."""

import hashlib
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np
import pyarrow as pa

from assets.decorators import by_batch
from assets.labels.beliefs import in_dagster, write_beliefs
from assets.reading.votes import Window, read_window
from labeling.votes import ABSTAIN
from resources.store.tables import CONSENSUS, MODEL_VOTES, RULE_VOTES
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:  # scipy takes half a second to import, and only this step fits
    from labeling.consensus.label_model import LabelModel


def consensus(task: Task) -> dg.AssetsDefinition:
    """Declare the consensus of ``task``."""

    @by_batch(task, CONSENSUS, deps=[RULE_VOTES, MODEL_VOTES])
    def consensus(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """The label model's posterior; items without a vote, or tied, stay undecided."""
        batch = context.partition_key
        window = read_window(task, warehouse, batch)
        model = fit_label_model(task, window)
        votes = window.votes_of_batch()
        posterior = model.predict_proba(votes)
        label = model.predict(votes)
        decided = label != ABSTAIN
        version = hashlib.sha256(
            repr((model.method_, window.voters)).encode() + np.round(posterior, 12).tobytes()
        ).hexdigest()[:16]
        names = np.array(task.classes, dtype=object)
        rows = pa.Table.from_pydict(
            {
                "item_id": window.item_ids[window.current],
                "batch": [batch] * len(label),
                "label": pa.array(names[label], pa.string(), mask=~decided),
                "confidence": pa.array(posterior.max(axis=1), mask=~decided),
                "posterior": pa.array(list(posterior), pa.list_(pa.float64())),
                "n_votes": np.bincount(votes.item, minlength=len(label)).astype(np.int32),
                "version": [version] * len(label),
                "run": [context.run.run_id] * len(label),
            }
        )
        warehouse.replace_batch(CONSENSUS, batch, rows)
        gold_used = window.audit.n_gold
        write_beliefs(warehouse, batch, model, window.voters, task.classes, version, gold_used)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": len(label),
                "decided": dg.MetadataValue.float(float(decided.mean()) if len(label) else 0.0),
                "gold_used": gold_used,
                **in_dagster(model, window.voters, task.classes),
            }
        )

    return consensus


def fit_label_model(task: Task, window: Window) -> "LabelModel":
    """Fit the label model on the window's votes and the audit gold of earlier batches."""
    from labeling.consensus.label_model import LabelModel

    balance = task.spec.class_balance
    prior = None if balance is None else np.array([balance[name] for name in task.classes])
    model = LabelModel(
        len(task.classes), class_balance=prior, voter_names=window.voters or ["nobody"]
    )
    return model.fit(window.votes, window.audit if window.audit.n_gold else None)
