"""Items of a review store brought in line with what landed, and the answers that this set aside."""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from resources.reviews import sight as review_sight
from resources.reviews.arrow_tables import as_table
from resources.reviews.sight import CurrentItem
from resources.reviews.store import ReviewStore

ITEM_COLUMNS = pa.schema([("item_id", pa.string()), ("batch", pa.string())])

ASIDE_COLUMNS = pa.schema(
    [
        ("review_id", pa.int64()),
        ("item_id", pa.string()),
        ("batch", pa.string()),
        ("reviewer", pa.string()),
        ("answered_anew", pa.bool_()),
    ]
)


def items_of(store: ReviewStore) -> pa.Table:
    """Return every item that was ever put up for review; columns :data:`ITEM_COLUMNS`."""
    with store.database.read() as db:
        return as_table(db.execute("select item_id, batch from items").fetchall(), ITEM_COLUMNS)


def bring_up(
    store: ReviewStore,
    items: Iterable[CurrentItem],
    own_patterns: Mapping[str, str] | None = None,
    pictures: Mapping[str, str] | None = None,
) -> list[tuple[str, str]]:
    """Let the store's items be what they are now; see :func:`review_sight.bring_up`."""
    with store.database.write() as db:
        review_sight.note_pictures(db, pictures or {})
        return review_sight.bring_up(
            db, items, own_patterns or {}, exact=store.kind.marks_text,
            now_us=store.now_us(), overlap_share=store.overlap_share,
        )  # fmt: skip


def note_pictures(store: ReviewStore, digests: Mapping[str, str]) -> None:
    """Keep what pictures hold, by name, as they are put before people: later ones are compared."""
    with store.database.write() as db:
        review_sight.note_pictures(db, digests)


def set_aside(store: ReviewStore) -> pa.Table:
    """Return the answers about another text or picture than now; columns :data:`ASIDE_COLUMNS`.

    ``answered_anew`` says whether anybody has answered the item as it is now.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> store = ReviewStore(Path(mkdtemp()) / "reviews.sqlite")
    >>> store.plan([{"item_id": "7", "batch": "may", "origin": "queue", "text": "free $$$"}])
    1
    >>> store.record("7", "may", "anna", "label", "SPAM", "queue", 1.2, idempotency_key="k1")
    1
    >>> bring_up(store, [CurrentItem("7", "may", "see you", None)]), set_aside(store).num_rows
    ([('7', 'may')], 1)
    """
    with store.database.read() as db:
        rows = db.execute(
            "select r.review_id, r.item_id, r.batch, r.reviewer, exists (select 1 from"
            " standing_reviews as s where s.item_id = r.item_id and s.batch = r.batch"
            " and s.outcome <> 'skip' and s.origin <> 'check') as answered_anew"
            " from read_reviews as r where r.aside order by r.review_id"
        ).fetchall()
    return as_table(rows, ASIDE_COLUMNS)
