"""What names classes beside the warehouse: alerts that were sent, the canary's rounds, students."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from labeling.class_changes import ClassChange, class_today
from labeling.llm import canary_rounds
from labeling.student.whole import is_whole, read_student
from resources.alerts import ledger
from resources.task.classes.carried import carry_file
from resources.task.classes.files import replace
from resources.task.task import Task


def carry_stores(task: Task) -> None:
    """Bring all up to the recorded changes: nobody is told twice, and no reference is lost."""
    carry_file(task.alerts, task.changes, "alerts", ledger.change_classes)
    carry_file(task.ledger, task.changes, "canary_answers", canary_rounds.change_classes)
    for path in sorted(task.students.glob("*.joblib")):
        _student(path, task.changes)


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
