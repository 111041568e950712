"""The items that measure: drawn at random, with known probabilities, before anybody looks."""

import zlib

import dagster as dg
import numpy as np
import pyarrow as pa

from assets.declare import by_batch
from assets.tables import AUDIT_SAMPLE, RELEASED
from labeling.sampling.audit import draw_audit
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task


def audit_sample(task: Task) -> dg.AssetsDefinition:
    """Declare the audit sample of ``task``."""

    @by_batch(task, AUDIT_SAMPLE, group="people", deps=[RELEASED])
    def audit_sample(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> dg.MaterializeResult:
        """A uniform sample of the batch's released labels, in the order it was drawn."""
        batch = context.partition_key
        ids = warehouse.read(
            "select item_id from labels.released where batch = ? and label is not null"
            " order by item_id",
            [batch],
        )["item_id"].to_pylist()
        seed = zlib.crc32(f"{task.name} {batch} {task.spec.audit.seed}".encode())
        sample = draw_audit([str(i) for i in ids], task.spec.audit.per_batch, seed)
        n = sample.n_drawn
        rows = pa.Table.from_pydict(
            {
                "item_id": pa.array([ids[i] for i in sample.item], pa.string()),
                "batch": pa.array([batch] * n, pa.string()),
                "draw": np.arange(1, n + 1, dtype=np.int32),
                "probability": sample.probability,
                "draw_probability": sample.draw_probability,
                "stratum": sample.stratum.astype(np.int32),
                "population": np.full(n, len(ids), dtype=np.int64),
                "seed": np.full(n, seed, dtype=np.int64),
            }
        )
        warehouse.replace_batch(AUDIT_SAMPLE, batch, rows)
        return dg.MaterializeResult(
            metadata={"dagster/partition_row_count": n, "population": len(ids), "seed": seed}
        )

    return audit_sample
