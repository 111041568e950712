"""Which answers of a file the review store has already, whatever their classes were called then."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from console.formats.own.bundle import Bundle
from labeling.class_changes import class_today
from resources.reviews.reading.exchange import class_changes
from resources.reviews.rows import Review
from resources.reviews.store import ReviewStore


def not_there(
    bundle: Bundle, stored: Iterable[Mapping[str, Any]], today: Callable[[str], str | None]
) -> list[Review]:
    """Return the answers of a bundle that are new, in their order.

    An answer that a file gives no number of its own is the person's word on the item: the same
    word again, under an earlier name of its class or in another format, is the same answer. One
    with a number or a time of its own is told apart by these.

    Parameters
    ----------
    bundle : Bundle
        What a file says.
    stored : iterable of mapping
        Rows of :data:`~resources.reviews.rows.REVIEW_COLUMNS`, with the labels of today.
    today : callable
        What a label means among today's classes; None where nobody can say.

    Examples
    --------
    >>> said = Review(item_id="7", batch="b", reviewer="ann", outcome="label", label="late",
    ...               origin="queue", seconds=0, idempotency_key="csv/7/b/late")
    >>> row = {"item_id": "7", "batch": "b", "reviewer": "ann", "outcome": "label",
    ...        "label": "delay", "at": None, "idempotency_key": "csv/7/b/delay"}
    >>> not_there(Bundle([], [said], unnumbered={"csv/7/b/late"}), [row], {"late": "delay"}.get)
    []
    """
    keys: set[tuple[str, str]] = set()
    words: set[tuple[Any, ...]] = set()
    times: set[tuple[Any, ...]] = set()
    for row in stored:
        keys.add((row["reviewer"], row["idempotency_key"]))
        word = tuple(row[k] for k in ("reviewer", "item_id", "batch", "outcome", "label"))
        words.add(word)
        times.add((*word, row["at"]))
    new: list[Review] = []
    for one in bundle.reviews:
        label = None if one.label is None else today(one.label)
        word = (one.reviewer, one.item_id, one.batch, one.outcome, label)
        key = (one.reviewer, one.idempotency_key)
        if one.idempotency_key in bundle.unnumbered:
            if key in keys or word in words:
                continue
            words.add(word)
        elif key not in keys and one.at is not None and (*word, one.at) in times:
            continue
        new.append(one)
    return new


def write_store(store: ReviewStore, bundle: Bundle) -> tuple[int, int]:
    """Put a bundle into a store; doing it twice changes nothing.

    Returns
    -------
    tuple of int
        How many assignments and how many reviews are new.
    """
    before = store.reviews()
    changes = class_changes(store)
    planned = store.plan(bundle.assignments)
    store.record_many(
        not_there(
            bundle,
            before.to_pylist(),
            lambda label: store.kind.carried(label, partial(class_today, changes)),
        )
    )
    return planned, store.reviews().num_rows - before.num_rows
