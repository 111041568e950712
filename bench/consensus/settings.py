"""Settings of the constants that decide who sits on a panel, and what is laid over the code for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from itertools import product
from types import ModuleType

from labeling.consensus.ensemble import gold_head, seats
from labeling.consensus.ensemble.features import PanelReading
from labeling.consensus.ensemble.seats import AGGREGATOR, CLASSICAL, REFEREES, Seats

RULES_SEATS = ("aggregator too", "classical", "three in four")
"""On rules: all of the classical members and the aggregator; the classical ones; a quorum of .75."""


@dataclass(frozen=True)
class Setting:
    """One choice of each constant; by default what is shipped. Names as in the module of the seats."""

    quorum: float = seats.QUORUM
    repeated: float = seats.REPEATED
    referees: tuple[str, ...] = REFEREES
    classical: tuple[str, ...] = CLASSICAL
    rules: str = "classical"
    uncovered: float = seats.UNCOVERED
    below_chance: float = seats.BELOW_CHANCE
    one_sided: float = seats.ONE_SIDED

    def differences(self) -> str:
        """Say where it differs from what is shipped."""
        apart = [
            f"{field.name} {_words(getattr(self, field.name))}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        ]
        return "; ".join(apart) or "as shipped"

    def seats(self, reading: PanelReading, uncovered: float, scales: tuple[float, float]) -> Seats:
        """Seat the members of a panel; ``scales`` are those of rules and of dense panels."""
        laid = {
            "QUORUM": self.quorum,
            "REPEATED": self.repeated,
            "CLASSICAL": self.classical,
            "REFEREES": self.referees,
            "ONE_SIDED": self.one_sided,
            "UNCOVERED": self.uncovered,
            "BELOW_CHANCE": self.below_chance,
            "RULES_SCALE": scales[0],
            "DENSE_SCALE": scales[1],
        }
        with laid_over(seats, laid):
            found = Seats.of(reading, uncovered=uncovered)
        if found.kind != "rules" or self.rules == "classical":
            return found
        quorum = 1.0 if self.rules == RULES_SEATS[0] else 0.75
        return replace(found, taken=(*found.taken, AGGREGATOR), quorum=quorum)


def _words(value: object) -> str:
    return (
        " + ".join(value)
        if isinstance(value, tuple)
        else f"{value:g}"
        if value == 0
        else str(value)
    )


GRID = tuple(
    Setting(*values)
    for values in product(
        (1.0, 0.8, 0.75, 0.6),
        (0.5, 0.35, 0.2),
        (("ibcc", AGGREGATOR), ("ibcc",), (AGGREGATOR,)),
        ((*CLASSICAL, "agreement"), CLASSICAL, ("ibcc", "pattern_ds", "ibcc_balance")),
        RULES_SEATS,
        (0.02, 0.05),
        (-0.05, -1.0),
        (1.01, 0.75, 0.6),
    )
)
"""Every combination, careful ones first: of settings that do equally well the most careful is taken."""

SMALL_GRID = tuple(
    Setting(quorum=quorum, classical=classical, rules=rules)
    for quorum, classical, rules in product(
        (1.0, 0.75, 0.6), (CLASSICAL, CLASSICAL[:3]), RULES_SEATS
    )
)
"""Settings for a quick look."""

SHIPPED = Setting()
SHIPPED_SCALES = (seats.RULES_SCALE, seats.DENSE_SCALE)
SCALES = (0.4, 0.5, 0.57, 0.64, 0.72, 0.79, 0.86, 0.93, 1.0, 1.1, 1.2)
"""What the scale of rules and that of dense panels are chosen from."""


def _spread(common: float, member: float) -> dict[str, float]:
    names = ("SD_SCALE", "SD_BIAS", "SD_MEMBER", "SD_VOTER")
    factors = (common, common, member, member)
    return {n: f * getattr(gold_head, n) for n, f in zip(names, factors, strict=True)}


SPREADS = {
    "all halved": _spread(0.5, 0.5),
    "members and voters at a third": _spread(1.0, 1 / 3),
    "shipped": _spread(1.0, 1.0),
    "all doubled": _spread(2.0, 2.0),
}
"""Prior standard deviations of the gold head, the most careful first."""


@contextmanager
def laid_over(module: ModuleType, values: dict[str, object] | dict[str, float]) -> Iterator[None]:
    """Give constants of a module other values for a while."""
    kept = {name: getattr(module, name) for name in values}
    try:
        for name, value in values.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in kept.items():
            setattr(module, name, value)
