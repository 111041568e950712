"""What people answered: items put up for review, answers read back."""

import dagster as dg
import pyarrow.compute as pc

from assets.decorators import by_batch
from assets.people.hints import with_hints
from assets.people.scripted import REVIEWER, answer
from resources.reviews.hidden_gold import plan_checks
from resources.reviews.store import ReviewStore
from resources.store.tables import AUDIT_SAMPLE, QUEUE, RELEASED, REREVIEWS, REVIEWS, RULE_VOTES
from resources.store.warehouse import Warehouse
from resources.task.task import Task


def reviews(task: Task) -> dg.AssetsDefinition:
    """Declare the reviews of ``task``."""

    @by_batch(task, REVIEWS, deps=[AUDIT_SAMPLE, QUEUE, REREVIEWS], kinds=["sqlite"])
    def reviews(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """The batch's answers so far, read from the review store; nothing is ever changed there."""
        batch = context.partition_key
        task.reviews.parent.mkdir(parents=True, exist_ok=True)
        warehouse.ensure(RULE_VOTES, RELEASED)
        store = ReviewStore(task.reviews)
        with warehouse.connect() as db:
            plan = with_hints(task, db, db.read("people.reviews.planned", batch=batch))
            doubted = with_hints(task, db, db.read("people.reviews.doubted", batch=batch))
        planned = store.plan(plan, replace=True) if plan.num_rows else 0
        planned += store.plan(doubted) if doubted.num_rows else 0
        checks = plan_checks(store)
        answer(task, store, plan)
        answer(task, store, doubted)
        answered = store.reviews()
        rows = answered.filter(pc.field("batch") == batch)
        warehouse.replace_batch(REVIEWS, batch, rows)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": rows.num_rows,
                "doubted": doubted.num_rows,
                "newly_planned": planned,
                "new_hidden_gold": checks,
                "answered_by_script": rows["reviewer"].to_pylist().count(REVIEWER),
                "still_open": plan.num_rows
                - len(
                    set(zip(rows["item_id"].to_pylist(), rows["origin"].to_pylist(), strict=True))
                ),
            }
        )

    return reviews
