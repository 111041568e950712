"""Vectors of texts, kept in SQLite by model and hash of the text: none is made twice."""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labeling.files.sqlite import count
from resources.task.errors import TaskError

TABLES = """
create table if not exists vectors (
    model text not null, digest text not null, vector blob not null, primary key (model, digest)
);
create table if not exists spent (model text not null, texts integer not null, usd real not null);
"""
CHUNK = 500
"""Digests looked up in one query; SQLite allows some 32,000 parameters."""

WAIT_S = 30.0
"""How long to wait for another process that writes, in seconds."""

Made = Sequence[NDArray[np.float32] | None]
Make = Callable[[sqlite3.Connection, list[str]], tuple[Made, float]]
"""Makes vectors of some new texts, ``None`` where one has none, and says what they cost in US dollars."""


def kept_vectors(
    path: Path, model: str, texts: Sequence[str], at_once: int, make: Make
) -> NDArray[np.float64]:
    """Return the vectors of texts; those that are not kept yet are made, some at a time.

    Parameters
    ----------
    path : Path
        The SQLite file.
    model : str
        Which model they are of; another one, other vectors.
    texts : sequence of str
        The texts, or what names something else by its content.
    at_once : int
        Texts that are made together, and kept before the next ones are.
    make : callable
        See :data:`Make`.

    Returns
    -------
    float array of shape (n_texts, d)
        Not a number where there is no vector; what has none is tried again when asked for next.

    Raises
    ------
    TaskError
        If the model gives vectors of another length than those that are kept.
    """
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=WAIT_S)) as db:
        db.executescript(TABLES)
        known = _known(db, model, digests)
        new = {d: t for d, t in zip(digests, texts, strict=True) if d not in known}
        for start in range(0, len(new), at_once):
            part = list(new)[start : start + at_once]
            vectors, usd = make(db, [new[d] for d in part])
            made = {d: v for d, v in zip(part, vectors, strict=True) if v is not None}
            with db:
                db.executemany(
                    "insert or ignore into vectors values (?, ?, ?)",
                    [(model, d, v.tobytes()) for d, v in made.items()],
                )
                db.execute("insert into spent values (?, ?, ?)", (model, len(made), usd))
            known.update(made)
    widths = sorted({len(vector) for vector in known.values()})
    if len(widths) > 1:
        raise TaskError(
            f"{model} gave vectors of {' and of '.join(map(str, widths))} numbers, so it is another model than before "
            f"under the same name; give it a name of its own in task.yaml, or delete {path}, where vectors are kept"
        )
    none = np.full(len(next(iter(known.values()), ())), np.nan, dtype=np.float32)
    return np.array([known.get(d, none) for d in digests], dtype=np.float64)


def holds_vectors(path: Path) -> bool:
    """Return whether any vector is kept; the file is opened for reading only.

    Raises
    ------
    sqlite3.DatabaseError
        If it is damaged.
    """
    return count(path, "from (select 1 from vectors limit 1)") > 0


def of_length_one(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vector divided by its length."""
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def _known(
    db: sqlite3.Connection, model: str, digests: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    found: dict[str, NDArray[np.float32]] = {}
    wanted = list(dict.fromkeys(digests))
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        marks = ", ".join("?" for _ in part)
        rows = db.execute(
            f"select digest, vector from vectors where model = ? and digest in ({marks})",
            [model, *part],
        )
        found.update((digest, np.frombuffer(vector, dtype=np.float32)) for digest, vector in rows)
    return found
