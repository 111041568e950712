"""One posterior for each item, out of the votes of rules and models."""

import hashlib

import dagster as dg
import numpy as np
import pyarrow as pa

from assets.decorators import by_batch
from assets.labels.beliefs import in_dagster, write_beliefs
from assets.reading.opinions import as_lists
from assets.reading.votes import read_window
from assets.reading.window_posterior import fit_label_model, keep
from labeling.votes import ABSTAIN
from resources.store.tables import CONSENSUS, TEACHING
from resources.store.warehouse import Warehouse
from resources.task.task import Task


def consensus(task: Task) -> dg.AssetsDefinition:
    """Declare the consensus of ``task``."""

    @by_batch(task, CONSENSUS, deps=TEACHING)
    def consensus(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """The label model's posterior; items without a vote, or tied, stay undecided."""
        from labeling.consensus.posterior import decided as decide

        batch = context.partition_key
        window = read_window(task, warehouse, batch)
        model = fit_label_model(task, window)
        believed, votes = model.predict_proba(window.votes), window.votes_of_batch()
        posterior = believed[window.current]
        label = decide(posterior, votes)
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
                "posterior": as_lists(posterior),
                "n_votes": np.bincount(votes.item, minlength=len(label)).astype(np.int32),
                "version": [version] * len(label),
                "run": [context.run.run_id] * len(label),
            }
        )
        warehouse.replace_batch(CONSENSUS, batch, rows)
        if task.spec.student.enabled:
            keep(task, warehouse, batch, window, believed)
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
