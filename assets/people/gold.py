"""What the reviews of an item settle on."""

import dagster as dg
import pyarrow as pa

from assets.decorators import by_batch
from resources.store.given import GivenWarehouse
from resources.store.session import Session
from resources.store.tables import AUDIT_SAMPLE, GOLD, REVIEWS
from resources.task.task import Task


def gold(task: Task) -> dg.AssetsDefinition:
    """Declare the gold of ``task``."""

    @by_batch(task, GOLD, deps=[REVIEWS, AUDIT_SAMPLE], automatic=True)
    def gold(context: dg.AssetExecutionContext, warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """One label for each reviewed item; audit gold keeps its inclusion probability."""
        batch = context.partition_key
        with warehouse.connect() as db:
            rows = gold_of(db, batch)
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


def gold_of(db: Session, batch: str) -> pa.Table:
    """Return what the reviews of a batch settle on, as the table of gold has it."""
    with db.lend(answers=db.read("people.gold.answers", batch=batch)):
        settled = db.read("reading.settled.items")
    with db.lend(settled=settled):
        return db.read("people.gold.gold")
