"""Hidden gold: items whose answer is known, put before people who never saw them."""

from resources.reviews.rows import Assignment, read_context
from resources.reviews.store import ReviewStore

MOST = 200
"""Hidden gold items kept in a store, at most; a person sees each once."""

SETTLED = """
select r.item_id, r.batch, i.text, i.image, i.context, i.suggestion,
    max(case when r.origin = 'adjudicate' then r.label end) as judged,
    min(r.label) as label
from standing_reviews as r join items as i using (item_id, batch)
where r.outcome = 'label' and r.origin not in ('check', 'rereview')
    and not exists (select 1 from assignments as a where a.item_id = r.item_id
        and a.batch = r.batch and (a.origin = 'check' and a.state <> 'withdrawn'
            or a.origin = 'adjudicate' and a.state = 'open'))
group by r.item_id, r.batch
having count(case when r.origin = 'adjudicate' then 1 end) > 0
    or (count(distinct r.label) = 1 and count(distinct r.reviewer) > 1)
order by max(r.review_id) desc limit ?
"""


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
        rows = db.execute(SETTLED, (max(0, at_most - kept),)).fetchall()
    return store.plan(
        Assignment(
            item_id=row["item_id"],
            batch=row["batch"],
            origin="check",
            text=row["text"],
            image=row["image"],
            context=read_context(row["context"]),
            suggestion=row["suggestion"],
            gold=row["judged"] or row["label"],
        )
        for row in rows
    )
