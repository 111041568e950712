"""What names classes beside the warehouse: alerts that were sent, the canary's rounds, students."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from labeling.class_changes import ClassChange, class_today
from labeling.llm.canary import rounds as canary_rounds
from labeling.student.whole import classes_of, is_whole, read_student
from resources.alerts import ledger
from resources.task.classes.carried import carry_state
from resources.task.classes.files import replace
from resources.task.task import Task


def carry_stores(task: Task) -> None:
    """Bring all up to the recorded changes: nobody is told twice, and no reference is lost."""
    carry_state(task.alerts, task.changes, "alerts", ledger.change_classes)
    carry_state(task.ledger, task.changes, "canary_answers", canary_rounds.change_classes)
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

    from labeling.student.tagger.tagger import Tagger

    student = read_student(path)
    then = classes_of(student)
    now = [class_today(later, name, review=0) for name in then]
    if None in now or len(set(now)) < len(now) or now == then:
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    if isinstance(student, Tagger):
        student.types, said = tuple(map(str, now)), "Marks {} in texts"
    else:
        student.steps[-1][1].classes_, said = np.asarray(now), "- classes: {}"
    joblib.dump(student, unfinished, compress=3)
    card = path.with_suffix(".md")
    if card.is_file():
        old, new = (said.format(", ".join(map(str, names))) for names in (then, now))
        replace(card, card.read_text(encoding="utf-8").replace(old, new))
    unfinished.replace(path)
