"""The next round of a pilot: items met, candidates asked, people asked about some of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from labeling.llm.ledger.opening import open_ledger
from labeling.llm.prompts.content import strings
from labeling.llm.quote import VoterQuote, quote_batch
from labeling.pilots.drawing import FLOOR, chances
from labeling.pilots.trial import NO_ANSWER, NOT_ASKED
from labeling.pilots.verdict import Say
from orchestration.items_asked import items_of
from orchestration.pilot.asking import RUN, Asked, ask
from orchestration.pilot.candidates import pilot_of
from orchestration.pilot.standing import Standing, standing_of
from orchestration.pilot.waiting import chance_of, waiting_items
from resources.models.task_models import as_prompt, asking_nobody, classes_of, redactor_of
from resources.pictures import digests_of
from resources.pilots.rows import Candidate, Draw
from resources.pilots.store import PilotStore
from resources.reviews.aside import note_pictures
from resources.reviews.reading.states import states
from resources.reviews.rows import Assignment
from resources.reviews.store import ReviewStore
from resources.task.task import Task

MET_AT_ONCE = 3
"""Items met at a time, for each review that is still wanted: many are passed by."""

MET_AT_MOST = round(1 / FLOOR)
"""Items met in a round, for each review that it wants: so many are passed by where all candidates agree."""

Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did: where the pilot stands, items put up for review, and why there are not more.

    ``heard`` are answers of candidates that it brought.
    """

    standing: Standing
    put_up: int
    why: str = ""
    heard: int = 0

    @property
    def in_vain(self) -> bool:
        """Whether it was stopped before anything came of it."""
        return bool(self.why) and not self.heard and not self.put_up


def quote_round(task: Task, standing: Standing, reviews: ReviewStore) -> list[VoterQuote]:
    """Return what the next round will cost at most, by candidate; repairs and retries come on top."""
    store = PilotStore(task.pilots)
    wanted = _wanted(task, standing)
    items = waiting_items(task, store, reviews).slice(0, MET_AT_MOST * wanted)
    prompts = [as_prompt(task, one).alone() for one in _running(standing)]
    if not items.num_rows or not prompts:
        return []
    with open_ledger(task.ledger) as ledger:
        return [
            one
            for prompt in prompts  # one by one: a promoted prompt and its edited file share a name
            for one in quote_batch(
                _as_asked(items),
                [prompt],
                classes_of(task),
                asking_nobody(task),
                ledger,
                redact=redactor_of(task),
                image_folder=task.image_folder,
            )
        ]


def spent_usd(task: Task) -> float:
    """Return what pilots of the task have cost so far, in US dollars."""
    if not task.ledger.exists():
        return 0.0
    with open_ledger(task.ledger) as ledger:
        return ledger.spent(RUN).run


def go_on(task: Task, reviews: ReviewStore, tell: Told) -> Round:
    """Meet items, ask the candidates that may still be the best, and put items up for review.

    What was interrupted is gone on with: nothing is asked, drawn or put up twice. Nothing new is begun as
    long as items of the pilot wait for people, or once there is nothing left to tell.
    """
    store = PilotStore(task.pilots)
    put_up = _put_up(task, store, reviews)
    standing = standing_of(task, store, reviews)
    wanted = _wanted(task, standing)
    why, heard = "", 0
    started, left = wanted, MET_AT_MOST * wanted
    while wanted > 0 and left > 0 and not why:
        items = waiting_items(task, store, reviews).slice(0, min(MET_AT_ONCE * wanted, left))
        if not items.num_rows:
            why = (
                "no item is left that nobody has seen; bring in more, or decide by what is known, with "
                f"`touchstone pilot promote NAME {task.name}`"
            )
            break
        tell("asking candidates", started - wanted, started)
        asked = ask(task, _running(standing), _as_asked(items))
        store.answered(asked.answers)
        heard += len(asked.answers)
        drawn = _draw(task, standing, items, asked, wanted)
        why = asked.why
        if not drawn:
            break
        store.draw(drawn)
        left -= len(drawn)
        wanted -= sum(one.chosen for one in drawn)
        put_up += _put_up(task, store, reviews)
    if wanted > 0 and left <= 0 and not why:
        why = "candidates agree on most of what was met; the next round meets more"
    return Round(standing_of(task, store, reviews), put_up, why, heard)


