"""What answers settle on, as gold has it too: one query for both stores."""

from labeling.state.connection import Connection, Row
from resources.store.queries import query

ANSWERS = """
select r.item_id, r.batch, r.reviewer, r.outcome, r.label, r.origin, r.review_id,
    exists (select 1 from assignments as a where a.item_id = r.item_id and a.batch = r.batch
        and a.origin = 'audit' and a.state <> 'withdrawn') as audited
from read_reviews as r where not r.aside
"""


def settled_items(db: Connection) -> list[Row]:
    """Return a row for each item with an answer that names a class; see ``reading.settled.items``.

    Columns are item_id, batch, label (null where opinions are divided), votes for it, reviews,
    judged (whether a judge decided it) and last_review, the newest ``review_id``.
    """
    common = query("reading.settled.items").sql
    return db.execute(f"with answers as ({ANSWERS}) select * from ({common}) as settled").fetchall()
