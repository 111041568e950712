"""What names classes beside the warehouse: alerts that were sent, the canary's rounds, students."""

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from labeling.class_changes import ClassChange, class_today
from labeling.quality.alarm_keys import key_prefix
from labeling.student.whole import is_whole, read_student
from resources.task.classes.files import replace
from resources.task.task import Task

Carry = Callable[[sqlite3.Connection, ClassChange], None]


def carry_stores(task: Task) -> None:
    """Bring all up to the recorded changes: nobody is told twice, and no reference is lost."""
    _carry(task.alerts, task.changes, "alerts", _alerts)
    _carry(task.ledger, task.changes, "canary_answers", _canary)
    for path in sorted(task.students.glob("*.joblib")):
        _student(path, task.changes)


def _carry(path: Path, changes: Sequence[ClassChange], table: str, carry: Carry) -> None:
    """Make the changes that a file has not seen, once; it counts them in ``user_version``."""
    if not path.is_file():
        return
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
        db.execute("begin immediate")
        (done,) = db.execute("pragma user_version").fetchone()
        stands = db.execute("select 1 from sqlite_master where name = ?", (table,)).fetchone()
        for change in changes[done:] if stands else ():
            carry(db, change)
        db.execute(f"pragma user_version = {len(changes)}")
        db.execute("commit")


def _student(path: Path, changes: Sequence[ClassChange]) -> None:
    """Let a student speak of classes by the names of today; one whose classes are others stays."""
    trained = path.stat().st_mtime
    later = [c for c in changes if datetime.fromisoformat(c.at).timestamp() > trained]
    if not any(change.moves for change in later) or not is_whole(path):
        return
    import joblib
    import numpy as np

    pipeline = read_student(path)
    last = pipeline.steps[-1][1]
    then = [str(name) for name in last.classes_]
    now = [class_today(later, name, review=0) for name in then]
    if None in now or len(set(now)) < len(now) or now == then:
        return
    last.classes_ = np.asarray(now)
    card = path.with_suffix(".md")
    if card.is_file():
        lines = f"- classes: {', '.join(then)}", f"- classes: {', '.join(map(str, now))}"
        replace(card, card.read_text(encoding="utf-8").replace(*lines))
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    joblib.dump(pipeline, unfinished, compress=3)
    unfinished.replace(path)


def _alerts(db: sqlite3.Connection, change: ClassChange) -> None:
    """An alarm has its series in its key, of which older files escape nothing."""
    if change.what != "rename":
        return
    for old, new in change.moves.items():
        new_key = key_prefix(f"class/{new}")
        for old_key in dict.fromkeys((key_prefix(f"class/{old}"), f"class/{old}@")):
            db.execute(
                "update or ignore alerts set alarm_id = ?1 || substr(alarm_id, ?2 + 1)"
                " where substr(alarm_id, 1, ?2) = ?3 and instr(substr(alarm_id, ?2 + 1), '@') = 0"
                " and at < ?4",
                (new_key, len(old_key), old_key, change.at),
            )


def _canary(db: sqlite3.Connection, change: ClassChange) -> None:
    """Answers of earlier rounds are compared with later ones, by version."""
    until = datetime.fromisoformat(change.at).timestamp()
    known = {old: new for old, new in change.moves.items() if new is not None}
    marks = ", ".join("?" * len(known))
    cases = " ".join("when ? then ?" for _ in known)
    if known:
        pairs = [name for pair in known.items() for name in pair]
        db.execute(
            f"update canary_answers set label = case label {cases} end"
            f" where label in ({marks}) and asked_at < ?",
            (*pairs, *known, until),
        )
    for voter, (old, new) in change.detail.get("versions", {}).items():
        for table, at in (("canary_answers", "asked_at"), ("canary_accepted", "accepted_at")):
            db.execute(
                f"update or ignore {table} set version = ?"
                f" where voter = ? and version = ? and {at} < ?",
                (new, voter, old, until),
            )
