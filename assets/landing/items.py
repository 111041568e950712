"""The items of one batch: each id once."""

import dagster as dg

from assets.decorators import by_batch
from assets.landing.class_check import check_classes
from resources.store.given import GivenWarehouse
from resources.store.tables import ARRIVALS, ITEMS
from resources.task.task import Task


def items(task: Task) -> dg.AssetsDefinition:
    """Declare the items of ``task``."""

    @by_batch(task, ITEMS, deps=[ARRIVALS])
    def items(context: dg.AssetExecutionContext, warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """One row for each item; where an id came twice, the first row stands."""
        check_classes(task, warehouse)
        batch = context.partition_key
        with warehouse.connect() as db:
            rows = db.read("landing.items.first_of_each_id", batch=batch)
            (counts,) = db.rows("landing.items.how_many", batch=batch)
        warehouse.replace_batch(ITEMS, batch, rows)
        return dg.MaterializeResult(
            metadata={"dagster/partition_row_count": rows.num_rows, **counts}
        )

    return items
