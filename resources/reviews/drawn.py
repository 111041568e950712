"""Items that were drawn at random outside of the pipeline, and so may measure."""

from collections.abc import Iterable

import pyarrow as pa

from resources.reviews.store import ReviewStore

COUNTED = "select count(*) from drawn"


def record_drawn(store: ReviewStore, items: Iterable[tuple[str, str]], probability: float) -> int:
    """Note that items (item_id, batch) were drawn at random, each with this probability.

    Returns
    -------
    int
        How many were not declared before.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> store = ReviewStore(Path(mkdtemp()) / "reviews.sqlite")
    >>> record_drawn(store, [("7", "may"), ("8", "may")], 0.1), drawn_in(store, "may")
    (2, ['7', '8'])
    """
    with store.database.write() as db:
        before = db.execute(COUNTED).fetchone()[0]
        db.executemany(
            "insert into drawn values (?, ?, ?, ?) on conflict do nothing",
            [(item_id, batch, probability, store.now_us()) for item_id, batch in items],
        )
        return db.execute(COUNTED).fetchone()[0] - before


def drawn_in(store: ReviewStore, batch: str) -> list[str]:
    """Return the ids of a batch's items that were declared to be drawn at random."""
    with store.database.read() as db:
        rows = db.execute("select item_id from drawn where batch = ? order by item_id", (batch,))
        return [str(row["item_id"]) for row in rows]


def all_drawn(store: ReviewStore) -> pa.Table:
    """Return ``item_id`` and ``batch`` of every item that was declared to be drawn at random."""
    with store.database.read() as db:
        rows = db.execute("select item_id, batch from drawn").fetchall()
    names = ("item_id", "batch")
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})
