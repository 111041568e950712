"""Answers about another text or picture than their item has now: found as files land, and told."""

from contextlib import closing

import pyarrow as pa

from labeling.counted import counted
from resources.pictures import digests_of
from resources.reviews.aside import bring_up, items_of, set_aside
from resources.reviews.sight import CurrentItem
from resources.reviews.store import ReviewStore
from resources.store.warehouse import Warehouse
from resources.task.task import Task

KEY = ("item_id", "batch")


def follow_texts(task: Task, warehouse: Warehouse) -> int:
    """Bring the review store in line with what landed, before anybody learns from its answers.

    Returns
    -------
    int
        Items whose answers count no more, or again, because they have another text or picture.
    """
    if not task.reviews.exists():
        return 0
    with closing(ReviewStore(task.reviews, kind=task.kind)) as store:
        with warehouse.connect() as db, db.lend(known=items_of(store)):
            items = [CurrentItem(*row) for row in db.tuples("landing.other_texts.as_they_stand")]
        turned = bring_up(
            store,
            items,
            task.spec.source.redact_patterns,
            digests_of(task, [item.image for item in items]),
        )
    if turned:
        keys = pa.Table.from_pylist([dict(zip(KEY, one, strict=True)) for one in turned])
        with warehouse.connect() as db, db.lend(turned=keys):
            db.run("landing.other_texts.forget_gold")
    return len(turned)


def sentence(task: Task) -> str | None:
    """Tell how many answers are set aside, and what of it; ``None`` for none."""
    if not task.reviews.exists():
        return None
    with closing(ReviewStore(task.reviews, kind=task.kind)) as store:
        aside = set_aside(store).to_pylist()
    if not aside:
        return None
    items = {(row["item_id"], row["batch"]): row["answered_anew"] for row in aside}
    return (
        f"{counted(len(aside), 'answer')} about {counted(len(items), 'item is', 'items are')} set aside: these items have another "
        f"text or picture now than the one that was answered. They neither teach nor measure, and "
        f"count again when it is back; {sum(items.values()):,} of the items were answered anew"
    )
