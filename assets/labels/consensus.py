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
from resources.store.given import GivenWarehouse
from resources.store.tables import CONSENSUS, TEACHING
from resources.task.task import Task


def consensus(task: Task) -> dg.AssetsDefinition:
    """Declare the consensus of ``task``."""

    @by_batch(task, CONSENSUS, deps=TEACHING)
    def consensus(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """The label model's posterior; items without a vote, or tied, stay undecided."""
        from labeling.consensus.posterior import decided as decide

        batch = context.partition_key
        window = read_window(task, warehouse, batch)
        model = fit_label_model(task, window)
        believed, votes = model.predict_proba(window.votes), window.votes_of_batch()
        units = window.units.only(window.current)
        posterior = believed[window.current[window.units.item]]
        label = task.kind.assemble(units, decide(posterior, votes), task.classes)
        decided = np.array([one is not None for one in label], dtype=np.bool_)
        confidence = task.kind.certainty(units, posterior.max(axis=1))
        n_votes = np.bincount(units.item[votes.item], minlength=len(label))
        version = hashlib.sha256(
            repr((model.method_, window.voters)).encode() + np.round(posterior, 12).tobytes()
        ).hexdigest()[:16]
        rows = pa.Table.from_pydict(
            {
                "item_id": window.item_ids[window.current],
                "batch": [batch] * len(label),
                "label": pa.array(label, pa.string()),
                "confidence": pa.array(confidence, mask=~decided),
                "posterior": as_lists(posterior),
                "n_votes": n_votes.astype(np.int32),
                "version": [version] * len(label),
                "run": [context.run.run_id] * len(label),
            }
        )
        warehouse.replace_batch(CONSENSUS, batch, rows)
        if task.spec.student.enabled:
            keep(task, window, believed)
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
