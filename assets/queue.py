"""The items that teach most, for people to review; never used for measuring."""

import zlib

import dagster as dg
import numpy as np
import pyarrow as pa

from assets.declare import by_batch
from assets.tables import CONSENSUS, GOLD, QUEUE, STUDENT_VOTES
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task


def queue(task: Task) -> dg.AssetsDefinition:
    """Declare the learning queue of ``task``."""

    @by_batch(task, QUEUE, group="people", deps=[CONSENSUS, STUDENT_VOTES])
    def queue(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """Items the student is least sure of, each unlike the others, and a random share."""
        batch = context.partition_key
        warehouse.ensure(GOLD)
        items = warehouse.read(
            "select i.item_id, i.text, c.posterior from raw.items i"
            " join labels.consensus c using (item_id, batch) where i.batch = ? order by i.item_id",
            [batch],
        )
        rows = _choose(task, batch, items)
        warehouse.replace_batch(QUEUE, batch, rows)
        return dg.MaterializeResult(metadata={"dagster/partition_row_count": rows.num_rows})

    return queue


def _choose(task: Task, batch: str, items: pa.Table) -> pa.Table:
    # scikit-learn takes a second to import, and only this step needs it here
    import joblib

    from labeling.sampling.queue import choose_queue

    wanted = min(task.spec.queue.per_batch, items.num_rows)
    if wanted == 0:
        return pa.Table.from_pylist([], schema=_SCHEMA)
    texts = [str(text) for text in items["text"].to_pylist()]
    posterior = np.array(items["posterior"].to_pylist(), dtype=np.float64)
    saved = task.students / f"{batch}.joblib"
    proba = joblib.load(saved).predict_proba(texts) if saved.is_file() else posterior
    seed = zlib.crc32(f"{task.name} {batch} {task.spec.queue.seed}".encode())
    chosen = choose_queue(texts, np.asarray(proba), wanted, seed=seed, classes=task.classes)
    ids = items["item_id"].to_pylist()
    return pa.Table.from_pydict(
        {
            "item_id": pa.array([ids[i] for i in chosen.item], pa.string()),
            "batch": pa.array([batch] * len(chosen), pa.string()),
            "rank": np.arange(1, len(chosen) + 1, dtype=np.int32),
            "strategy": pa.array(chosen.strategy, pa.string()),
            "why": pa.array(chosen.why, pa.string()),
            "score": chosen.score,
            "probability": pa.array(chosen.probability, from_pandas=True),
        },
        schema=_SCHEMA,
    )


_SCHEMA = pa.schema(
    [
        ("item_id", pa.string()),
        ("batch", pa.string()),
        ("rank", pa.int32()),
        ("strategy", pa.string()),
        ("why", pa.string()),
        ("score", pa.float64()),
        ("probability", pa.float64()),
    ]
)
