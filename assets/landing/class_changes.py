"""What the warehouse holds, carried over to a task's classes of today."""

from collections.abc import Mapping, Sequence

from assets.landing.class_columns import FIGURES, KEPT, OF_ITEMS, POSTERIORS, SERIES, VERSIONED
from assets.landing.class_stores import carry_stores
from assets.reading.evidence import input_chain
from labeling.class_changes import ClassChange, pooled
from resources.store.columns import (
    count,
    forget_same,
    pool,
    rename,
    rename_series,
    rename_signals,
    values,
)
from resources.store.place import stands
from resources.store.session import Session
from resources.store.table import Table, as_arrow
from resources.store.tables import (
    CLASS_CHANGES,
    DRIFT_SERIES,
    EARLY_WARNINGS,
    EVERY,
    GOLD,
    MODEL_VOTES,
    RELEASED,
    RULE_VOTES,
)
from resources.store.warehouse import Warehouse
from resources.task.task import Task

COUNTED = {
    "votes of rules": RULE_VOTES,
    "votes of models": MODEL_VOTES,
    "labels": RELEASED,
    "gold": GOLD,
}


CAST = [t for t in EVERY if t.schema == "votes" and "voter" in t.columns]
"""Where voters are named that signals may be of."""


def carry_over(task: Task, warehouse: Warehouse) -> int:
    """Bring every table up to the recorded changes, in one transaction; return how many were new.

    A rename leaves nothing to be done again. Of a merge figures are measured anew; a split or a
    retired class leaves labels open, and stamps that say so.
    """
    changes = task.changes
    known = {*task.classes, *(name for change in changes for name in change.classes)}
    slashed = stands(task) and any("/" in name or "%" in name for name in known)
    if not changes and not slashed:
        return 0
    with warehouse.connect() as db:
        if slashed:
            rename_signals(db, EARLY_WARNINGS, values(db, CAST, "voter"), known)
        done = db.value("landing.class_changes.carried") or 0
        if done == len(changes):
            return 0
        carry_stores(task)
        with db.transaction():
            for place in range(done, len(changes)):
                before = changes[place - 1].classes if place else changes[place].classes
                _carry(task, db, before, changes[place])
                _restamp(task, db, changes[place])
            db.delete(CLASS_CHANGES)
            db.insert(CLASS_CHANGES, as_arrow(CLASS_CHANGES, [{"carried": len(changes)}]))
    return len(changes) - done


def _carry(task: Task, db: Session, before: Sequence[str], change: ClassChange) -> None:
    moves = change.moves
    if not moves:
        return
    renamed = change.what == "rename"
    several = task.kind.composed(task.classes)
    gone = [name for name, new in moves.items() if new is None]
    if gone:
        db.run("landing.class_changes.apply_again", gone=gone)
    for table, columns in OF_ITEMS.items():
        for column in columns:
            rename(db, table, column, _moved(task, db, table, column, moves))
        if len(columns) == 2 and not renamed:
            forget_same(db, table, *columns)
    for table, instead in KEPT.items():
        moved = _moved(task, db, table, "label", moves)
        if lost := [answer for answer, new in moved.items() if new is None]:
            db.update(table, {**instead, "label": None}, label=lost)
        rename(db, table, "label", moved)
    for table, columns in POSTERIORS.items():
        for column in columns if not renamed else ():
            places = pooled(before, change.classes, moves)
            pool(db, table, column, places, several=several)
    for table, columns in FIGURES.items():
        for column in columns:
            if renamed:
                rename(db, table, column, moves)
            else:
                db.delete(table, **{column: [*moves, *filter(None, moves.values())]})
    if not renamed:  # votes that disagreed agree now: what was seen then is of other classes
        db.run("landing.class_changes.forget_hints")
    for table, columns in SERIES.items():
        for column in columns:
            rename_series(db, table, column, moves if renamed else dict.fromkeys(moves))


def _moved(
    task: Task, db: Session, table: Table, column: str, moves: Mapping[str, str | None]
) -> Mapping[str, str | None]:
    """Return what becomes of the answers in a column, where they name classes that moved."""
    if not task.kind.composed(task.classes):
        return moves
    answers = [one for one in values(db, [table], column) if one is not None]
    now = {one: task.kind.carried(one, lambda name: moves.get(name, name)) for one in answers}
    return {one: new for one, new in now.items() if new != one}


def _restamp(task: Task, db: Session, change: ClassChange) -> None:
    """Let versions, stamps and evidence that were true before be true now."""
    for voter, (old, new) in change.detail.get("versions", {}).items():
        for table, columns in VERSIONED.items():
            for who, version in columns:
                db.update(table, {version: new}, **{who: _called(voter, who), version: old})
    for batch, (old, new) in change.detail.get("stamps", {}).items():
        db.update(RELEASED, {"stamp": new}, batch=batch, stamp=old)
    if None in change.moves.values():
        db.update(RELEASED, {"stamp": "a class is gone"})  # even if it comes back
    measured = change.detail.get("measured", [])
    if measured and change.what == "rename":
        chain = input_chain(task, db)
        for batch in measured:
            db.update(DRIFT_SERIES, {"input": chain.get(batch, "")}, batch=batch)


def _called(voter: str, column: str) -> str | None:
    """Return what a voter is called in a column; ``None`` where it cannot stand there."""
    if column == "series":
        return f"voter/{voter}"
    if column == "rule":
        return voter.removeprefix("rule/") if voter.startswith("rule/") else None
    return voter


def uses(warehouse: Warehouse, task: Task) -> dict[str, dict[str, int]]:
    """Count what names each class: votes of rules, votes of models, labels and gold.

    Returns
    -------
    dict of str to dict of str to int
        Class to what it is named by to how often; a class that nothing names is no key.
    """
    found: dict[str, dict[str, int]] = {}
    if not stands(task):
        return found
    with warehouse.connect() as db:
        for what, table in COUNTED.items():
            for label, n in count(db, table, "label").items():
                for name in task.kind.named(label):
                    said = found.setdefault(name, {})
                    said[what] = said.get(what, 0) + n
    return found
