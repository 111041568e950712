"""Leave a family of recorded sets out, choose the constants on the others, and score the family.

Members, descriptions and the network's log posterior are computed once for each set; only who sits,
who settles ties, how sure to be and how far gold is trusted are tried again for each setting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.consensus.families import families
from bench.consensus.prepared import Outcome, Prepared
from bench.consensus.settings import (
    GRID,
    SCALES,
    SHIPPED,
    SHIPPED_SCALES,
    SPREADS,
    Setting,
)

DRAWS = 3

ALLOWED = 0.3
"""Points under the majority that cost nothing."""

PENALTY = 3.0
"""What a point below that costs, in points gained."""


def worth(gain: np.ndarray) -> np.ndarray:
    """Return mean gain less three times the mean shortfall beyond 0.3 points, over the last axis."""
    return gain.mean(axis=-1) - PENALTY * np.maximum(0.0, -gain - ALLOWED).mean(axis=-1)


@dataclass(frozen=True)
class Choice:
    """What was chosen on some sets."""

    setting: Setting = SHIPPED
    scales: tuple[float, float] = SHIPPED_SCALES
    spread: str = "shipped"


SHIPPED_CHOICE = Choice()


@dataclass(frozen=True)
class Fold:
    """A family left out: its sets, what was chosen on the others, and what came of it."""

    sets: list[int]
    choice: Choice
    outcomes: dict[int, Outcome]
    gold: dict[tuple[int, int], Outcome] = field(default_factory=dict)
    shipped_spread: dict[tuple[int, int], Outcome] = field(default_factory=dict)


class LeftOut:
    """The protocol over prepared sets.

    Parameters
    ----------
    prepared : sequence of Prepared
        The recorded sets.
    grid : sequence of Setting
        What is chosen from; the first of equals is taken.
    """

    def __init__(self, prepared: Sequence[Prepared], grid: Sequence[Setting] = GRID) -> None:
        self.prepared = prepared
        self.grid = grid
        self.families = families([one.one for one in prepared])
        self.gain = np.array(
            [
                [self.without_gold(i, Choice(setting)).gain for i in range(len(prepared))]
                for setting in grid
            ]
        )

    def without_gold(self, i: int, choice: Choice) -> Outcome:
        """Score a set without gold."""
        one = self.prepared[i]
        return one.without_gold(one.seats(choice.setting, choice.scales))

    def with_gold(self, i: int, choice: Choice, n: int) -> Outcome:
        """Score a set with up to ``n`` reviewed items, mean of draws."""
        one = self.prepared[i]
        seated = one.seats(choice.setting, choice.scales)
        spread = tuple(SPREADS[choice.spread].items())
        return one.with_gold(seated, spread, n, DRAWS)

    def choose(self, on: Sequence[int], *, gold: Sequence[int] = ()) -> Choice:
        """Choose the setting by gain, then the scales by log loss, then with gold the spread by gain."""
        setting = self.grid[int(np.argmax(worth(self.gain[:, on])))]
        rules, dense = SHIPPED_SCALES
        rules = min(SCALES, key=lambda scale: self._loss(on, Choice(setting, (scale, dense))))
        dense = min(SCALES, key=lambda scale: self._loss(on, Choice(setting, (rules, scale))))
        spread = "shipped"
        if gold:
            by_spread = {
                name: worth(
                    np.array(
                        [
                            self.with_gold(i, Choice(setting, (rules, dense), name), n).gain
                            for i in on
                            for n in gold
                        ]
                    )
                )
                for name in SPREADS
            }
            spread = max(by_spread, key=lambda name: by_spread[name])
        return Choice(setting, (rules, dense), spread)

    def _loss(self, on: Sequence[int], choice: Choice) -> float:
        return float(np.mean([self.without_gold(i, choice).log_loss for i in on]))

    def fold(self, family: Sequence[int], *, gold: Sequence[int] = ()) -> Fold:
        """Choose without a family, and score it."""
        rest = [i for i in range(len(self.prepared)) if i not in set(family)]
        choice = self.choose(rest, gold=gold)
        kept = Choice(choice.setting, choice.scales)
        return Fold(
            list(family),
            choice,
            {i: self.without_gold(i, choice) for i in family},
            {(i, n): self.with_gold(i, choice, n) for i in family for n in gold},
            {(i, n): self.with_gold(i, kept, n) for i in family for n in gold},
        )

    def gap(self) -> tuple[float, float]:
        """Return the mean gain of what is shipped, in sample, and of what is chosen left out."""
        shipped = [self.without_gold(i, SHIPPED_CHOICE).gain for i in range(len(self.prepared))]
        left = [o.gain for f in self.families for o in self.fold(f).outcomes.values()]
        return float(np.mean(shipped)), float(np.mean(left))
