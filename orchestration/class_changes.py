"""Rename, merge, split or retire classes: what would change, and the change itself."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filelock import FileLock, Timeout

from assets.class_changes import carry_over
from assets.class_check import named_by
from assets.evidence import input_chain
from assets.rules import load_rules
from assets.stamp import stamp_of
from assets.tables import (
    AUDIT_SAMPLE,
    DRIFT_SERIES,
    GOLD,
    MODEL_VOTES,
    RELEASED,
    RULE_VOTES,
    STUDENT_VOTES,
)
from labeling.class_changes import ClassChange
from labeling.errors import LabelingError
from labeling.llm.classes import ClassSpec, spellings
from orchestration.instance import under_way
from orchestration.resources.models import classes_of, prompts_of, voter_versions
from orchestration.resources.review_store import ReviewStore
from orchestration.resources.warehouse import Warehouse
from orchestration.task.class_edits import Asked, Edits, edits_of
from orchestration.task.class_files import write_files
from orchestration.task.errors import TaskError
from orchestration.task.reading import read_spec
from orchestration.task.schema import NO_CLASSES
from orchestration.task.task import Task, load_task

ASKED_AGAIN = {"split": ("audit", "queue"), "retire": ("audit",)}
"""What comes before people again. Without the audits of a class that is gone, the sample that
measures would have holes exactly where that class was."""


@dataclass(frozen=True)
class Plan:
    """What a change would do.

    Parameters
    ----------
    asked : Asked
    edits : Edits
        Of files.
    named : dict of str to dict of str to int
        What names each of the old classes, and how often.
    before : tuple of str
        All classes, in the order of their indices.
    change : ClassChange
        As it will be recorded.
    labels_anew : list of str
        Batches that the next run labels again.
    alarms : list of str
        Series of open alarms that are about an old class.
    """

    asked: Asked
    edits: Edits
    named: dict[str, dict[str, int]]
    before: tuple[str, ...]
    change: ClassChange
    labels_anew: list[str] = field(default_factory=list[str])
    alarms: list[str] = field(default_factory=list[str])


def plan_change(task: Task, warehouse: Warehouse, asked: Asked, who: str) -> Plan:
    """Find out what a change would do; nothing is written.

    Raises
    ------
    TaskError
        If a name is no class or is one already, too few classes would be left, or something has to
        be decided by a person first.
    """
    carry_over(task, warehouse)
    counted = named_by(task, warehouse)
    listed = tuple(c.name for c in task.spec.classes)
    before = _before(task, asked, counted)
    after = _checked(asked, before, listed)
    edits = edits_of(task.folder, task.spec, asked)
    same = set(listed) == set(before)
    with _edited(task, edits, after) as new:
        versions = _versions(task, new, asked) if same else {}
        stamps, measured, stale = _stamps(task, new, warehouse, asked, same)
    detail = {
        "files": {n: [edits.before[n], text] for n, text in edits.after.items()},
        "versions": versions,
        "stamps": stamps,
        "measured": measured,
        "models": _models(task, asked, before),
    }
    now = datetime.now(UTC).isoformat()
    change = ClassChange(asked.what, asked.moves, after, who=who, at=now, detail=detail)
    named = {name: counted.get(name, {}) for name in asked.old}
    return Plan(asked, edits, named, before, change, stale, _open_alarms(task, asked))


def change_classes(task: Task, warehouse: Warehouse, plan: Plan) -> Task:
    """Do what was planned, and return the task as it is then.

    The record is written first, in one transaction; whatever is killed after that is finished by
    whoever reads the task next.

    Raises
    ------
    TaskError
        If a run of the task is under way, or somebody else changes its classes.
    """
    task.reviews.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(task.var / "classes.lock", timeout=0):
            running = under_way(task.var.parent, task.name)
            if running:
                raise TaskError(
                    f"run {running[0]} of task {task.name!r} is under way; wait until it ends"
                )
            changes = [plan.change]
            if not task.changes:
                changes.insert(
                    0, ClassChange("known", {}, plan.before, who="task.yaml", at=plan.change.at)
                )
            again = ASKED_AGAIN.get(plan.asked.what, ())
            ReviewStore(task.reviews).change_classes(*changes, ask_again=again)
            write_files(task.folder, task.reviews)
            now = load_task(task.folder)
            carry_over(now, warehouse)
            return now
    except Timeout:
        raise TaskError(f"somebody else is changing the classes of {task.name!r} now") from None


def _before(task: Task, asked: Asked, counted: Collection[str]) -> tuple[str, ...]:
    """Return the classes as they were, if somebody has changed task.yaml by hand already, too."""
    if task.changes:
        return task.changes[-1].classes
    listed = [c.name for c in task.spec.classes]
    hand_made = [n for n in asked.new if n in listed and n not in counted and n not in asked.old]
    missing = [n for n in asked.old if n in counted and n not in listed]
    if hand_made and missing:
        listed[listed.index(hand_made[0])] = missing[0]
        listed = [n for n in listed if n not in hand_made[1:]]
    return tuple(dict.fromkeys((*listed, *missing)))


def _checked(asked: Asked, before: tuple[str, ...], listed: tuple[str, ...]) -> tuple[str, ...]:
    strangers = [name for name in asked.old if name not in before]
    if strangers:
        raise TaskError(f"{strangers[0]!r} is no class; there are {', '.join(before)}")
    if len(set(asked.new)) != len(asked.new):
        raise TaskError(f"the new classes {', '.join(asked.new)} are not different")
    taken = [n for n in asked.new if n in before and n not in asked.old]
    if taken and asked.what == "rename":
        raise TaskError(
            f"{taken[0]!r} is a class already; to make one of both: "
            f"`touchstone classes merge {asked.old[0]} --into {taken[0]}`"
        )
    if taken and asked.what == "split":
        raise TaskError(f"{taken[0]!r} is a class already; a class is split into new ones")
    if asked.what == "rename" and asked.old == asked.new:
        raise TaskError(f"{asked.old[0]!r} is called so already")
    for name in asked.new:
        if not 0 < len(name) <= 80 or name != name.strip():
            raise TaskError(
                f"{name!r} is no name for a class: 1 to 80 characters, no blanks around"
            )
        if name in NO_CLASSES:
            raise TaskError(f"{name!r} is how tables name what is no class; take another name")
    after = asked.after(before)
    if len(after) < 2:
        raise TaskError(f"a task needs at least 2 classes; {', '.join(after)} would be left")
    unknown = [name for name in listed if name not in before and name not in after]
    return (*after, *unknown)


@contextmanager
def _edited(task: Task, edits: Edits, after: tuple[str, ...]) -> Iterator[Task]:
    """Yield the task as it will be: its folder once more, with the edits made and links beside them.

    Raises
    ------
    TaskError
        If it could not be read then; it says what is in the way.
    """
    with TemporaryDirectory(prefix="classes") as beside:
        folder = Path(beside) / task.name
        for path in task.folder.rglob("*"):
            to = folder / path.relative_to(task.folder)
            if path.is_dir() and not path.is_symlink():
                to.mkdir(parents=True, exist_ok=True)
            elif str(path.relative_to(task.folder)) not in edits.after:
                to.parent.mkdir(parents=True, exist_ok=True)
                to.symlink_to(path)
        for name, text in edits.after.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode())
        try:
            new = Task(folder, read_spec(folder), task.var)
            new.__dict__["classes"] = after  # their order, once the change is recorded
            load_rules(new)
            if new.spec.models is not None:
                spellings(classes_of(new))
            yield new
        except LabelingError as error:
            told = str(error).replace(str(folder), str(task.folder))
            raise TaskError(f"then the task could not be read: {told}") from None


def _versions(task: Task, new: Task, asked: Asked) -> dict[str, list[str]]:
    """Return the version of every voter that says the same in new words, before and after."""
    if asked.what not in ("rename", "merge"):
        return {}
    before = {rule.voter: rule.version for rule in load_rules(task)}
    after = {rule.voter: rule.version for rule in load_rules(new)}
    if task.spec.models is not None:
        before |= voter_versions(task)
        after |= voter_versions(new)
    return {v: [old, after[v]] for v, old in before.items() if after.get(v, old) != old}


def _models(task: Task, asked: Asked, before: tuple[str, ...]) -> dict[str, Any] | None:
    """Return what models were told of the classes until now, and the versions of their answers."""
    if task.spec.models is None:
        return None
    told = {c.name: (c.description, c.synonyms) for c in task.spec.classes}
    into = {old: asked.new[0] for old in asked.old if asked.new}  # where it was edited by hand
    classes = [
        ClassSpec(name, *told.get(name, told.get(into.get(name, ""), ("", ())))) for name in before
    ]
    return {
        "classes": [[c.name, c.description, list(c.synonyms)] for c in classes],
        "versions": {prompt.name: prompt.version(classes) for prompt in prompts_of(task)},
    }


def _stamps(
    task: Task, new: Task, warehouse: Warehouse, asked: Asked, same: bool
) -> tuple[dict[str, list[str]], list[str], list[str]]:
    """Return old and new stamps of batches that stay as they are, those measured, and those to be labelled."""
    if not task.warehouse.is_file():
        return {}, [], []
    warehouse.ensure(
        RELEASED, DRIFT_SERIES, RULE_VOTES, MODEL_VOTES, STUDENT_VOTES, AUDIT_SAMPLE, GOLD
    )
    with warehouse.connect() as db:
        made = dict(
            db.execute(
                "select batch, any_value(stamp) from labels.released group by batch"
            ).fetchall()
        )
        stands = {batch: stamp_of(task, db, batch) for batch in made}
        becomes = {batch: stamp_of(new, db, batch) for batch in made}
        evidence = dict(
            db.execute(
                "select batch, any_value(input) from quality.drift_series group by batch"
            ).fetchall()
        )
        chain = input_chain(task, db)
    follow = same and asked.what in ("rename", "merge")
    stamps = {b: [stamp, becomes[b]] for b, stamp in made.items() if follow and stamp == stands[b]}
    measured = [b for b, mark in evidence.items() if follow and chain.get(b) == mark]
    return stamps, measured, sorted(set(made) - set(stamps))


def _open_alarms(task: Task, asked: Asked) -> list[str]:
    if not task.warehouse.is_file():
        return []
    from assets.alarms import known_alarms
    from orchestration.resources.alarm_trail import AlarmTrail

    warehouse = Warehouse(path=str(task.warehouse))
    events = AlarmTrail(task.alarm_trail, task.changes).events()
    about = {f"class/{name}" for name in asked.old}
    rows = known_alarms(warehouse, events, datetime.now(UTC))
    return sorted(
        {row["series"] for row in rows if row["series"] in about and row["state"] == "open"}
    )
