"""What a pilot knows by now: draws, answers and reviews put together. Asks nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labeling.pilots.drawing import shares
from labeling.pilots.trial import NO_ANSWER, NOT_ASKED, UNKNOWN, Trial
from labeling.pilots.verdict import Comparison, compare
from orchestration.pilot.candidates import candidates_of, pilot_of
from resources.pilots.rows import Candidate, Draw
from resources.pilots.store import PilotStore
from resources.reviews.reading.states import settled_labels, states
from resources.reviews.store import ReviewStore
from resources.task.task import Task


@dataclass(frozen=True)
class Standing:
    """Where a pilot stands.

    Attributes
    ----------
    candidates : tuple of Candidate
        Those that are promoted come first.
    promoted : int
        How many of them are.
    draws : tuple of Draw
        Items met so far, in order.
    said : tuple of dict
        For each draw, what each candidate answered, by its place; None where it named nothing.
    gold : tuple of str or None
        For each draw, what people settled on.
    waiting : int
        Items that wait for people.
    trial : Trial
        The same as numbers, up to the first item that waits: what comes after it is known in part, and
        what is known of it need not be like the rest.
    told : Comparison
    """

    candidates: tuple[Candidate, ...]
    promoted: int
    draws: tuple[Draw, ...]
    said: tuple[dict[int, str | None], ...]
    gold: tuple[str | None, ...]
    waiting: int
    trial: Trial
    told: Comparison

    @property
    def incumbent(self) -> int | None:
        """The place of the one that is promoted; None where none is, or several are."""
        return 0 if self.promoted == 1 else None

    @property
    def used(self) -> int:
        """Items that people were asked about since the newest candidate came."""
        since = max((one.entered for one in self.candidates), default=0)
        return sum(one.chosen for one in self.draws if one.number > since)

    @property
    def reviewed(self) -> int:
        """Items that people answered."""
        return sum(g is not None for g in self.gold)

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """What each candidate weighs in where people are asked next."""
        return shares(self.trial, self.told.remaining, self.incumbent)


def standing_of(task: Task, store: PilotStore, reviews: ReviewStore) -> Standing:
    """Put together what is known; see :class:`Standing`."""
    _, pilot = pilot_of(task)
    candidates = store.enter(candidates_of(task, store))
    promoted = len(store.promoted())
    draws = store.draws()
    gold = settled_labels(reviews)
    settled = [gold.get((one.item_id, one.batch)) if one.chosen else None for one in draws]
    waits = _waits(draws, settled, reviews)
    first = waits[0] if waits else len(draws)
    said = _said(candidates, draws, store)
    trial = _trial(candidates, draws[:first], said[:first], settled[:first])
    told = compare(trial, 0 if promoted == 1 else None, pilot.margin)
    return Standing(
        tuple(candidates),
        promoted,
        tuple(draws),
        tuple(said),
        tuple(settled),
        len(waits),
        trial,
        told,
    )


def _waits(draws: Sequence[Draw], gold: Sequence[str | None], reviews: ReviewStore) -> list[int]:
    """Return the places of draws that people are still to answer; what divided them waits no more."""
    asked = states(reviews, "pilot")
    return [
        at
        for at, (draw, settled) in enumerate(zip(draws, gold, strict=True))
        if draw.chosen
        and settled is None
        and asked.get((draw.item_id, draw.batch), "open") == "open"
    ]


def _said(
    candidates: Sequence[Candidate], draws: Sequence[Draw], store: PilotStore
) -> list[dict[int, str | None]]:
    place = {one.version: at for at, one in enumerate(candidates)}
    number = {(one.item_id, one.batch): at for at, one in enumerate(draws)}
    said: list[dict[int, str | None]] = [{} for _ in draws]
    for answer in store.answers():
        who, at = place.get(answer.version), number.get((answer.item_id, answer.batch))
        if who is not None and at is not None and draws[at].number > candidates[who].entered:
            said[at][who] = answer.label
    return said


def _trial(
    candidates: Sequence[Candidate],
    draws: Sequence[Draw],
    said: Sequence[dict[int, str | None]],
    gold: Sequence[str | None],
) -> Trial:
    versions = [one.version for one in candidates]
    answers = np.full((len(draws), len(versions)), NOT_ASKED, dtype=np.int64)
    right = np.full(len(draws), UNKNOWN, dtype=np.int64)
    numbers: dict[str, int] = {}
    for at, (of_item, settled) in enumerate(zip(said, gold, strict=True)):
        for who, label in of_item.items():
            answers[at, who] = (
                NO_ANSWER if label is None else numbers.setdefault(label, len(numbers))
            )
        if settled is not None:
            right[at] = numbers.setdefault(settled, len(numbers))
    return Trial(
        answers,
        right,
        np.array([one.probability for one in draws], dtype=np.float64),
        np.array([one.chosen for one in draws], dtype=np.bool_),
        np.array(
            [[one.shares.get(v, 0.0) for v in versions] for one in draws], dtype=np.float64
        ).reshape(len(draws), len(versions)),
    )
