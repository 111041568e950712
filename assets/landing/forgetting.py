"""Take batches out of everything that was made of them; what people and models said stays.

Reviews, alarms that were dealt with, model answers and vectors stand in files of their own and are
never taken out: made again, a batch finds them there. Nor are the rounds of the canary, which were
paid for and tell of the models.
"""

from collections.abc import Sequence

from resources.reviews.store import ReviewStore
from resources.store.columns import values
from resources.store.tables import EVERY
from resources.store.warehouse import Warehouse
from resources.task.task import Task

OF_BATCHES = [table for table in EVERY if "batch" in table.columns and table.stays == "batch"]


def made(warehouse: Warehouse) -> list[str]:
    """Name the batches of which anything was made, in the order of time."""
    with warehouse.connect() as db:
        return values(db, OF_BATCHES, "batch")


def forget(task: Task, warehouse: Warehouse, batches: Sequence[str]) -> None:
    """Take out every row and student made of ``batches``, and what is still to be reviewed of them."""
    with warehouse.connect() as db, db.transaction():
        for table in OF_BATCHES:
            db.delete(table, batch=list(batches))
    for batch in batches:
        for path in (task.students / f"{batch}.joblib", task.students / f"{batch}.md"):
            path.unlink(missing_ok=True)
    if task.reviews.exists():
        ReviewStore(task.reviews, kind=task.kind).withdraw(batches)
