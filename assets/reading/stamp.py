"""What a batch's labels are made from, as one hash: equal stamps, equal labels, nothing to do."""

import ast
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from assets.reading.suggested import retired_before, suggested_rules
from labeling.errors import LabelingError
from labeling.rules.reading.reading import written_rules
from labeling.rules.rule import Rule
from labeling.rules.spans.reading import written_span_rules
from labeling.rules.suggested import heard
from resources.alerts.trail import AlarmTrail
from resources.pictures import state_of
from resources.pilots.store import PilotStore
from resources.sources import SOURCES
from resources.sources.source import Source
from resources.store.session import Session
from resources.task.settings.remakes import hash_of
from resources.task.settings.section import Remakes
from resources.task.task import Task

PUBLISHED = ("labelled", "measured", "watched", "asked", "set_aside", "other_texts")
"""What publication shows, by the names of the queries that hash it."""


def stamp_of(task: Task, db: Session, batch: str) -> str:
    """Hash of the batch's items and pictures, the rules and prompts as they stand, and the settings."""
    items = db.value("reading.stamp.items_hash", batch=batch)
    settings = settings_hash(task)
    return _stamp(task, db, batch, items, settings, _suggested(task, db, [batch])[batch])


def stamps_of(task: Task, db: Session, batches: Iterable[str]) -> dict[str, str]:
    """Stamp of each of many batches: their items are read once, and so are rules and settings."""
    items, settings = dict(db.tuples("reading.stamp.items_hashes")), settings_hash(task)
    names = list(batches)
    told = _suggested(task, db, names)
    return {
        one: _stamp(task, db, one, items.get(one, "none"), settings, told[one]) for one in names
    }


def _suggested(task: Task, db: Session, batches: list[str]) -> dict[str, str]:
    """Return for each batch which rules that a model wrote vote on it; empty where none does."""
    rules = suggested_rules(task)
    if not rules:
        return dict.fromkeys(batches, "")
    retired = retired_before(task, db, batches)
    return {
        batch: "".join(
            sorted(
                f" {one.name} {one.version}"
                for one in rules
                if heard(one.suggested, one.voter, batch, retired[batch])
            )
        )
        for batch in batches
    }


def _stamp(task: Task, db: Session, batch: str, items: str, settings: str, suggested: str) -> str:
    if task.spec.source.image is not None:
        images = db.column("reading.stamp.images", batch=batch)
        items = f"{items} {state_of(task, images)}"
    return hashlib.sha256(f"{items} {settings}{suggested}".encode()).hexdigest()[:16]


def publication_stamp(task: Task, db: Session) -> str:
    """Hash of every batch's stamp, of what was measured and asked, and of what was done about alarms.

    Equal, and what is published is true.
    """
    made = [db.value(f"reading.stamp.{what}") for what in PUBLISHED]
    events = len(AlarmTrail(task.alarm_trail, task.changes).events())
    results = hash_of(task.spec, Remakes.PUBLISHED)
    return " ".join(map(str, [*made, events, results]))


def reading_hash(task: Task) -> str:
    """Hash of every setting that what lands depends on; files read with another are read anew."""
    return hash_of(task.spec, Remakes.LANDING)


def settings_hash(task: Task) -> str:
    """Hash of every file of the task that voters are made of, and of the settings of labels."""
    digest = hashlib.sha256(hash_of(task.spec, Remakes.VOTES, Remakes.LABELS).encode())
    rules = {task.folder / name for name in task.spec.rules.files}
    for path in sorted(_voter_files(task)):
        said = _meaning(task, path) if path in rules else path.read_bytes()
        if said is not None:
            digest.update(os.path.relpath(path, task.folder).encode() + said)
    if task.spec.models is not None and task.spec.models.pilot is not None:
        told = [(one.name, one.model, one.text) for one in PilotStore(task.pilots).promoted()]
        digest.update(f"promoted {told}".encode())
    for source in SOURCES:
        for voter, version in sorted(_versions(task, source).items()):
            digest.update(f"{voter} {version}".encode())
    return digest.hexdigest()


def _versions(task: Task, source: Source) -> dict[str, str]:
    try:
        return source.versions(task)
    except LabelingError:  # weights that are missing, or a key: the run tells it
        return {source.name: "not known"}


def _voter_files(task: Task) -> set[Path]:
    named = {task.folder / name for name in task.spec.rules.files}
    if task.spec.models is not None and task.spec.models.pilot is None:
        for pattern in task.spec.models.prompts:
            path = task.path(pattern)
            named |= set(path.parent.glob(path.name))
    beside = {path for path in task.folder.rglob("*.txt") if path.is_file()}
    return {path for path in named | beside if path.is_file()}


def _meaning(task: Task, path: Path) -> bytes | None:
    """Return what a file of rules says, without comments, layout and what is told to people.

    Rules that a model wrote are no part of it, as they do not vote on every batch; None where a
    file holds no others.

    Rules that mark spans mean the dictionaries and pipelines that they name, too. No rule's code runs for
    a look. A file that cannot be read is as it stands: the run tells its fault.
    """
    try:
        if path.suffix == ".py":
            return ast.unparse(ast.parse(path.read_bytes())).encode()
        rules = written_span_rules(path) if task.kind.marks_text else written_rules(path)
    except (LabelingError, SyntaxError, ValueError, RecursionError):
        return path.read_bytes()
    own = [one for one in rules if not (isinstance(one, Rule) and one.suggested)]
    if rules and not own:
        return None
    return " ".join(sorted(f"{rule.name} {rule.version}" for rule in own)).encode()


def files_hash(task: Task) -> str:
    """Hash of every published file; equal, and nobody has cut, changed or deleted one."""
    digest = hashlib.sha256()
    for path in sorted(task.published.glob("*")):
        if path.is_file() and path != task.publication and path.suffix != ".tmp":
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{path.name} {content} ".encode())
    return digest.hexdigest()[:16]
