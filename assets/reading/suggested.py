"""Rules that a model wrote: which a task has, and which of them are retired by the time of a batch.

One whose alarm went off votes on no batch after that, until the alarm is reset. What it said before
stays: the reviews that raised the alarm measure those batches, and so never change their labels.
"""

from bisect import bisect_left
from collections.abc import Iterable

from labeling.errors import LabelingError
from labeling.quality.trail import starts_anew
from labeling.rules.reading import written_rules
from labeling.rules.rule import Rule
from resources.alerts.trail import AlarmTrail
from resources.store.session import Session
from resources.task.task import Task


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


def retired_before(task: Task, db: Session, batches: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return for each batch the rules whose alarm stood when it began, as ``rule/NAME``.

    That is after the newest batch before it whose evidence is known, and unless it was reset since.
    """
    standing: dict[str, set[str]] = {}
    for batch, voter in db.tuples("reading.suggested.standing"):
        standing.setdefault(str(batch), set()).add(str(voter))
    if not standing:
        return dict.fromkeys(batches, frozenset())
    watched = db.column("reading.suggested.watched")
    events = AlarmTrail(task.alarm_trail, task.changes).events()
    found: dict[str, frozenset[str]] = {}
    for batch in batches:
        place = bisect_left(watched, batch)
        before = watched[place - 1] if place else None
        anew = starts_anew(events, before, batch)
        found[batch] = frozenset(
            voter for voter in standing.get(before or "", set()) if f"voter/{voter}" not in anew
        )
    return found
