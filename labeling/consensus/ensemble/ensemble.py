"""The consensus of a panel: members and aggregator fitted, seated, and read together."""

# pyright: reportMissingTypeStubs=false

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.counts.posterior import leaders, normalised
from labeling.consensus.ensemble.aggregator import aggregate
from labeling.consensus.ensemble.copies import copies, without
from labeling.consensus.ensemble.features import AGREEMENT, ANSWERED, PanelReading
from labeling.consensus.ensemble.gold_head import Statement
from labeling.consensus.ensemble.members import MEMBERS, Members, majority_shares
from labeling.consensus.ensemble.seats import BELOW_CHANCE, Seats
from labeling.consensus.models.panel import ALWAYS

PATTERNS_FITTED = 50_000
"""Patterns used for fitting; more of them move no parameter that matters."""

ROWS_AT_ONCE = 4_000
"""Patterns that are read in one piece: what they are turned into fits the processor's cache."""

MOST_THREADS = 8

MOST_OVERRULED = 0.4
"""Share of the items on which the majority may be overruled: on recorded panels it is 35 % at most, and
more is what classes look like that were taken for each other."""

ONE_VOICE, FEW = 0.95, 0.05
"""Share of the items on which the labels may be those of one voter, where the majority is overruled
on more than a few: two near copies among independent voters look like the only two that know."""

ECHOED = 0.3
"""Share of a voter's errors, above the usual, that another must repeat for it to have an echo."""

MUCH = 0.15
"""Share of the items overruled from which on people are told to look."""

FAINTEST = -8.0
"""Log posterior below which a member's opinion counts no further against a class."""

SMOOTH = 0.05
"""Added to shares of votes before their logarithm is taken."""


