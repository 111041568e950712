"""Hidden gold: items whose answer is known, put before people who never saw them."""

from itertools import islice

from labeling.state.connection import Row
from resources.reviews.rows import Assignment, read_context
from resources.reviews.settled import settled_items
from resources.reviews.store import ReviewStore

MOST = 200
"""Hidden gold items kept in a store, at most; a person sees each once."""

FREE = """
select i.item_id, i.batch, i.text, i.image, i.context, i.suggestion from items as i
where i.item_id = ? and i.batch = ?
and not exists (select 1 from assignments as a where a.item_id = i.item_id and a.batch = i.batch
    and (a.origin = 'check' and a.state <> 'withdrawn' or a.origin = 'adjudicate' and a.state = 'open'))
"""
"""The item, if it is no hidden gold yet and nobody has to judge about it."""


def plan_checks(store: ReviewStore, *, at_most: int = MOST) -> int:
    """Take items that an adjudicator decided, or that two people answered alike, as hidden gold.

    Only people who never answered an item get it as a check; what they say there never becomes
    gold. Doing it again adds what has been settled since.

    Returns
    -------
    int
        How many items are new.
    """
    with store.database.read() as db:
        kept = db.execute(
            "select count(*) from assignments where origin = 'check' and state <> 'withdrawn'"
        ).fetchone()[0]
        settled = settled_items(db) if kept < at_most else []
        free = (
            (item, row["label"])
            for row in sorted(filter(_sure, settled), key=lambda row: -row["last_review"])
            if (item := db.execute(FREE, (row["item_id"], row["batch"])).fetchone()) is not None
        )
        sure = list(islice(free, max(0, at_most - kept)))
    return store.plan(
        Assignment(
            item_id=item["item_id"],
            batch=item["batch"],
            origin="check",
            text=item["text"],
            image=item["image"],
            context=read_context(item["context"]),
            suggestion=item["suggestion"],
            gold=label,
        )
        for item, label in sure
    )


def _sure(settled: Row) -> bool:
    """A judge decided it, or all said the same, and not one person alone."""
    alike = settled["votes"] == settled["reviews"] > 1
    return settled["label"] is not None and bool(settled["judged"] or alike)
