"""The items that a pilot may still meet."""

import hashlib

import pyarrow as pa

from labeling.llm.prompts.content import strings
from orchestration.items_asked import asked_of, items_of
from resources.pilots.store import PilotStore
from resources.reviews.drawn import all_drawn
from resources.reviews.store import ReviewStore
from resources.store.place import stands
from resources.store.warehouse import warehouse_of
from resources.task.task import Task


def waiting_items(task: Task, store: PilotStore, reviews: ReviewStore) -> pa.Table:
    """Return what may be drawn next, in an order that chance decided once for each item.

    These are the items that models are to be asked about, without those that the pilot has met, that
    an audit measures by, or that anybody has answered: who wrote the prompts may know them.

    Returns
    -------
    Table
        ``item_id``, ``batch``, ``text``, ``image`` (only where there are any) and ``metadata``.
    """
    items, _ = asked_of(task, items_of(task, None)[0])
    taken = {(one.item_id, one.batch) for one in store.draws()} | _seen(task, reviews)
    places = list(zip(strings(items, "item_id"), strings(items, "batch"), strict=True))
    first: dict[str, int] = {}
    for at, (item_id, _) in enumerate(places):
        first.setdefault(item_id, at)  # files that nobody has landed yet may hold an id twice
    free = [at for at in first.values() if places[at] not in taken]
    free.sort(key=lambda at: _lot(task.name, *places[at]))
    return items.take(pa.array(free, pa.int64()))


def chance_of(task: Task, item_id: str, batch: str) -> float:
    """Return a number in [0, 1) that belongs to the item; an item is chosen where it is below its chance."""
    return _lot(task.name, item_id, batch, "chosen") / 2**64


def _lot(*of: str) -> int:
    digest = hashlib.blake2b("\0".join(of).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _seen(task: Task, reviews: ReviewStore) -> set[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    for table in (reviews.reviews(), all_drawn(reviews)):
        seen |= set(zip(strings(table, "item_id"), strings(table, "batch"), strict=True))
    if stands(task):
        with warehouse_of(task).connect() as db:
            seen |= {(str(i), str(b)) for i, b in db.tuples("orchestration.pilot.audited")}
    return seen
