"""How good the released labels of a batch are: measured on its audit sample alone."""

import math
from typing import Any

import dagster as dg
import pyarrow as pa

from assets.declare import by_batch
from assets.tables import ACCURACY, AUDIT_SAMPLE, GOLD, RELEASED
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task

COUNTS = """
select
    coalesce(r.label, 'all') as class,
    count(*) as labelled,
    count(g.label) as reviewed,
    count(*) filter (where g.label = r.label) as correct
from labels.released r
left join people.audit_sample a using (item_id, batch)
left join people.gold g on g.item_id = a.item_id and g.batch = a.batch
where r.batch = $batch and r.label is not null
group by rollup (r.label)
order by class
"""


def accuracy(task: Task) -> dg.AssetsDefinition:
    """Declare the accuracy of ``task``."""

    @by_batch(task, ACCURACY, group="quality", deps=[RELEASED, AUDIT_SAMPLE, GOLD], automatic=True)
    def accuracy(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """Share of right labels with its 95 % interval, over all and for each released class.

        The sample is uniform without replacement: Wilson's interval with the finite population.
        """
        from labeling.quality.intervals import wilson  # scipy: half a second

        batch = context.partition_key
        with warehouse.connect() as db:
            counts = db.execute(COUNTS, {"batch": batch}).to_arrow_table().to_pylist()
        rows: list[dict[str, Any]] = []
        for count in counts:
            interval = wilson(count["correct"], count["reviewed"], count["labelled"])
            rows.append(
                {
                    "batch": batch,
                    **count,
                    "accuracy": interval.point if interval.measured else None,
                    "accuracy_low": interval.low,
                    "accuracy_high": interval.high,
                }
            )
        table = pa.Table.from_pylist(rows, schema=_SCHEMA)
        warehouse.replace_batch(ACCURACY, batch, table)
        whole = next((row for row in rows if row["class"] == "all"), None)
        if whole is None:
            return dg.MaterializeResult(metadata={"labelled": 0})
        metadata = {name: whole[name] for name in ("labelled", "reviewed", "accuracy_low")}
        metadata["accuracy"] = math.nan if whole["accuracy"] is None else whole["accuracy"]
        metadata["accuracy_high"] = whole["accuracy_high"]
        return dg.MaterializeResult(metadata=metadata)

    return accuracy


_SCHEMA = pa.schema(
    [
        ("batch", pa.string()),
        ("class", pa.string()),
        ("labelled", pa.int64()),
        ("reviewed", pa.int64()),
        ("correct", pa.int64()),
        ("accuracy", pa.float64()),
        ("accuracy_low", pa.float64()),
        ("accuracy_high", pa.float64()),
    ]
)
