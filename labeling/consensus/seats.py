"""When to deviate from the majority: where independent ways of reading the panel agree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.features import AGREEMENT, ANSWERED, PanelReading, leaders, mean_worth
from labeling.consensus.posterior import TIE, normalised

AGGREGATOR = "aggregator"
"""The amortised aggregator's seat."""

CLASSICAL = ("ibcc", "pattern_ds", "ibcc_balance", "one_coin")
"""Members with a seat, beside the aggregator where voters answer when asked."""

QUORUM = 0.75
"""Share of the seats that must name the same class, where voters answer when asked."""

BELOW_CHANCE = -0.05
"""Fleiss' kappa of voters that answer when asked under which only the majority is left."""

REPEATED = 0.35
"""Mean worth of a voter beside its siblings under which every seat must agree: each voter is then
repeated by two others, and what the members agree on may be one error told many times."""

UNCOVERED = 0.05
"""Share of the items without any vote from which on silence is taken for a choice, as rules make it."""

NUDGE = 1e-6
"""By how much the label leads at least."""


@dataclass(frozen=True)
class Seats:
    """Who may overrule the majority on this panel, and how many of them it takes.

    Parameters
    ----------
    taken : tuple of str
        Members that vote on it; none where only the majority is left.
    dropped : tuple of str
        Members that fell for a single class.
    quorum : float
        Share of the seats that must agree, 0..1.
    kind : str
        ``rules``, ``people and models``, ``siblings`` or ``below chance``.
    """

    taken: tuple[str, ...]
    dropped: tuple[str, ...]
    quorum: float
    kind: str

    @classmethod
    def of(cls, reading: PanelReading, *, uncovered: float) -> "Seats":
        """Seat the members; ``uncovered`` is the share of the items without a vote."""
        members = reading.members
        dropped = tuple(name for name in CLASSICAL if members.collapsed(name))
        kept = tuple(name for name in CLASSICAL if name not in dropped)
        answered = reading.panel[ANSWERED] > 0.5
        if answered and reading.panel[AGREEMENT] < BELOW_CHANCE:
            return cls((), dropped, 1.0, "below chance")
        if uncovered > UNCOVERED or reading.share_of_rules > 0.5:
            return cls(kept, dropped, 1.0, "rules")
        if answered and mean_worth(reading.panel) < REPEATED:
            return cls((*kept, AGGREGATOR), dropped, 1.0, "siblings")
        return cls((*kept, AGGREGATOR), dropped, QUORUM, "people and models")

    def settle(
        self,
        share: NDArray[np.float64],
        said: dict[str, NDArray[np.float64]],
        aggregated: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return posteriors whose leader is the majority's, or what the seats agree on instead.

        The confidence is the aggregator's. Votes that are all alike are never overruled. A tie goes
        to the tied class that IBCC and the aggregator both prefer, and stays a tie if they differ.

        Parameters
        ----------
        share : float array of shape (n_patterns, n_classes)
            Shares of the votes.
        said : dict of float arrays of shape (n_patterns, n_classes)
            What each member says.
        aggregated : float array of shape (n_patterns, n_classes)
            Log posterior of the aggregator, up to a constant.

        Returns
        -------
        float array of shape (n_patterns, n_classes)
            Rows sum to 1.
        """
        posterior = normalised(aggregated)
        lead = leaders(share)
        wanted = lead > 0
        voices = said | {AGGREGATOR: posterior}
        if self.taken:
            label, agree = _elected([voices[name] for name in self.taken])
            rows = np.arange(len(share))
            heard = (agree >= self.quorum - TIE) & (share.max(axis=1, initial=0) < 1 - TIE)
            if self.quorum < 1:
                mine = np.where(wanted, posterior, 0.0).max(axis=1, initial=0)
                heard &= posterior[rows, label] > mine - TIE
            wanted[heard] = False
            wanted[rows[heard], label[heard]] = True
            tied = np.flatnonzero(wanted.sum(axis=1) > 1)
            inside = np.where(wanted[tied], 1.0, 0.0)
            first = (said["ibcc"][tied] * inside).argmax(axis=1)
            second = (posterior[tied] * inside).argmax(axis=1)
            same = first == second
            wanted[tied[same]] = False
            wanted[tied[same], first[same]] = True
        return lifted(posterior, wanted)


def _elected(
    opinions: Sequence[NDArray[np.float64]],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the class most opinions name on each row, and the share of them that name it."""
    first = [opinion.argmax(axis=1) for opinion in opinions]
    best, times = first[0].copy(), np.zeros(len(first[0]))
    for label in first:
        named = np.sum([label == other for other in first], axis=0)
        better = named > times
        best[better], times[better] = label[better], named[better]
    return best, times / len(opinions)


def lifted(posterior: NDArray[np.float64], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return posteriors in which the wanted classes of each row lead, together if there are several.

    Where another class led, theirs are lifted just above it: the order is given, the doubt stays.

    Examples
    --------
    >>> lifted(np.array([[0.25, 0.75]]), np.array([[True, False]])).round(3).tolist()
    [[0.5, 0.5]]
    """
    theirs = np.where(wanted, 0.0, posterior).max(axis=1, initial=0.0)
    own = np.where(wanted, posterior, 0.0)
    several = wanted.sum(axis=1) > 1
    low = own.max(axis=1, initial=0.0) <= theirs
    rows = np.flatnonzero(low | several)
    level = np.maximum(own.max(axis=1, initial=0.0), theirs + NUDGE)[rows]
    kept = posterior.copy()
    kept[rows] = np.where(wanted[rows], level[:, None], posterior[rows])
    kept[rows] /= kept[rows].sum(axis=1, keepdims=True)
    return kept
