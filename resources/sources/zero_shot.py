"""Votes of models that compare an item with words for each class; see ``zero_shot`` in task.yaml."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from labeling.zero_shot import class_vectors, nearest_class
from resources.models.vectors.clip import clip_model
from resources.models.vectors.embeddings import text_vectors
from resources.sources.source import Said
from resources.task.errors import TaskError
from resources.task.settings.zero_shot import PLACE, ZeroShot
from resources.task.task import Task

Vectors = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Model:
    """What a voter compares by: words as vectors, and items, with why one has none."""

    mark: str
    words: Callable[[list[str]], Vectors]
    items: Callable[[pa.Table], tuple[Vectors, list[str]]]
    load: Callable[[], object]


class ZeroShotVoters:
    """Which class's words an item is nearest to, by vectors of a model; a voter each."""

    name = "zero_shot"
    about = "Votes of models that compare items with words for the classes."

    def versions(self, task: Task) -> dict[str, str]:
        """Return a hash of weights, words, template, scale and margin of each voter.

        Raises
        ------
        TaskError
            If weights are not on this machine.
        """
        words = sorted(_phrases(task).values())
        return {
            _voter(one): _hash(_model(task, one).mark, one.said, one.sharpness, one.margin, words)
            for one in task.spec.zero_shot
        }

    def vote(self, task: Task, items: pa.Table) -> Said:
        """Vote on the items of a batch.

        Raises
        ------
        TaskError
            If a model cannot be loaded or asked, or its weights do not fit.
        """
        votes: list[dict[str, object]] = []
        silent: list[dict[str, object]] = []
        phrases = _phrases(task)
        ids = items["item_id"].to_pylist()
        of = [at for at, name in enumerate(phrases) for _ in phrases[name]]
        for one in task.spec.zero_shot:
            model, voter = _model(task, one), _voter(one)
            texts = [one.said.replace(PLACE, text) for said in phrases.values() for text in said]
            vectors, why = model.items(items)
            classes = class_vectors(model.words(texts), of)
            _check_widths(one, vectors, classes)
            label, confidence = nearest_class(vectors, classes, one.sharpness, one.margin)
            names = list(phrases)
            votes += [
                {"item_id": ids[at], "voter": voter, "label": names[label[at]], "confidence": sure}
                for at, sure in enumerate(confidence.tolist())
                if label[at] >= 0
            ]
            silent += [
                {
                    "item_id": ids[at],
                    "voter": voter,
                    "reason": why[at] or f"its lead is below {one.margin:g}",
                }
                for at in np.flatnonzero(label < 0).tolist()
            ]
        return Said(
            pa.Table.from_pylist(votes, schema=Said.schema),
            pa.Table.from_pylist(silent, schema=Said.silent),
        )


def load_models(task: Task) -> list[str]:
    """Load the models of a task's zero-shot voters that lie on this machine, and name the voters.

    Raises
    ------
    TaskError
        If weights or packages are missing, damaged or of another model.
    """
    for one in task.spec.zero_shot:
        _model(task, one).load()
    return [_voter(one) for one in task.spec.zero_shot]


def _check_widths(one: ZeroShot, items: Vectors, classes: Vectors) -> None:
    if len(items) and items.shape[1] not in (0, classes.shape[1]):
        raise TaskError(
            f"zero_shot.{one.name}: the model gives {items.shape[1]} numbers for items and {classes.shape[1]} for "
            "the words for classes, so they cannot be compared; it is another model than before under the same name: "
            "give it a name of its own in task.yaml"
        )


def _voter(one: ZeroShot) -> str:
    return f"zero_shot/{one.name}"


def _hash(*said: object) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _phrases(task: Task) -> dict[str, tuple[str, ...]]:
    """Return words for each class, in an order that no edit changes; none where a rename is half done."""
    told = {c.name: c for c in task.spec.classes}
    return {
        name: told[name].phrases or (told[name].description or name.replace("_", " "),)
        for name in task.classes
        if name in told
    }


def _model(task: Task, one: ZeroShot) -> _Model:
    if one.clip is not None:
        found = clip_model(
            task, one.clip, f"{task.folder / 'task.yaml'}: zero_shot.{one.name}.clip"
        )

        def seen(items: pa.Table) -> tuple[Vectors, list[str]]:
            return found.pictures(items["image"].to_pylist())

        return _Model(found.mark, found.texts, seen, found.load)
    settings = one.sentence_transformers or one.embeddings
    assert settings is not None  # noqa: S101  one of three is there
    model = text_vectors(task, settings, f"zero_shot.{one.name}")

    def read(items: pa.Table) -> tuple[Vectors, list[str]]:
        texts = [(text or "").strip() for text in items["text"].to_pylist()]
        there = [at for at, text in enumerate(texts) if text]
        made = model.embed([texts[at] for at in there]) if there else np.empty((0, 0))
        vectors = np.full((len(texts), made.shape[1]), np.nan)
        vectors[there] = made
        return vectors, ["" if text else "no text" for text in texts]

    return _Model(model.mark, model.embed, read, model.load)
