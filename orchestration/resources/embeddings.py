"""Texts as vectors of an embedding model, asked through LiteLLM once and kept in SQLite."""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.environment import secret
from orchestration.resources.litellm_faults import clean
from orchestration.resources.litellm_transport import litellm_module
from orchestration.task.errors import TaskError
from orchestration.task.schema import Embeddings
from orchestration.task.task import Task

Embed = Callable[[list[str]], NDArray[np.float64]]

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


def embedder(task: Task) -> Embed | None:
    """Return what turns texts into vectors; ``None`` where the student looks at words.

    Returns
    -------
    callable or None
        Texts in, a float array of shape (n, d) with rows of length 1 out. Nothing is asked twice,
        whatever the batch or the run.

    Raises
    ------
    TaskError
        If the key is not in the environment; when called, if the model cannot be asked, or what
        embeddings may cost is spent.
    """
    settings = task.spec.student.embeddings
    if task.spec.student.features != "embeddings" or settings is None:
        return None
    where = f"{task.folder / 'task.yaml'}: student.embeddings"
    key = None
    if settings.api_key_variable is not None:
        key = secret(settings.api_key_variable)
        if key is None:
            raise TaskError(
                f"{where}.api_key_variable: {settings.api_key_variable} is not set in the environment"
            )
    path = task.embeddings

    def embed(texts: list[str]) -> NDArray[np.float64]:
        digests = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=WAIT_S)) as db:
            db.executescript(TABLES)
            known = _known(db, settings.model, digests)
            new = {d: t for d, t in zip(digests, texts, strict=True) if d not in known}
            for start in range(0, len(new), settings.at_once):
                part = list(new)[start : start + settings.at_once]
                _within(db, settings, where)
                vectors, usd = _ask(settings, key, [new[d] for d in part], where)
                with db:
                    db.executemany(
                        "insert or ignore into vectors values (?, ?, ?)",
                        [
                            (settings.model, d, v.tobytes())
                            for d, v in zip(part, vectors, strict=True)
                        ],
                    )
                    db.execute(
                        "insert into spent values (?, ?, ?)", (settings.model, len(part), usd)
                    )
                known.update(zip(part, vectors, strict=True))
        return np.array([known[d] for d in digests], dtype=np.float64)

    return embed


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


def _within(db: sqlite3.Connection, settings: Embeddings, where: str) -> None:
    (spent,) = db.execute("select coalesce(sum(usd), 0) from spent").fetchone()
    if spent >= settings.budget_usd:
        raise TaskError(
            f"{where}.budget_usd: ${spent:.2f} of ${settings.budget_usd:.2f} are spent; raise it, or "
            "take features: tfidf"
        )


def _ask(
    settings: Embeddings, key: str | None, texts: list[str], where: str
) -> tuple[list[NDArray[np.float32]], float]:
    """Ask once for all of ``texts``; returns vectors of length 1, and what they cost."""
    litellm = litellm_module()
    # an empty text is refused by most providers, and means nothing to any
    sent = [text if text.strip() else " ." for text in texts]
    try:
        response: Any = litellm.embedding(
            model=settings.model, input=sent, api_base=settings.api_base, api_key=key,
            encoding_format="float", num_retries=settings.retries,
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001  LiteLLM raises some forty kinds
        told = clean(str(error), [{"role": "user", "content": text} for text in sent], key)
        raise TaskError(f"{where}: {settings.model} does not answer: {told}") from None
    rows = sorted(response.data, key=lambda one: one["index"])
    vectors = [np.asarray(row["embedding"], dtype=np.float32) for row in rows]
    if len(vectors) != len(texts) or len({len(v) for v in vectors}) != 1:
        raise TaskError(
            f"{where}: {settings.model} gave {len(vectors)} vectors of "
            f"{sorted({len(v) for v in vectors})} numbers for {len(texts)} texts"
        )
    usd = getattr(response, "_hidden_params", {}).get("response_cost") or 0.0
    return [v / max(float(np.linalg.norm(v)), 1e-12) for v in vectors], float(usd)
