"""When to deviate from the majority: where independent ways of reading the panel agree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.counts.posterior import TIE, leaders, lifted, normalised
from labeling.consensus.ensemble.features import AGREEMENT, ANSWERED, PanelReading, mean_worth

AGGREGATOR = "aggregator"
"""The amortised aggregator's seat."""

CLASSICAL = ("ibcc", "pattern_ds", "ibcc_balance", "one_coin")
"""Members with a seat, beside the aggregator where voters answer when asked."""

REFEREES = ("ibcc", AGGREGATOR)
"""Who must both prefer one of the classes that tie."""

QUORUM = 0.75
"""Share of the seats that must name the same class, where voters answer when asked."""

NEARLY = 0.8
"""Odds that the aggregator must give a class against the majority's, for the classical members to
overrule without it where they are of one mind and voters answer when asked. Chosen on simulated panels."""

FEWEST_SEATS = 2
"""Members that must be left, beside the aggregator, where voters answer when asked."""

BELOW_CHANCE = -0.05
"""Fleiss' kappa of voters that answer when asked under which only the majority is left."""

ENOUGH = 30.0
"""Items below which agreement under chance is chance itself."""

REPEATED = 0.35
"""Mean worth of a voter beside its siblings under which every seat must agree: each voter is then
repeated by two others, and what the members agree on may be one error told many times."""

UNCOVERED = 0.05
"""Share of the items without any vote from which on silence is taken for a choice, as rules make it."""

ONE_SIDED = 0.75
"""Share of the trusted votes for one class from which on rules are taken to meet mostly that class."""

RULES_SCALE, DENSE_SCALE = 0.86, 0.64
"""What the aggregator's log posterior is multiplied by on rules (and by the root of half the number
of classes) and where every voter answers nearly always. Fitted on recorded votes, family by family
left out: simulated rules of many classes are less often right than real ones, simulated models more."""


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
        ``rules``, ``people and models``, ``siblings``, ``below chance``, ``upside down`` or
        ``one voice``.
    scale : float
        What the aggregator's log posterior is multiplied by, above 0.
    referees : tuple of str
        Who must all prefer one of the classes that tie. Where rules meet mostly one class,
        PatternDS, which knows it, is asked beside IBCC, whose prior is uniform.
    nearly : float
        Odds against the majority's class, 0..1, at which the aggregator no longer stands in the way
        of the other seats where these agree.
    """

    taken: tuple[str, ...]
    dropped: tuple[str, ...]
    quorum: float
    kind: str
    scale: float = 1.0
    referees: tuple[str, ...] = REFEREES
    nearly: float = 1.0

    @classmethod
    def of(cls, reading: PanelReading, *, uncovered: float) -> "Seats":
        """Seat the members; ``uncovered`` is the share of the items without a vote."""
        members = reading.members
        dropped = tuple(name for name in CLASSICAL if members.collapsed(name))
        kept = tuple(name for name in CLASSICAL if name not in dropped)
        answered = reading.panel[ANSWERED] > 0.5
        dense = DENSE_SCALE if answered else 1.0
        referees = REFEREES
        enough = float(members.patterns.count.sum()) >= ENOUGH
        if answered and enough and reading.panel[AGREEMENT] < BELOW_CHANCE:
            return cls((), dropped, 1.0, "below chance", dense)
        if uncovered > UNCOVERED or reading.share_of_rules > 0.5:
            if members.pattern_ds.class_balance_.max() >= ONE_SIDED:
                kept = tuple(dict.fromkeys((*kept, "pattern_ds")))
                referees = (*REFEREES, "pattern_ds")
            scale = RULES_SCALE * np.sqrt(members.events.n_classes / 2)
            return cls(kept, dropped, 1.0, "rules", float(scale), referees)
        if len(kept) < FEWEST_SEATS:
            return cls((), dropped, 1.0, "people and models", dense)
        if answered and mean_worth(reading.panel) < REPEATED:
            return cls((*kept, AGGREGATOR), dropped, 1.0, "siblings", dense)
        nearly = NEARLY if answered else 1.0
        seated = (*kept, AGGREGATOR)
        return cls(seated, dropped, QUORUM, "people and models", dense, nearly=nearly)

    def settle(
        self,
        share: NDArray[np.float64],
        said: dict[str, NDArray[np.float64]],
        aggregated: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return posteriors whose leader is the majority's, or what the seats agree on instead.

        The confidence is the aggregator's. Votes that are all alike are never overruled. A tie goes
        to the tied class that all referees prefer, and stays a tie if they differ.

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
        posterior = normalised(self.scale * aggregated)
        wanted = leaders(share) > 0
        if self.taken:
            voices = said | {AGGREGATOR: posterior}
            label, agree = _elected([voices[name] for name in self.taken])
            rows = np.arange(len(share))
            heard = agree >= self.quorum - TIE
            mine = np.where(wanted, posterior, 0.0).max(axis=1, initial=0)
            if self.quorum < 1:
                heard &= posterior[rows, label] > mine - TIE
            if self.nearly < 1:
                others, agree = _elected([voices[n] for n in self.taken if n != AGGREGATOR])
                united = (agree >= 1 - TIE) & (posterior[rows, others] >= self.nearly * mine)
                label = np.where(united, others, label)
                heard |= united
            heard &= share.max(axis=1, initial=0) < 1 - TIE
            wanted[heard] = False
            wanted[rows[heard], label[heard]] = True
            tied = np.flatnonzero(wanted.sum(axis=1) > 1)
            label, agree = _elected(
                [np.where(wanted[tied], voices[name][tied], -1.0) for name in self.referees]
            )
            settled = agree >= 1 - TIE
            wanted[tied[settled]] = False
            wanted[tied[settled], label[settled]] = True
        return lifted(posterior, wanted)


def _elected(
    opinions: Sequence[NDArray[np.float64]],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the class most opinions lead with on each row, and the share of them that do.

    An opinion that is torn between classes gives each a part of its voice.
    """
    voice = sum((leaders(one) for one in opinions), np.zeros_like(opinions[0])) / len(opinions)
    return voice.argmax(axis=1), voice.max(axis=1, initial=0.0)
