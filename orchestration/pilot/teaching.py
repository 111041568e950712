"""Answers of people that may teach a prompt: those of a pilot so far, and of the queue."""

from collections.abc import Iterator
from typing import Any

from labeling.kinds.kind import AnswerError
from labeling.llm.prompts.content import strings
from labeling.pilots.lessons import Answered
from orchestration.items_asked import items_of
from orchestration.pilot.figures import errors_of
from orchestration.pilot.standing import Standing
from resources.models.task_models import redactor_of
from resources.reviews.drawn import all_drawn
from resources.reviews.store import ReviewStore
from resources.store.place import stands
from resources.store.warehouse import warehouse_of
from resources.task.task import Task

Place = tuple[str, str]
"""Id of an item, and its batch."""


def answered_of(task: Task, standing: Standing, who: int, reviews: ReviewStore) -> list[Answered]:
    """Return what people answered about items with a text, and where a candidate said something else.

    Nothing that measures is among it, by an audit or the canary, nor an item with the same text. Items
    of the pilot are: what is written after them is judged by later ones. A picture cannot be told in
    words, so items with one are left out.
    """
    redact = redactor_of(task) or _as_it_is
    items = items_of(task, None)[0].to_pylist()
    measuring = _measuring(task, reviews)
    withheld = {one["text"] for one in items if one["item_id"] in measuring}
    texts = {(one["item_id"], one["batch"]): one["text"] for one in items if not one.get("image")}
    wrong = {(one["item_id"], one["batch"]): one for one in errors_of(standing, who, task, reviews)}
    found: list[Answered] = []
    for place, label in dict([*_of_the_queue(task), *_of_the_pilot(standing)]).items():
        text, gold = texts.get(place), _today(task, label)
        if text and text.strip() and gold and place[0] not in measuring and text not in withheld:
            found.append(_answered(redact, text, gold, wrong.get(place)))
    return found


def _answered(redact: Any, text: str, gold: str, wrong: dict[str, Any] | None) -> Answered:
    if wrong is None:
        return Answered(redact(text), gold)
    notes = tuple(redact(note) for note in wrong["notes"])
    return Answered(redact(text), gold, True, wrong["said"], notes)


def _of_the_pilot(standing: Standing) -> Iterator[tuple[Place, str]]:
    for draw, gold in zip(standing.draws, standing.gold, strict=True):
        if gold is not None:
            yield (draw.item_id, draw.batch), gold


def _of_the_queue(task: Task) -> Iterator[tuple[Place, str]]:
    if stands(task):
        for one in warehouse_of(task).read("orchestration.pilot.examples").to_pylist():
            yield (one["item_id"], one["batch"]), one["label"]


def _measuring(task: Task, reviews: ReviewStore) -> set[str]:
    """Return the items by which people, labels or models are measured."""
    drawn = set(strings(all_drawn(reviews), "item_id"))
    if not stands(task):
        return drawn
    return drawn | {str(one) for one in warehouse_of(task).column("votes.examples.measuring")}


def _today(task: Task, label: str) -> str | None:
    """Return an answer as it is written; None where it names what is no class any more."""
    try:
        return task.kind.checked(label, task.classes)
    except AnswerError:
        return None


def _as_it_is(text: str) -> str:
    return text
