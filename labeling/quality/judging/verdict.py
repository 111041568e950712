"""May a model replace a person? The answer, and how many items more would give one."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from labeling.counted import counted
from labeling.quality.judging.alternative import (
    FALSE_DISCOVERIES,
    LEAST_ITEMS,
    LEAST_PEOPLE,
    Alternative,
)

PASSING = 0.5
"""Winning rate from which a model may replace a person."""

POWER = 0.8
"""Chance that the items more which are named settle it, if things are as they look."""

HOPELESS = 100_000
"""Items more from which on nobody would ask for them."""

Answer = Literal["yes", "no", "too few people", "too few items"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer, and a sentence that says why.

    Parameters
    ----------
    answer : str
        ``yes``, ``no``, ``too few people`` or ``too few items``.
    told : str
    more : int or None
        Items more that would probably tell; None where that is not known, or where it is told.
    """

    answer: Answer
    told: str
    more: int | None = None


def verdict(found: Alternative) -> Verdict:
    """Say what the test of a model comes to.

    ``yes`` if it matches half of the people or more. ``no`` if it is shown to be worse than more than
    half of them by more than is allowed. Else it stays open, and ``more`` items are those after which a
    test of power :data:`POWER` would tell, if differences stay as they are.

    Examples
    --------
    >>> from labeling.quality.judging.alternative import alternative_test
    >>> from labeling.quality.judging.panel import Panel
    >>> panel = Panel.of([["x", "x", "x"], ["y", "y", "y"]] * 20, ["x", "y"] * 20, list("abc"), ["m"])
    >>> verdict(alternative_test(panel, 0.15)[0]).told
    'm may replace a person: it is as close to the others as 3 of 3 people, allowing 0.15.'
    """
    tested = found.tested
    if len(found.comparisons) < LEAST_PEOPLE:
        few = counted(len(found.comparisons), "person", "people")
        return Verdict(
            "too few people",
            f"Too few people to tell of {found.model}: there is {few}, and {LEAST_PEOPLE} are needed."
            if len(found.comparisons) == 1
            else f"Too few people to tell of {found.model}: there are {few}, and {LEAST_PEOPLE} are needed.",
        )
    if len(tested) < LEAST_PEOPLE:
        items = sorted((one.items for one in found.comparisons), reverse=True)[LEAST_PEOPLE - 1]
        more = LEAST_ITEMS - items
        return Verdict(
            "too few items",
            f"Too few items to tell of {found.model}: {counted(len(tested), 'person', 'people')} of "
            f"{LEAST_PEOPLE} needed answered {LEAST_ITEMS} that it and another person did; "
            f"about {counted(more, 'item')} more would tell.",
            more,
        )
    matched, missed = (sum(getattr(one, name) for one in tested) for name in ("matched", "missed"))
    people = counted(len(tested), "person", "people")
    if found.winning_rate >= PASSING:
        return Verdict(
            "yes",
            f"{found.model} may replace a person: it is as close to the others as {matched} of {people}, "
            f"allowing {found.epsilon:g}.",
        )
    if missed > len(tested) / 2:
        return Verdict(
            "no",
            f"{found.model} may not replace a person: it is worse than {missed} of {people} by more "
            f"than the {found.epsilon:g} that is allowed.",
        )
    more = _more(found)
    told = (
        f"about {counted(more, 'item')} more would tell"
        if more is not None
        else "it is behind by almost what is allowed, so more items would hardly tell"
    )
    return Verdict(
        "too few items",
        f"Not shown that {found.model} may replace a person: it matches {matched} of {people}, "
        f"allowing {found.epsilon:g}; {told}.",
        more,
    )


def _more(found: Alternative) -> int | None:
    """Return how many items more would settle it, rounded up to two digits."""
    tested, m = found.tested, len(found.tested)
    harmonic = sum(1 / rank for rank in range(1, m + 1))
    for sign, needed in ((1, math.ceil(m * PASSING)), (-1, m // 2 + 1)):
        towards = [one for one in tested if sign * (found.epsilon - one.gap) > 0]
        if len(towards) < needed:
            continue
        level = FALSE_DISCOVERIES * needed / m / harmonic
        z = NormalDist().inv_cdf(1 - level) + NormalDist().inv_cdf(POWER)
        wanted = ((z * one.spread / (found.epsilon - one.gap)) ** 2 - one.items for one in towards)
        more = max(sorted(wanted)[needed - 1], 1.0)
        if more > HOPELESS:
            return None
        step = 10 ** max(math.floor(math.log10(more)) - 1, 0)
        return math.ceil(more / step) * step
    return None
