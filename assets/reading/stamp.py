"""What a batch's labels are made from, as one hash: equal stamps, equal labels, nothing to do."""

import hashlib
import os
from pathlib import Path

from resources.alerts.trail import AlarmTrail
from resources.store.pictures import state_of
from resources.store.session import Session
from resources.store.tables import CANARY, QUARANTINE, REVIEWS
from resources.task.remakes import Remakes, hash_of
from resources.task.task import Task

ITEM = "concat(" + ", chr(31), ".join(
    f"coalesce({name}::varchar, chr(29))" for name in ("item_id", "text", "image", "time", "metadata")
) + ")"  # fmt: skip
"""All that anybody reads of an item, as one SQL expression; nothing there is another than empty."""

HASH_OF_ITEMS = f"coalesce(md5(string_agg({ITEM}, chr(30) order by item_id)), 'none')"

ITEMS_HASH = f"""
select {HASH_OF_ITEMS}
from (
    select * from raw.arrivals
    where item_id in (select item_id from raw.arrivals where batch = $batch)
    qualify row_number() over (partition by item_id order by file, row) = 1 and batch = $batch
)
"""

BATCHES = """
select distinct batch from (
    from raw.arrivals qualify row_number() over (partition by item_id order by file, row) = 1
) order by batch
"""
"""Batches that have items: where an id comes again in another batch, its first row stands."""

IMAGES = """
select image from raw.arrivals where batch = ? and image is not null order by item_id, file, row
"""


def stamp_of(task: Task, db: Session, batch: str) -> str:
    """Hash of the batch's items and pictures, the rules and prompts as they stand, and the settings."""
    (items,) = db.execute(ITEMS_HASH, {"batch": batch}).fetchone() or ("none",)
    if task.spec.source.image is not None:
        images = [row[0] for row in db.execute(IMAGES, [batch]).fetchall()]
        items = f"{items} {state_of(task, images)}"
    return hashlib.sha256(f"{items} {settings_hash(task)}".encode()).hexdigest()[:16]


def publication_stamp(task: Task, db: Session) -> str:
    """Hash of every batch's stamp, of what was measured and asked, and of what was done about alarms.

    Equal, and what is published is true.
    """
    (labels,) = db.execute(
        "select md5(string_agg(distinct batch || stamp, ' ' order by batch || stamp))"
        " from labels.released"
    ).fetchone() or ("",)
    (measured,) = db.execute(
        "select md5(string_agg(batch || state, ' ' order by batch)) from quality.drift"
    ).fetchone() or ("",)
    (watched,) = db.execute(
        "select md5(string_agg(batch || input, ' ' order by batch)) from quality.drift_series"
        " where series = 'labels'"
    ).fetchone() or ("",)
    db.execute(CANARY.ddl)
    (asked,) = db.execute(
        "select md5(string_agg(round || version || verdict, ' ' order by round, version))"
        " from quality.canary"
    ).fetchone() or ("",)
    db.execute(QUARANTINE.ddl)
    (aside,) = db.execute(
        "select md5(string_agg(concat_ws(' ', file, row, field, reason), chr(30) order by file, row, reason))"
        " from raw.quarantine"
    ).fetchone() or ("",)
    db.execute(REVIEWS.ddl)
    (other_texts,) = db.execute(
        "select md5(string_agg(review_id, ' ' order by review_id)) from people.reviews where aside"
    ).fetchone() or ("",)
    events = len(AlarmTrail(task.alarm_trail, task.changes).events())
    results = hash_of(task.spec, Remakes.RESULTS)
    return f"{labels} {measured} {watched} {asked} {aside} {other_texts} {events} {results}"


def reading_hash(task: Task) -> str:
    """Hash of every setting that what lands depends on; files read with another are read anew."""
    return hash_of(task.spec, Remakes.READ)


def settings_hash(task: Task) -> str:
    """Hash of every file of the task that voters are made of, and of the settings of labels."""
    digest = hashlib.sha256(hash_of(task.spec, Remakes.LABELS).encode())
    for path in sorted(_voter_files(task)):
        digest.update(os.path.relpath(path, task.folder).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _voter_files(task: Task) -> set[Path]:
    named = {task.folder / name for name in task.spec.rules.files}
    if task.spec.models is not None:
        for pattern in task.spec.models.prompts:
            path = task.path(pattern)
            named |= set(path.parent.glob(path.name))
    beside = {path for path in task.folder.rglob("*.txt") if path.is_file()}
    return {path for path in named | beside if path.is_file()}


def files_hash(task: Task) -> str:
    """Hash of every published file; equal, and nobody has cut, changed or deleted one."""
    digest = hashlib.sha256()
    for path in sorted(task.published.glob("*")):
        if path.is_file() and path != task.publication and path.suffix != ".tmp":
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{path.name} {content} ".encode())
    return digest.hexdigest()[:16]
