"""What the reviews of an item settle on."""

import dagster as dg

from assets.decorators import by_batch
from resources.store.tables import AUDIT_SAMPLE, GOLD, REVIEWS
from resources.store.warehouse import Warehouse
from resources.task.task import Task


def gold(task: Task) -> dg.AssetsDefinition:
    """Declare the gold of ``task``."""

    @by_batch(task, GOLD, deps=[REVIEWS, AUDIT_SAMPLE], automatic=True)
    def gold(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """One label for each reviewed item; audit gold keeps its inclusion probability."""
        batch = context.partition_key
        rows = warehouse.read("people.gold.settle", batch=batch)
        warehouse.replace_batch(GOLD, batch, rows)
        origins = rows["origin"].to_pylist()
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": rows.num_rows,
                "audit": origins.count("audit"),
                "queue": origins.count("queue"),
            }
        )

    return gold