def _wanted(task: Task, standing: Standing) -> int:
    """Return how many items people are to be asked about next."""
    _, pilot = pilot_of(task)
    if standing.waiting or (standing.told.verdict.say is not Say.GO_ON and _all_heard(standing)):
        return 0
    return max(0, min(pilot.at_a_time, pilot.reviews - standing.used))


def _all_heard(standing: Standing) -> bool:
    """Whether every candidate in the running was met by items at all."""
    return bool((standing.told.items[standing.told.remaining] > 0).all())


def _running(standing: Standing) -> list[Candidate]:
    remaining = standing.told.remaining
    return [
        one
        for at, one in enumerate(standing.candidates)
        if remaining[at] or at == standing.incumbent
    ]


def _draw(task: Task, standing: Standing, items: pa.Table, asked: Asked, wanted: int) -> list[Draw]:
    """Meet items in their order, and let chance decide of which people are asked, until there are enough."""
    place = {one.version: at for at, one in enumerate(standing.candidates)}
    by_item: dict[tuple[str, str], dict[int, str | None]] = {}
    for answer in asked.answers:
        of_item = by_item.setdefault((answer.item_id, answer.batch), {})
        of_item[place[answer.version]] = answer.label
    free = items.num_rows
    number = len(PilotStore(task.pilots).draws())
    drawn: list[Draw] = []
    weighed = {
        one.version: float(share)
        for one, share in zip(standing.candidates, standing.shares, strict=True)
        if share > 0
    }
    for item, batch in zip(strings(items, "item_id"), strings(items, "batch"), strict=True):
        if wanted <= 0 or (item, batch) not in asked.complete:
            break  # whoever comes first is met first, or the order would hang on what models say
        chance = _chance(by_item[item, batch], standing)
        chosen = chance_of(task, item, batch) < chance
        number += 1
        drawn.append(Draw(number, item, batch, chance, chosen, free, weighed))
        wanted -= chosen
    return drawn


def _chance(said: dict[int, str | None], standing: Standing) -> float:
    numbers: dict[str, int] = {}
    row = np.full((1, len(standing.candidates)), NOT_ASKED)
    for who, label in said.items():
        row[0, who] = NO_ANSWER if label is None else numbers.setdefault(label, len(numbers))
    return float(chances(row, standing.shares)[0])


def _put_up(task: Task, store: PilotStore, reviews: ReviewStore) -> int:
    """Put every chosen item up for review; those that stand there already are left alone."""
    drawn = {(one.item_id, one.batch): one for one in store.draws() if one.chosen}
    missing = drawn.keys() - states(reviews, "pilot").keys()
    if not missing:
        return 0
    items = _texts(task, missing)
    note_pictures(reviews, digests_of(task, [one["image"] for one in items]))
    return reviews.plan(
        [
            Assignment(
                item_id=one["item_id"],
                batch=one["batch"],
                origin="pilot",
                text=one["text"] or "",
                image=one["image"],
                context=json.loads(one["metadata"] or "{}"),
                priority=-float(drawn[one["item_id"], one["batch"]].number),
                probability=drawn[one["item_id"], one["batch"]].probability,
            )
            for one in items
        ]
    )


def _texts(task: Task, places: set[tuple[str, str]]) -> list[dict[str, Any]]:
    items, _ = items_of(task, None)
    pairs = zip(strings(items, "item_id"), strings(items, "batch"), strict=True)
    return items.filter(pa.array([one in places for one in pairs], pa.bool_())).to_pylist()


def _as_asked(items: pa.Table) -> pa.Table:
    has = [name for name in ("item_id", "batch", "text", "image") if name in items.column_names]
    return items.select(has)
