"""Items put up for review, with what the console may show beside them."""

import dagster as dg

from assets.decorators import by_batch
from assets.people.hints import with_hints
from resources.pictures import digests_of
from resources.reviews.aside import note_pictures
from resources.reviews.hidden_gold import plan_checks
from resources.reviews.store import ReviewStore
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import (
    AUDIT_SAMPLE,
    PLANNED,
    QUEUE,
    REREVIEWS,
)
from resources.task.task import Task


def planned(task: Task) -> dg.AssetsDefinition:
    """Declare what people of ``task`` are asked."""

    @by_batch(task, PLANNED, deps=[AUDIT_SAMPLE, QUEUE, REREVIEWS], kinds=["sqlite"])
    def planned(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """Audit, queue, doubts and hidden gold, put before reviewers; who answered stays answered."""
        batch = context.partition_key
        with warehouse.connect() as db:
            plan = with_hints(task, db, db.read("people.planned.of_batch", batch=batch))
            doubted = with_hints(task, db, db.read("people.planned.doubted", batch=batch))
        store = ReviewStore(task.reviews, kind=task.kind)
        images = [*plan["image"].to_pylist(), *doubted["image"].to_pylist()]
        note_pictures(store, digests_of(task, images))
        new = store.plan(plan, replace=True) if plan.num_rows else 0
        new += store.plan(doubted) if doubted.num_rows else 0
        checks = plan_checks(store)
        rows = [
            {**row, "planned_in": batch}
            for table in (plan, doubted)
            for row in table.select(["item_id", "batch", "origin"]).to_pylist()
        ]
        warehouse.replace({PLANNED: as_arrow(PLANNED, rows)}, planned_in=batch)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": len(rows),
                "doubted": doubted.num_rows,
                "newly_planned": new,
                "new_hidden_gold": checks,
            }
        )

    return planned
