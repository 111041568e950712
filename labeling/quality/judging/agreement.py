"""How far models agree with people, and people with each other; items are drawn, not answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.weighted import VAST
from labeling.quality.judging.panel import Panel
from labeling.quality.several.clustered import clustered_share
from labeling.votes import ABSTAIN


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alike the answers of somebody are to those of people; ``share`` is 0..1.

    ``name`` is a person or a model, and None for all people among each other.
    """

    name: str | None
    items: int
    share: Interval


@dataclass(frozen=True, slots=True)
class Agreements:
    """Agreement of people with other people, together and each, and of models with people."""

    together: Agreement
    people: list[Agreement]
    models: list[Agreement]


def agreements(panel: Panel, level: float = 0.95) -> Agreements:
    """Measure agreement, with an interval of coverage ``level`` each.

    Notes
    -----
    The mean likeness (:class:`labeling.quality.judging.likeness.Likeness`) over all pairs of answers
    to an item; nothing is taken off for chance. Items are drawn whole
    (:func:`labeling.quality.several.clustered.clustered_share`).

    Examples
    --------
    >>> panel = Panel.of([["x", "x", "y"], ["y", "y", "y"]] * 20, ["x", "y"] * 20, list("abc"), ["m"])
    >>> found = agreements(panel)
    >>> round(found.together.share.point, 3), round(found.models[0].share.point, 3)
    (0.667, 0.833)
    """
    n_items = len(panel.people)
    alike, pairs = np.zeros(n_items), np.zeros(n_items)
    people: list[Agreement] = []
    for person, name in enumerate(panel.person_names):
        items, others, there = panel.with_others(person)
        close, count = panel.close(panel.people[items, person], others, there), there.sum(axis=1)
        alike[items] += close
        pairs[items] += count
        people.append(_agreement(name, close, count, level))
    answered = panel.people != ABSTAIN
    models: list[Agreement] = []
    for model, name in enumerate(panel.model_names):
        said = panel.models[:, model]
        count = answered.sum(axis=1) * (said != ABSTAIN)
        models.append(_agreement(name, panel.close(said, panel.people, answered), count, level))
    return Agreements(_agreement(None, alike, pairs, level), people, models)


def _agreement(
    name: str | None,
    alike: NDArray[np.float64],
    pairs: NDArray[np.floating] | NDArray[np.integer],
    level: float,
) -> Agreement:
    met = pairs > 0
    count = pairs[met].astype(np.float64)
    hits = np.minimum(alike[met], count)
    share = clustered_share(hits, count, np.full(len(count), VAST), level, uneven=True)
    return Agreement(name, int(met.sum()), share)
