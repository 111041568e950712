"""The record of class changes: a table beside the reviews that only grows.

``class_readings`` is worked out from it: what an old name means today, for SQL.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing

from labeling.class_changes import ClassChange, readings
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from labeling.state.connection import Connection
from labeling.state.dialect import only_grows
from labeling.state.place import Place

SCHEMA = """
create table if not exists class_changes (
    change_id integer primary key autoincrement,
    at text not null,
    who text not null,
    what text not null,
    moves text not null,
    classes text not null,
    last_review integer not null,
    detail text not null
);
create trigger if not exists class_changes_stand before update on class_changes
begin select raise(abort, 'the record of class changes only grows'); end;
create trigger if not exists class_changes_stay before delete on class_changes
begin select raise(abort, 'the record of class changes only grows'); end;

create table if not exists class_readings (
    label text not null,
    after_review integer not null,
    up_to_review integer not null,
    today text,
    primary key (label, after_review)
);

create table if not exists class_files (
    change_id integer primary key
);
"""
"""``class_files``: the changes whose edits of the task's files are done."""

ONLY_GROWS = "the record of class changes only grows"
IN_POSTGRES = only_grows("class_changes", ONLY_GROWS, ONLY_GROWS)

NO_END = 2**62
SAID = "select distinct label from reviews where label is not null"
ROWS = "select what, moves, classes, last_review, who, at, detail from class_changes"


def read_changes(reviews: Place) -> list[ClassChange]:
    """Return the changes kept in a review store, in their order; none where there is no store."""
    if (line := reviews.look()) is None:
        return []
    with closing(line) as db:
        try:
            return changes_in(db)
        except sqlite3.OperationalError:  # of an earlier version, or being made at this moment
            return []


def changes_in(db: Connection, after: int = 0) -> list[ClassChange]:
    """Return the changes of an open store whose numbers are above ``after``."""
    return [
        ClassChange(
            what, json.loads(moves), tuple(json.loads(classes)), last, who, at, json.loads(detail)
        )
        for what, moves, classes, last, who, at, detail in map(
            tuple, db.execute(f"{ROWS} where change_id > ? order by change_id", (after,))
        )
    ]


def write_change(db: Connection, change: ClassChange, kind: Kind = SINGLE) -> int:
    """Add a change, work the readings out anew, and return its number; inside a transaction.

    An answer is carried as its ``kind`` has it. ``change.last_review`` is set to the newest answer of the store.
    """
    (last,) = db.execute("select coalesce(max(review_id), 0) from reviews").fetchone()
    row = (
        change.at, change.who, change.what, _json(change.moves), _json(list(change.classes)),
        last, _json(change.detail),
    )  # fmt: skip
    ((number,),) = db.execute(
        "insert into class_changes (at, who, what, moves, classes, last_review, detail)"
        " values (?, ?, ?, ?, ?, ?, ?) returning change_id",
        row,
    ).fetchall()
    said = [str(label) for (label,) in map(tuple, db.execute(SAID))]
    db.execute("delete from class_readings")
    db.executemany(
        "insert into class_readings values (?, ?, ?, ?)",
        [
            (label, after, NO_END if up_to is None else up_to, today)
            for label, after, up_to, today in readings(changes_in(db), said, kind.carried)
        ],
    )
    return int(number)


def ordered(changes: Sequence[ClassChange], named: Sequence[str]) -> tuple[str, ...]:
    """Return the classes of task.yaml in the order of their indices: the recorded one, new ones last."""
    known = changes[-1].classes if changes else ()
    return (*(c for c in known if c in named), *(c for c in named if c not in known))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
