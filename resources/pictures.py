"""Items' pictures as small copies, made once and kept in SQLite; and what state the files are in."""

import hashlib
import sqlite3
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from labeling.pictures import SIDE, ImageError, is_address, picture_bytes, small_copy
from resources.task.task import Task

TABLE = "create table if not exists copies (source text primary key, pixels blob not null)"

FILES = """
create table if not exists files (
    image text primary key, size integer not null, modified_ns integer not null, digest text not null
)
"""

CHUNK = 500
"""Copies looked up in one query; SQLite allows some 32,000 parameters."""

WAIT_S = 30.0
"""How long to wait for another process that writes, in seconds."""

SHAPE = (SIDE, SIDE, 3)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """The pictures of some items.

    Parameters
    ----------
    pixels : uint8 array of shape (n_items, SIDE, SIDE, 3)
        Small copies; zeros where there is none.
    seen : bool array of shape (n_items,)
        Which items have one.
    why : list of str
        Why an item has none; empty where it has one.
    """

    pixels: NDArray[np.uint8]
    seen: NDArray[np.bool_]
    why: list[str]


def read_pictures(task: Task, images: Sequence[str | None]) -> Pictures:
    """Return small copies of pictures; each is decoded once, as long as its content stays.

    Parameters
    ----------
    task : Task
        Says where the files are, and keeps the copies.
    images : sequence of str or None
        What the items name: a path, a ``data:`` URL, or an address, which is not fetched.
    """
    return _with_copies(task, lambda db: _read(db, task.image_folder, images))


def state_of(task: Task, images: Sequence[str | None]) -> str:
    """Hash of the pictures' contents: a file that was replaced is seen, one only touched is not."""
    contents = digests_of(task, images)
    digest = hashlib.sha256()
    for image in images:
        digest.update(f"{image} {contents.get(image or '')}\n".encode())
    return digest.hexdigest()[:16]


def digests_of(task: Task, images: Iterable[str | None]) -> dict[str, str]:
    """Return the SHA-256 of each picture's file, by its name; of those that are files and are there.

    A file is read where its size or time changed, and else known from before: this is asked in
    every run.
    """
    return _with_copies(task, lambda db: _digests(db, images, task.image_folder))


def at_hand(task: Task, image: str | None) -> str | None:
    """Return where a picture can be opened without a network; None where it cannot."""
    if not image or is_address(image):
        return None
    if image.startswith("data:"):
        return image
    try:
        path = (task.image_folder / image).resolve()
        inside = path.is_relative_to(task.image_folder.resolve()) and path.is_file()
    except (OSError, RuntimeError, ValueError):  # RuntimeError: links in a circle
        return None
    return str(path) if inside else None


def _with_copies(task: Task, use: Callable[[sqlite3.Connection], T]) -> T:
    """Use the store of copies; one that is damaged is begun anew: all in it can be made again."""
    task.small_copies.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _used(task.small_copies, use)
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:  # busy, or not ours to read
            raise
    task.small_copies.unlink()
    return _used(task.small_copies, use)


def _used(path: Path, use: Callable[[sqlite3.Connection], T]) -> T:
    with closing(sqlite3.connect(path, timeout=WAIT_S)) as db:
        return use(db)


def _read(db: sqlite3.Connection, folder: Path, images: Sequence[str | None]) -> Pictures:
    pixels, seen = np.zeros((len(images), *SHAPE), dtype=np.uint8), np.zeros(len(images), bool)
    why = [""] * len(images)
    db.execute(TABLE)
    digests = _digests(db, images, folder)
    sources = [source_of(image, digests) if image else None for image in images]
    known = _known(db, [source for source in sources if source is not None])
    new: dict[str, bytes] = {}
    for at, (image, source) in enumerate(zip(images, sources, strict=True)):
        if not image or source is None:
            why[at] = "no image"
            continue
        if source not in known:
            try:
                copy = small_copy(picture_bytes(image, folder))
            except ImageError as error:
                why[at] = str(error).removeprefix("image: ")
                continue
            known[source] = new[source] = copy.tobytes()
        pixels[at] = np.frombuffer(known[source], dtype=np.uint8).reshape(SHAPE)
        seen[at] = True
    with db:
        db.executemany("insert or ignore into copies values (?, ?)", list(new.items()))
    return Pictures(pixels, seen, why)


def _digests(db: sqlite3.Connection, images: Iterable[str | None], folder: Path) -> dict[str, str]:
    db.execute(FILES)
    known = {row[0]: row[1:] for row in db.execute("select * from files")}
    found: dict[str, str] = {}
    new: list[tuple[str, int, int, str]] = []
    for image in dict.fromkeys(images):
        if not image or image.startswith("data:") or is_address(image):
            continue
        try:
            state = (folder / image).stat()
            if not stat.S_ISREG(state.st_mode):  # a pipe would be waited for
                continue
            before = known.get(image)
            if before is not None and before[:2] == (state.st_size, state.st_mtime_ns):
                found[image] = before[2]
                continue
            with (folder / image).open("rb") as file:
                found[image] = hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, ValueError):
            continue
        new.append((image, state.st_size, state.st_mtime_ns, found[image]))
    with db:
        db.executemany("insert or replace into files values (?, ?, ?, ?)", new)
    return found


def source_of(image: str, digests: Mapping[str, str]) -> str:
    """Name a picture by its content, as of :func:`digests_of`; one in the network by its address."""
    if image.startswith("data:"):
        return f"data {hashlib.sha256(image.encode()).hexdigest()}"
    if is_address(image):
        return image
    return f"file {digests[image]}" if image in digests else f"{image} missing"


def _known(db: sqlite3.Connection, sources: Sequence[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    wanted = list(dict.fromkeys(sources))
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        marks = ", ".join("?" for _ in part)
        rows = db.execute(f"select source, pixels from copies where source in ({marks})", part)
        found.update(rows.fetchall())
    return {source: pixels for source, pixels in found.items() if len(pixels) == np.prod(SHAPE)}
