"""A change of classes in the review store: kept, and what waits for people brought in line."""

from collections.abc import Sequence

from labeling.class_changes import ClassChange
from labeling.kinds.kind import Kind
from labeling.state.connection import Connection
from resources.reviews.plan import FIRST
from resources.task.classes.record import write_change

ASK_AGAIN = """
update assignments set state = 'open', priority = ?
where state = 'done' and origin = ?
    and exists (select 1 from read_reviews as r where r.item_id = assignments.item_id
        and r.batch = assignments.batch and r.gone)
    and not exists (select 1 from standing_reviews as r where r.item_id = assignments.item_id
        and r.batch = assignments.batch and r.outcome <> 'skip' and r.origin <> 'check')
"""

SETTLED = """
update assignments set state = 'done' where state = 'open' and priority = ?
    and exists (select 1 from standing_reviews as r where r.item_id = assignments.item_id
        and r.batch = assignments.batch and r.outcome <> 'skip' and r.origin <> 'check')
"""
"""Asked again, and its answer counts again: its class was put back, or its parts are one."""

NO_DISPUTE = """
update assignments set state = 'done' where state = 'open' and origin = 'adjudicate'
    and (select count(distinct r.label) from standing_reviews as r
        where r.item_id = assignments.item_id and r.batch = assignments.batch
        and r.outcome = 'label' and r.origin <> 'check') < 2
    and not exists (select 1 from standing_reviews as r where r.item_id = assignments.item_id
        and r.batch = assignments.batch and r.outcome = 'unsure' and r.origin <> 'check')
"""
"""Answers that differed may be one class now."""


def change(
    db: Connection, changes: Sequence[ClassChange], ask_again: Sequence[str], kind: Kind
) -> None:
    """Write changes down; see ``ReviewStore.change_classes``."""
    for one in changes:
        write_change(db, one, kind)
        db.executemany(
            "update items set suggestion = ? where suggestion = ?",
            _moved(db, "select distinct suggestion from items", one, kind),
        )
        _hidden_gold(db, _moved(db, "select distinct gold from assignments", one, kind))
    for origin in ask_again:
        db.execute(ASK_AGAIN, (FIRST, origin))
    db.execute(SETTLED, (FIRST,))
    if any(one.moves for one in changes):
        db.execute(NO_DISPUTE)


def _moved(
    db: Connection, said: str, change: ClassChange, kind: Kind
) -> list[tuple[str | None, str]]:
    """Return what answers that a change touches mean now, and what they were, in its order."""
    order = list(change.moves)
    found: list[tuple[int, str | None, str]] = []
    for (answer,) in map(tuple, db.execute(said)):
        touched = [order.index(n) for n in kind.named(answer or "") if n in change.moves]
        if answer is not None and touched:
            now = kind.carried(answer, lambda name: change.moves.get(name, name))
            found.append((min(touched), now, str(answer)))
    return [(now, answer) for _, now, answer in sorted(found, key=lambda one: one[0])]


def _hidden_gold(db: Connection, moved: list[tuple[str | None, str]]) -> None:
    """Let known answers follow; one whose class is gone tests nobody any more."""
    for new, old in moved:
        if new is None:
            db.execute(
                "update assignments set state = 'withdrawn' where origin = 'check' and gold = ?",
                (old,),
            )
        else:
            db.execute("update assignments set gold = ? where gold = ?", (new, old))
