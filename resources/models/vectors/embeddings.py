"""Texts as vectors: of a model asked through LiteLLM, or of one on this machine; kept in SQLite."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.environment import secret
from resources.models.litellm_faults import clean
from resources.models.litellm_module import litellm_module
from resources.models.vectors.local import local_model
from resources.models.vectors.store import kept_vectors, of_length_one
from resources.task.errors import TaskError
from resources.task.settings.student import Embeddings, SentenceTransformers
from resources.task.task import Task

Embed = Callable[[list[str]], NDArray[np.float64]]

KEPT_AT_ONCE = 2_048
"""Texts whose vectors are made on this machine before they are kept."""


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
        If the key is not in the environment, or the model not on this machine; when called, if the
        model cannot be asked or loaded, or what embeddings may cost is spent.
    """
    student = task.spec.student
    if student.features == "sentence-transformers" and student.sentence_transformers is not None:
        return text_vectors(task, student.sentence_transformers, "student").embed
    if student.features == "embeddings" and student.embeddings is not None:
        return text_vectors(task, student.embeddings, "student").embed
    return None


@dataclass(frozen=True, slots=True)
class TextVectors:
    """A model that turns texts into vectors.

    Parameters
    ----------
    mark : str
        Which model it is: other vectors, another mark.
    embed : callable
        See :func:`embedder`.
    load : callable
        Loads what lies on this machine; nothing is sent.
    """

    mark: str
    embed: Embed
    load: Callable[[], object] = lambda: None


def text_vectors(
    task: Task, settings: Embeddings | SentenceTransformers, section: str
) -> TextVectors:
    """Return the model that settings name; ``section`` of task.yaml is where they stand.

    Raises
    ------
    TaskError
        As :func:`embedder`.
    """
    where = f"{task.folder / 'task.yaml'}: {section}"
    if isinstance(settings, SentenceTransformers):
        local = local_model(task, settings, f"{where}.sentence_transformers")

        def make(texts: list[str]) -> NDArray[np.float64]:
            return kept_vectors(task.embeddings, local.mark, texts, KEPT_AT_ONCE, local.make)

        return TextVectors(local.mark, make, local.load)
    where = f"{where}.embeddings"
    key = None
    if settings.api_key_variable is not None:
        key = secret(settings.api_key_variable)
        if key is None:
            raise TaskError(
                f"{where}.api_key_variable: {settings.api_key_variable} is not set in the environment"
            )

    def ask(db: sqlite3.Connection, texts: list[str]) -> tuple[list[NDArray[np.float32]], float]:
        _within(db, settings, where)
        return _ask(settings, key, texts, where)

    return TextVectors(
        settings.model,
        lambda texts: kept_vectors(task.embeddings, settings.model, texts, settings.at_once, ask),
    )


def _within(db: sqlite3.Connection, settings: Embeddings, where: str) -> None:
    (spent,) = db.execute("select coalesce(sum(usd), 0) from spent").fetchone()
    if spent >= settings.budget_usd:
        raise TaskError(
            f"{where}.budget_usd: ${spent:.2f} of ${settings.budget_usd:.2f} are spent; raise it"
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
            drop_params=True,  # not every provider knows how numbers are written
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
    return [of_length_one(v) for v in vectors], float(usd)
