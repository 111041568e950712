"""Rename, merge, split or retire classes: what would change, and the change itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assets.landing.class_changes import carry_over
from assets.landing.class_check import named_by
from assets.reading.evidence import input_chain
from assets.reading.stamp import stamps_of
from assets.votes.rule_sets import load_voters
from labeling.class_changes import SPLIT, ClassChange
from labeling.errors import LabelingError
from labeling.kinds.classes import ClassSpec, spellings
from labeling.rules.reading.document import files_named
from orchestration.changes.class_names import classes_after, classes_before
from orchestration.turn import turn
from resources.dagster.instance import under_way
from resources.models.task_models import classes_of, prompts_of, voter_versions
from resources.reviews.store import ReviewStore
from resources.store.place import stands
from resources.store.warehouse import Warehouse, warehouse_of
from resources.task.classes.asked import Asked
from resources.task.classes.edits import Edits, edits_of
from resources.task.classes.files import write_files
from resources.task.classes.record import read_changes
from resources.task.errors import TaskError
from resources.task.reading import read_spec
from resources.task.task import Task, load_task

ASKED_AGAIN = {"split": ("pilot", "audit", "queue"), "retire": ("pilot", "audit")}
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
    before = classes_before(task, asked, counted)
    after = classes_after(asked, before, listed, 1 if task.kind.marks_text else 2)
    edits = edits_of(task.folder, task.spec, asked)
    same = set(listed) == set(before)
    by_hand = (name for name in listed if name not in before and name not in after)
    with _edited(task, edits, (*after, *by_hand)) as new:
        versions = _versions(task, new, asked) if same else {}
        stamps, measured, stale = _stamps(task, new, warehouse, asked, same)
    detail = {
        "files": {n: [edits.before[n], text] for n, text in edits.after.items()},
        "versions": versions,
        "stamps": stamps,
        "measured": measured,
        "models": _models(task, asked, before),
    }
    if asked.what == SPLIT:
        detail["parts"] = asked.new
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
        If a run of the task is under way, a file cannot be written, or somebody else changed the
        classes or a file since it was planned.
    """
    with turn(task, lambda _: None, patience_s=0):
        running = under_way(task)
        if running:
            raise TaskError(
                f"run {running[0]} of task {task.name!r} is under way; wait until it ends"
            )
        _as_planned(task, plan)
        changes = [plan.change]
        if not task.changes:
            changes.insert(
                0, ClassChange("known", {}, plan.before, who="task.yaml", at=plan.change.at)
            )
        again = ASKED_AGAIN.get(plan.asked.what, ())
        ReviewStore(task.reviews, kind=task.kind).change_classes(*changes, ask_again=again)
        write_files(task.folder, task.reviews)
        now = load_task(task.folder)
        carry_over(now, warehouse)
        return now


def _as_planned(task: Task, plan: Plan) -> None:
    """See that record and files are those of the plan, and can be written, before anything is."""
    if read_changes(task.reviews) != task.changes:
        raise TaskError(f"somebody else has just changed the classes of {task.name!r}; look again")
    for name, text in plan.edits.before.items():
        path = (task.folder / name).resolve()
        if not path.is_file() or path.read_bytes() != text.encode():
            raise TaskError(f"{task.folder / name} was changed at this moment; look again")
        if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            raise TaskError(
                f"{task.folder / name} or its folder cannot be written, and the change edits it; "
                "nothing was changed"
            )


@contextmanager
def _edited(task: Task, edits: Edits, after: tuple[str, ...]) -> Iterator[Task]:
    """Yield the task as it will be: its folder once more, with the edits made and links beside them.

    Raises
    ------
    TaskError
        If it could not be read then; it says what is in the way.
    """
    voters = [*task.spec.rules.files, *_beside_rules(task), *edits.read]
    outside = [name for name in voters if ".." in Path(name).parts]
    steps = sum(Path(name).parts.count("..") for name in outside)  # nothing is written beyond
    with TemporaryDirectory(prefix="classes") as beside:
        folder = Path(beside, *["up"] * steps, task.name)
        folder.mkdir(parents=True)
        for path in task.folder.rglob("*"):
            to = folder / path.relative_to(task.folder)
            if path.is_dir() and not path.is_symlink():
                to.mkdir(parents=True, exist_ok=True)
            elif str(path.relative_to(task.folder)) not in edits.after:
                to.parent.mkdir(parents=True, exist_ok=True)
                to.symlink_to(path)
        for name in outside:
            to = Path(os.path.normpath(folder / name))
            to.parent.mkdir(parents=True, exist_ok=True)
            if name not in edits.after and not to.exists():
                to.symlink_to((task.folder / name).resolve())
        for name, text in edits.after.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode())
        try:
            new = Task(folder, read_spec(folder), task.var)
            new.__dict__["classes"] = after  # their order, once the change is recorded
            load_voters(new)
            if new.spec.models is not None:
                spellings(classes_of(new))
            yield new
        except LabelingError as error:
            told = str(error).replace(str(folder), str(task.folder))
            raise TaskError(f"then the task could not be read: {told}") from None


def _beside_rules(task: Task) -> set[str]:
    """Return the dictionaries and pipelines that rules name, as paths from the task's folder."""
    files = [name for name in task.spec.rules.files if not name.endswith(".py")]
    return {
        os.path.normpath(Path(name).parent / one)
        for name in files
        if (task.folder / name).is_file()
        for one in files_named(task.folder / name)
    }


def _versions(task: Task, new: Task, asked: Asked) -> dict[str, list[str]]:
    """Return the version of every voter that says the same in new words, before and after."""
    if asked.what not in ("rename", "merge"):
        return {}
    before = {rule.voter: rule.version for rule in load_voters(task)}
    after = {rule.voter: rule.version for rule in load_voters(new)}
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
    if not stands(task):
        return {}, [], []
    with warehouse.connect() as db:
        made = dict(db.tuples("orchestration.class_changes.stamps"))
        today = stamps_of(task, db, made)
        becomes = stamps_of(new, db, made)
        evidence = dict(db.tuples("orchestration.class_changes.evidence"))
        chain = input_chain(task, db)
    follow = same and asked.what in ("rename", "merge")
    stamps = {b: [stamp, becomes[b]] for b, stamp in made.items() if follow and stamp == today[b]}
    measured = [b for b, mark in evidence.items() if follow and chain.get(b) == mark]
    return stamps, measured, sorted(set(made) - set(stamps))


def _open_alarms(task: Task, asked: Asked) -> list[str]:
    if not stands(task):
        return []
    from assets.reading.fired import known_alarms
    from resources.alerts.trail import AlarmTrail

    warehouse = warehouse_of(task)
    events = AlarmTrail(task.alarm_trail, task.changes).events()
    about = {f"class/{name}" for name in asked.old}
    rows = known_alarms(warehouse, events, datetime.now(UTC))
    return sorted(
        {row["series"] for row in rows if row["series"] in about and row["state"] == "open"}
    )
