"""The items of one batch: each id once."""

import dagster as dg

from assets.decorators import by_batch
from assets.landing.class_check import check_classes
from resources.store.tables import ARRIVALS, ITEMS
from resources.store.warehouse import Warehouse
from resources.task.task import Task

FIRST_OF_EACH_ID = """
select item_id, batch, text, image, time, metadata
from raw.arrivals
where item_id in (select item_id from raw.arrivals where batch = $batch)
qualify row_number() over (partition by item_id order by file, row) = 1 and batch = $batch
order by item_id
"""


def items(task: Task) -> dg.AssetsDefinition:
    """Declare the items of ``task``."""

    @by_batch(task, ITEMS, deps=[ARRIVALS])
    def items(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """One row for each item; where an id came twice, the first row stands."""
        check_classes(task, warehouse)
        batch = context.partition_key
        with warehouse.connect() as db:
            rows = db.execute(FIRST_OF_EACH_ID, {"batch": batch}).to_arrow_table()
            arrived, set_aside = db.execute(
                "select (select count(*) from raw.arrivals where batch = $batch),"
                " (select count(*) from raw.quarantine where batch = $batch)",
                {"batch": batch},
            ).fetchone() or (0, 0)
        warehouse.replace_batch(ITEMS, batch, rows)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": rows.num_rows,
                "arrived": arrived,
                "quarantined": set_aside,
            }
        )

    return items