@dataclass(frozen=True)
class Ensemble:
    """A fitted consensus.

    Parameters
    ----------
    reading : PanelReading
        The fitted members, and the description of the panel.
    seats : Seats
        Who may overrule the majority.
    balance : float array of shape (n_classes,)
        What is believed of an item without votes.
    known : float array of shape (n_classes,) or None
        Class shares that the caller knows.
    copies : dict of int
        Voters that cast the very votes of another, which alone is heard.
    """

    reading: PanelReading
    seats: Seats
    balance: NDArray[np.float64]
    known: NDArray[np.float64] | None = None
    copies: dict[int, int] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        patterns: Patterns,
        events: Events,
        taught: NDArray[np.float64],
        class_balance: ArrayLike | None = None,
    ) -> "Ensemble":
        """Fit on distinct patterns; ``taught`` counts gold by (pattern, class)."""
        part = patterns.thinned(PATTERNS_FITTED, taught.sum(axis=1) > 0)
        taught = taught[np.searchsorted(patterns.key, part.key)]
        twice = copies(part, events)
        part = replace(part, fired=without(part.fired, np.array([*twice], dtype=np.int64), events))
        members = Members.fit(part, events, taught, class_balance)
        reading = PanelReading.of(members)
        total = max(float(patterns.count.sum()), 1.0)
        uncovered = float(patterns.count[~patterns.covered].sum()) / total
        known = None if class_balance is None else np.asarray(class_balance, dtype=np.float64)
        found = cls(
            reading,
            Seats.of(reading, uncovered=uncovered),
            members.pattern_ds.class_balance_,
            None if known is None else known / known.sum(),
            twice,
        )
        if found.seats.kind == "rules" or not found.seats.taken:
            return found
        read = members.patterns
        posterior = found.posterior(read.fired)
        overruled = found.deviates(read, posterior)
        if overruled > MOST_OVERRULED:
            return replace(found, seats=replace(found.seats, taken=(), kind="upside down"))
        if overruled > FEW and found.followed(posterior) > ONE_VOICE:
            return replace(found, seats=replace(found.seats, taken=(), kind="one voice"))
        return found

    def followed(self, posterior: NDArray[np.float64]) -> float:
        """Return how far the labels are those of one voter whose errors another repeats, 0..1."""
        events, patterns = self.reading.members.events, self.reading.members.patterns
        lead = leaders(posterior)
        told = np.asarray(patterns.fired.T @ (patterns.count[:, None] * lead))
        right = told[np.arange(events.n_events), events.label]
        cast = np.bincount(events.voter, self.reading.spoken, events.n_voters)
        same = np.bincount(events.voter, right, events.n_voters) / np.maximum(cast, 1.0)
        echoed = self.reading.alike.max(axis=1, initial=0.0) >= ECHOED
        return float(same[echoed & (cast >= ALWAYS * patterns.count.sum())].max(initial=0.0))

    def posterior(self, fired: sparse.csr_array) -> NDArray[np.float64]:
        """Return posteriors of patterns with a vote, shape (n_patterns, n_classes)."""
        return in_pieces(lambda part: self._read(self.heard(part))[0], fired)

    def beliefs(self, fired: sparse.csr_array) -> NDArray[np.float64]:
        """Return posteriors to judge voters by, shape (n_patterns, n_classes): those of PatternDS.

        The published ones are careful where the panel might mislead; seen through them every voter
        looks worse than it is.
        """
        model = self.reading.members.pattern_ds
        return normalised(model.terms(self.heard(fired)).logit())

    def heard(self, fired: sparse.csr_array) -> sparse.csr_array:
        """Return patterns without the votes of copies."""
        silenced = np.array([*self.copies], dtype=np.int64)
        return without(fired, silenced, self.reading.members.events)

    def statement(self, fired: sparse.csr_array) -> Statement:
        """Return what is said of patterns with a vote, for gold to correct."""
        fired = self.heard(fired)
        posterior, said = self._read(fired)
        opinions = [np.maximum(np.log(np.maximum(said[m], 1e-9)), FAINTEST) for m in MEMBERS]
        share = majority_shares(self.reading.members.heard(fired), self.reading.members.events)
        opinions.append(np.log(share + SMOOTH))
        return Statement(np.log(np.maximum(posterior, 1e-9)), np.stack(opinions, axis=2), fired)

    def _read(
        self, fired: sparse.csr_array
    ) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
        members = self.reading.members
        said = members.read(fired)
        aggregated = aggregate(self.reading, fired, said)
        if self.known is not None:
            aggregated = aggregated + np.log(self.known * len(self.known))
        share = majority_shares(members.counted(fired), members.events)
        posterior = self.seats.settle(share, said, aggregated)
        return self._named(posterior), said

    def _named(self, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
        """Leave hardly anything to classes that no vote names: they are listed, not seen."""
        events = self.reading.members.events
        spoken = np.bincount(events.label, self.reading.spoken, events.n_classes)
        if self.known is not None or spoken.all():
            return posterior
        least = 0.5 / (float(self.reading.members.patterns.count.sum()) + events.n_classes)
        posterior = np.where(spoken > 0, posterior, np.minimum(posterior, least))
        return posterior / posterior.sum(axis=1, keepdims=True)

    def alike(self) -> NDArray[np.float64]:
        """Return how far each two voters are one, 0..1, shape (n_voters, n_voters).

        People and models by the errors they share. Rules for one class share every error on the
        items they share; they are one where they fire together more than the class explains.
        """
        if self.seats.kind != "rules":
            return self.reading.alike
        events = self.reading.members.events
        found = np.zeros((events.n_voters, events.n_voters))
        pairs = sparse.coo_array(self.reading.members.pattern_ds.redundancy_)
        np.maximum.at(found, (events.voter[pairs.row], events.voter[pairs.col]), pairs.data)
        return found

    def deviates(self, patterns: Patterns, posterior: NDArray[np.float64]) -> float:
        """Return the share of the items with votes whose label is not among the majority's leaders."""
        members = self.reading.members
        counted = members.counted(self.heard(patterns.fired))
        share = majority_shares(counted, members.events)
        label = posterior.argmax(axis=1)
        mine = share[np.arange(len(share)), label] < share.max(axis=1, initial=0.0) - 1e-9
        covered = patterns.covered
        total = max(float(patterns.count[covered].sum()), 1.0)
        return float(patterns.count[covered & mine].sum()) / total

    def doubts(self, deviates: float) -> list[str]:
        """Return what speaks against trusting the panel, in plain words."""
        found = [DOUBTS[self.seats.kind]] if self.seats.kind in DOUBTS else []
        panel = self.reading.panel
        if panel[ANSWERED] > 0.5 and self.seats.taken and abs(panel[AGREEMENT]) < -BELOW_CHANCE:
            found.append(
                "the voters agree no more than chance would have it; few of them, or none, know the "
                "answer"
            )
        if deviates > MUCH:
            found.append(
                f"the majority is overruled on {deviates:.0%} of the items; that is right where few "
                f"voters know more than the rest, and wrong where those few err together: review some"
            )
        return found

    def why(self, deviates: float) -> str:
        """Say in plain words who sits, who was dropped, and what came of it."""
        seats = self.seats
        if seats.kind == "below chance":
            return "the voters agree less than chance would have it, so only the majority is left"
        if not seats.taken:
            return "nearly every way of reading the voters ends in one class, so only the majority is left"
        names = _listed([NAMES[name] for name in seats.taken])
        who = ("three in four of " if seats.quorum < 1 else "") + names
        if deviates:
            told = f"{_share(deviates)} of the items with votes are labelled against the majority, where {who} "
            told += "agree" if len(seats.taken) > 1 else "say so"
        else:
            told = f"the labels are the majority's: {who} overrule it nowhere"
        if seats.dropped:
            left = _listed([NAMES[name] for name in seats.dropped])
            told += f"; left out, for they hardly give a class that the votes often name: {left}"
        if seats.kind == "siblings":
            told += "; all must agree, for each voter is repeated by two others or more"
        return told


def in_pieces(
    read: Callable[[sparse.csr_array], NDArray[np.float64]], fired: sparse.csr_array
) -> NDArray[np.float64]:
    """Apply ``read`` to some rows at a time, on every core, and stack what it returns."""

    def piece(start: int) -> NDArray[np.float64]:
        return read(sparse.csr_array(fired[start : start + ROWS_AT_ONCE]))

    starts = range(0, max(fired.shape[0], 1), ROWS_AT_ONCE)
    if len(starts) == 1:
        return piece(0)
    n_threads = min(len(starts), MOST_THREADS, os.cpu_count() or 1)
    # threads of ours, each with as many of BLAS's, would wait for each other three times as long
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(n_threads) as pool:
        return np.concatenate([*pool.map(piece, starts)])


DOUBTS = {
    "one voice": (
        "two voters may be near copies of each other, or one may know far more than the rest: some "
        "reviewed items would tell"
    ),
    "upside down": (
        "most voters may mean another class than they say, or the classes are told apart by few: "
        "review some items before these labels are used"
    ),
    "below chance": (
        "the voters agree less than chance would have it: some of them mean the opposite of what "
        "they say, or they answer different questions; review some items"
    ),
    "siblings": (
        "most voters repeat each other's errors, so their agreement proves little; voters of "
        "another kind, or some reviewed items, would tell"
    ),
}
"""What is to be feared of a kind of panel."""

NAMES = {
    "ibcc": "confusion matrices",
    "ibcc_balance": "confusion matrices with estimated class shares",
    "one_coin": "one coin a voter",
    "pattern_ds": "PatternDS",
    "aggregator": "the trained aggregator",
}
"""Members, as people are told of them."""


def _share(share: float) -> str:
    return "fewer than 1%" if share < 0.005 else f"{share:.0%}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
