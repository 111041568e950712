"""Answers about another text or picture than their item has now: found as files land, and told."""

from contextlib import closing

import pyarrow as pa

from resources.reviews.aside import bring_up, items_of, set_aside
from resources.reviews.sight import Shown
from resources.reviews.store import ReviewStore
from resources.store.pictures import digests_of
from resources.store.tables import ARRIVALS, GOLD
from resources.store.warehouse import Warehouse, transaction
from resources.task.task import Task

AS_THEY_STAND = """
select item_id, batch, text, image from raw.arrivals
where item_id in (select item_id from known)
qualify row_number() over (partition by item_id order by file, row) = 1
"""

BY_BATCH = """
select batch, count(*) as answers, count(distinct item_id) as items
from people.reviews where aside group by batch order by batch
"""
"""Answers that are set aside, as they are published."""

FORGET = "delete from people.gold where (item_id, batch) in (select (item_id, batch) from turned)"
KEY = ("item_id", "batch")


def follow_texts(task: Task, warehouse: Warehouse) -> int:
    """Bring the review store in line with what landed, before anybody learns from its answers.

    Returns
    -------
    int
        Items whose answers count no more, or again, because they have another text or picture.
    """
    if not task.reviews.is_file():
        return 0
    warehouse.ensure(ARRIVALS, GOLD)
    with closing(ReviewStore(task.reviews)) as store:
        with warehouse.connect() as db:
            db.register("known", items_of(store))
            items = [Shown(*row) for row in db.execute(AS_THEY_STAND).fetchall()]
            db.unregister("known")
        turned = bring_up(
            store,
            items,
            task.spec.source.redact_patterns,
            digests_of(task, [item.image for item in items]),
        )
    if turned:
        with warehouse.connect() as db, transaction(db):
            db.register(
                "turned", pa.Table.from_pylist([dict(zip(KEY, one, strict=True)) for one in turned])
            )
            db.execute(FORGET)
            db.unregister("turned")
    return len(turned)


def sentence(task: Task) -> str | None:
    """Tell how many answers are set aside, and what of it; ``None`` for none."""
    if not task.reviews.is_file():
        return None
    with closing(ReviewStore(task.reviews)) as store:
        aside = set_aside(store).to_pylist()
    if not aside:
        return None
    items = {(row["item_id"], row["batch"]): row["answered_anew"] for row in aside}
    return (
        f"{len(aside):,} answers about {len(items):,} items are set aside: these items have another "
        f"text or picture now than the one that was answered. They neither teach nor measure, and "
        f"count again when it is back; {sum(items.values()):,} of the items were answered anew"
    )
