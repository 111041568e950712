"""Rules that a model wrote: which a task has, and which of them are retired by the time of a batch.

One whose alarm went off votes on no batch after that, until the alarm is reset. What it said before
stays: the reviews that raised the alarm measure those batches, and so never change their labels.
"""

from bisect import bisect_left
from collections.abc import Iterable

from labeling.errors import LabelingError
from labeling.quality.alarms.trail import starts_anew
from labeling.rules.reading.reading import written_rules
from labeling.rules.rule import Rule
from resources.alerts.trail import AlarmTrail
from resources.store.session import Session
from resources.task.task import Task

LAST = chr(0x10FFFF)
"""Behind the name of any batch."""


def suggested_rules(task: Task) -> list[Rule]:
    """Read the rules of the task that a model wrote; of a file that cannot be read, the run tells the fault."""
    found: list[Rule] = []
    paths = [task.folder / name for name in task.spec.rules.files]
    for path in [] if task.kind.marks_text else paths:
        if path.suffix != ".py" and path.is_file():
            try:
                found += [rule for rule in written_rules(path) if rule.suggested is not None]
            except (LabelingError, ValueError, RecursionError):
                continue
    return found


def retired_before(task: Task, db: Session, batches: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return for each batch the rules whose alarm stood when it began, ``rule/NAME``, and since when.

    That is after the newest batch before it whose evidence is known, and unless it was reset since.
    """
    standing: dict[str, dict[str, str]] = {}
    since: dict[str, str] = {}
    for batch, voter, fired in db.tuples("reading.suggested.standing"):
        if fired:
            since[str(voter)] = str(batch)
        standing.setdefault(str(batch), {})[str(voter)] = since.get(str(voter), str(batch))
    if not standing:
        return {batch: {} for batch in batches}
    watched = db.column("reading.suggested.watched")
    events = AlarmTrail(task.alarm_trail, task.changes).events()
    found: dict[str, dict[str, str]] = {}
    for batch in batches:
        place = bisect_left(watched, batch)
        before = watched[place - 1] if place else None
        anew = starts_anew(events, before, batch)
        rows = standing.get(before or "", {})
        found[batch] = {who: at for who, at in rows.items() if f"voter/{who}" not in anew}
    return found


def retired(task: Task, db: Session) -> dict[str, str]:
    """Return the rules that a model wrote and that vote on no further batch, and since which one."""
    names = {rule.voter for rule in suggested_rules(task)}
    if not names:
        return {}
    at_last = retired_before(task, db, [LAST])[LAST]
    return {who: since for who, since in at_last.items() if who in names}
