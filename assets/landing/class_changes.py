"""What the warehouse holds, carried over to a task's classes of today."""

from collections.abc import Mapping, Sequence

from assets.landing.class_columns import (
    FIGURES,
    KEPT,
    OF_ITEMS,
    POSTERIORS,
    SERIES,
    VERSIONED,
)
from assets.landing.class_stores import carry_stores
from assets.reading.evidence import input_chain
from labeling.class_changes import ClassChange, pooled
from labeling.quality.alarm_keys import key_prefix
from resources.store.session import Session
from resources.store.standing import stands
from resources.store.table import Table
from resources.store.tables import RELEASED, RULE_VERSIONS, RULE_VOTES
from resources.store.warehouse import Warehouse, transaction
from resources.task.task import Task

STANDING = "select schema_name || '.' || table_name from duckdb_tables()"


def carry_over(task: Task, warehouse: Warehouse) -> int:
    """Bring every table up to the recorded changes, in one transaction; return how many were new.

    A rename leaves nothing to be done again. Of a merge figures are measured anew; a split or a
    retired class leaves labels open, and stamps that say so.
    """
    changes = task.changes
    if not changes:
        return 0
    with warehouse.connect() as db:
        (done,) = db.execute("select max(carried) from quality.class_changes").fetchone() or (None,)
        if done == len(changes):
            return 0
        carry_stores(task)
        tables = {str(row[0]) for row in db.execute(STANDING).fetchall()}
        with transaction(db):
            for place in range(done or 0, len(changes)):
                before = changes[place - 1].classes if place else changes[place].classes
                _carry(db, tables, before, changes[place])
                _restamp(task, db, tables, changes[place])
            db.execute("delete from quality.class_changes")
            db.execute("insert into quality.class_changes values (?)", [len(changes)])
    return len(changes) - (done or 0)


def _carry(db: Session, tables: set[str], before: Sequence[str], change: ClassChange) -> None:
    moves = change.moves
    if not moves:
        return
    renamed = change.what == "rename"
    if {RULE_VOTES.sql_name, RULE_VERSIONS.sql_name} <= tables:
        _apply_again(db, [name for name, new in moves.items() if new is None])
    for table, columns in OF_ITEMS.items():
        if table.sql_name in tables:
            for column in columns:
                _rename(db, table, column, moves)
            if len(columns) == 2 and not renamed:
                db.execute(f"delete from {table.sql_name} where {columns[0]} = {columns[1]}")
    for table, instead in KEPT.items():
        if table.sql_name in tables:
            gone = [name for name, new in moves.items() if new is None]
            said = ", ".join(f"{column} = {value}" for column, value in instead.items())
            where = "where list_contains(?, label)"
            db.execute(f"update {table.sql_name} set {said}, label = null {where}", [gone])
            _rename(db, table, "label", moves)
    for table, columns in POSTERIORS.items():
        if table.sql_name in tables and not renamed:
            for column in columns:
                _pool(db, table, column, pooled(before, change.classes, moves))
    for table, columns in FIGURES.items():
        if table.sql_name in tables:
            for column in columns:
                if renamed:
                    _rename(db, table, column, moves)
                else:
                    stale = [*moves, *(new for new in moves.values() if new is not None)]
                    db.execute(
                        f'delete from {table.sql_name} where list_contains(?, "{column}")', [stale]
                    )
    for table, columns in SERIES.items():
        if table.sql_name in tables:
            for column in columns:
                _rename_series(db, table, column, moves if renamed else dict.fromkeys(moves))


def _apply_again(db: Session, gone: Sequence[str]) -> None:
    """Forget that rules were applied whose votes go: the same rule may vote for the name again."""
    db.execute(
        "delete from votes.rule_versions as v where exists (select 1 from votes.rules as r"
        " where r.batch = v.batch and r.voter = v.voter and list_contains(?, r.label))",
        [gone],
    )


def _rename(db: Session, table: Table, column: str, moves: Mapping[str, str | None]) -> None:
    """Put today's names in the place of old ones; a row whose name has none goes."""
    known, gone = _split(moves)
    if gone:
        db.execute(f'delete from {table.sql_name} where list_contains(?, "{column}")', [gone])
    if known:
        db.execute(
            f'update {table.sql_name} set "{column}" = $new[list_position($old, "{column}")]'
            f' where list_contains($old, "{column}")',
            {"old": list(known), "new": list(known.values())},
        )


