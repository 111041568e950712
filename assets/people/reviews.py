"""What people answered."""

import dagster as dg

from assets.decorators import by_batch
from resources.reviews.store import ReviewStore
from resources.store.given import GivenWarehouse
from resources.store.tables import PLANNED, REVIEWS, SCRIPTED
from resources.task.task import Task


def reviews(task: Task) -> dg.AssetsDefinition:
    """Declare the reviews of ``task``."""
    scripted = [SCRIPTED] if task.spec.demo.scripted else []

    @by_batch(task, REVIEWS, deps=[PLANNED, *scripted], kinds=["sqlite"])
    def reviews(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """The batch's answers so far, read from the review store; nothing is ever changed there."""
        batch = context.partition_key
        rows = ReviewStore(task.reviews, kind=task.kind).reviews(batch=batch)
        warehouse.replace_batch(REVIEWS, batch, rows)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": rows.num_rows,
                "still_open": warehouse.value("people.reviews.open", batch=batch),
            }
        )

    return reviews
