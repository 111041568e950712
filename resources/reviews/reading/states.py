"""How far people are with what they were asked."""

from resources.reviews.settled import settled_items
from resources.reviews.store import ReviewStore


def states(store: ReviewStore, origin: str) -> dict[tuple[str, str], str]:
    """Return ``open``, ``done`` or ``withdrawn`` of each item, by id and batch, put up under ``origin``."""
    with store.database.read() as db:
        rows = db.execute(
            "select item_id, batch, state from assignments where origin = ?", (origin,)
        ).fetchall()
    return {(row["item_id"], row["batch"]): row["state"] for row in rows}


def settled_labels(store: ReviewStore) -> dict[tuple[str, str], str | None]:
    """Return what people settled on, by id and batch; None where they are divided."""
    with store.database.read() as db:
        return {(row["item_id"], row["batch"]): row["label"] for row in settled_items(db)}