def _rename_series(db: Session, table: Table, column: str, moves: Mapping[str, str | None]) -> None:
    """The same for ``class/NAME``, keys of its alarms and ``voter/VOTER/NAME``."""
    for old, new in moves.items():
        before, after = f"class/{old}", None if new is None else f"class/{new}"
        of_class = f"{column} = $class"
        if column == "alarm_id":
            before, after = key_prefix(before), None if after is None else key_prefix(after)
            of_class = f"starts_with({column}, $class)"
        of_voter = f"(starts_with({column}, 'voter/') and ends_with({column}, '/' || $old))"
        if after is None:
            db.execute(f"delete from {table.sql_name} where {of_class}", {"class": before})
            continue
        db.execute(
            f"update {table.sql_name} set {column} = case when starts_with({column}, 'class/')"
            f" then $after || {column}[length($class) + 1 :]"
            f" else {column}[: length({column}) - length($old)] || $new end"
            f" where {of_class} or {of_voter if column == 'signal' else 'false'}",
            {"class": before, "after": after, "old": old, "new": new},
        )


def _pool(db: Session, table: Table, column: str, places: list[list[int]]) -> None:
    """Sum the probabilities of classes that became one; what went with a class is shared out."""
    sums = ", ".join(" + ".join(f"{column}[{i + 1}]" for i in into) or "0.0" for into in places)
    db.execute(
        f"update {table.sql_name} set {column} ="
        f" list_transform([{sums}], lambda x: x / greatest(list_sum([{sums}]), 1e-300))"
        f" where {column} is not null"
    )


def _restamp(task: Task, db: Session, tables: set[str], change: ClassChange) -> None:
    """Let versions, stamps and evidence that were true before be true now."""
    for voter, (old, new) in change.detail.get("versions", {}).items():
        for table, columns in VERSIONED.items():
            for who, version in columns if table.sql_name in tables else ():
                name = f"voter/{voter}" if who == "series" else voter
                db.execute(
                    f"update {table.sql_name} set {version} = ? where {who} = ? and {version} = ?",
                    [new, name, old],
                )
    for batch, (old, new) in change.detail.get("stamps", {}).items():
        if RELEASED.sql_name in tables:
            db.execute(
                "update labels.released set stamp = ? where batch = ? and stamp = ?",
                [new, batch, old],
            )
    if None in change.moves.values() and RELEASED.sql_name in tables:
        db.execute("update labels.released set stamp = 'a class is gone'")  # even if it comes back
    measured = change.detail.get("measured", [])
    if measured and change.what == "rename":
        chain = input_chain(task, db)
        for batch in measured:
            db.execute(
                "update quality.drift_series set input = ? where batch = ?",
                [chain.get(batch, ""), batch],
            )
        if "quality.tracked" in tables:  # charts of classes are drawn anew under the new name
            db.execute(
                "update quality.tracked set fingerprint = '0 renamed' where batch = 'history'"
            )


def _split(moves: Mapping[str, str | None]) -> tuple[dict[str, str], list[str]]:
    return (
        {old: new for old, new in moves.items() if new is not None},
        [old for old, new in moves.items() if new is None],
    )


def uses(warehouse: Warehouse, task: Task) -> dict[str, dict[str, int]]:
    """Count what names each class: votes of rules, votes of models, labels and gold.

    Returns
    -------
    dict of str to dict of str to int
        Class to what it is named by to how often; a class that nothing names is no key.
    """
    counted = {
        "votes of rules": "votes.rules",
        "votes of models": "votes.models",
        "labels": "labels.released",
        "gold": "people.gold",
    }
    found: dict[str, dict[str, int]] = {}
    if not stands(task):
        return found
    with warehouse.connect() as db:
        tables = {str(row[0]) for row in db.execute(STANDING).fetchall()}
        for what, table in counted.items():
            if table in tables:
                rows = db.execute(
                    f"select label, count(*) from {table} where label is not null"
                    " group by label order by label"
                ).fetchall()
                for label, count in rows:
                    found.setdefault(str(label), {})[what] = int(count)
    return found
