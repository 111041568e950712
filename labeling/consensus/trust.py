"""Reasons not to trust a label model, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.counts.posterior import leaders
from labeling.consensus.counts.vote_counts import VoteCounts
from labeling.consensus.ensemble.members import COMMON, LOST, majority_shares
from labeling.consensus.selection import Comparison
from labeling.consensus.voters import Voter
from labeling.counted import counted

MIN_OVERLAP = 30
"""Items with two or more votes below which voters cannot be told apart by their votes."""

ONE_SIDED = 10
"""Reviewed items of a single class from which on it is told."""

DECIDES_ALONE = 0.9
"""Share of the votes from one voter above which the consensus is that voter."""


@dataclass(frozen=True, slots=True)
class Correlated:
    """Two voters that say the same more often than the class explains, 0..1 of what is possible."""

    first: int
    second: int
    share: float


def overlap(patterns: Patterns) -> float:
    """Return the number of items with two or more votes."""
    return float(patterns.count[patterns.n_votes >= 2].sum())


def correlated_voters(
    redundant: sparse.csr_array, events: Events, copied: dict[int, int]
) -> list[Correlated]:
    """List pairs of voters that share events, the most alike first; ``copied`` share all of them."""
    upper = sparse.coo_array(sparse.triu(redundant, 1))
    pairs = {(first, twin): 1.0 for twin, first in copied.items()}
    for e, f, share in zip(upper.row, upper.col, upper.data, strict=True):
        first, second = sorted((int(events.voter[e]), int(events.voter[f])))
        pairs[first, second] = max(pairs.get((first, second), 0.0), float(share))
    found = [Correlated(a, b, share) for (a, b), share in pairs.items()]
    return sorted(found, key=lambda pair: (-pair.share, pair.first, pair.second))


def reasons_for_doubt(
    patterns: Patterns,
    voters: list[Voter],
    correlated: list[Correlated],
    names: list[str],
    compared: Comparison | None,
    published: str,
) -> list[str]:
    """Return warnings, the gravest first; none if nothing speaks against the model."""
    found: list[str] = []
    n_votes = np.array([voter.n_votes for voter in voters])
    total = int(n_votes.sum())
    if not total:
        return ["nobody voted: every item is undecided and has the class prior"]
    if compared is not None and compared.n and compared.model < compared.majority:
        kept = "the majority is published" if published == "majority" else "too close to call"
        found.append(
            f"on {compared.n} gold items that it was not taught the label model is right on "
            f"{compared.model:.0%}, the plain majority on {compared.majority:.0%}: {kept}"
        )
    if compared is not None and compared.n and compared.model < 1 / len(voters[0].confusion):
        found.append(
            f"the labels are right on {compared.model:.0%} of {compared.n} gold items, below chance: "
            f"gold or voters mean other classes than they say"
        )
    active = np.flatnonzero(n_votes)
    if len(active) == 1:
        found.append(f"only {names[active[0]]} voted: its errors cannot be seen, let alone mended")
    elif n_votes.max() > DECIDES_ALONE * total:
        most = int(n_votes.argmax())
        found.append(
            f"{names[most]} casts {n_votes[most] / total:.0%} of the votes and decides nearly "
            f"everything alone; add voters that cover the same items"
        )
    shared = overlap(patterns)
    if shared < MIN_OVERLAP and len(active) > 1:
        found.append(
            f"only {counted(round(shared), 'item has', 'items have')} two votes or more, at least {MIN_OVERLAP} are needed to "
            f"tell good voters from bad; add voters that overlap, or review some items"
        )
    found += never_named(voters) + never_spoke(voters, names)
    if correlated:
        a = correlated[0]
        found.append(
            f"{_pairs(len(correlated))}, most of all {names[a.first]} and {names[a.second]} "
            f"({a.share:.0%}); together each pair counts for little more than one"
        )
    for j, voter in enumerate(voters):
        chance = 1 / len(voter.confusion)
        if voter.gold_accuracy.measured and voter.gold_accuracy.high < chance:
            found.append(
                f"{names[j]} is right on {voter.gold_accuracy.point:.0%} of its gold items, below "
                f"chance; look for a mistake in it"
            )
    return found


def never_named(voters: Sequence[Voter]) -> list[str]:
    """Tell of classes that no vote names."""
    missing = sorted(set(range(len(voters[0].confusion) if voters else 0)) - classes_said(voters))
    if not missing:
        return []
    listed = ", ".join(map(str, missing[:10])) + (" ..." if len(missing) > 10 else "")
    return [f"no vote names class {listed}: it cannot be found"]


def never_spoke(voters: Sequence[Voter], names: Sequence[str]) -> list[str]:
    """Warn of voters without a vote; no warning where there are none."""
    silent = [name for voter, name in zip(voters, names, strict=True) if not voter.n_votes]
    shown = ", ".join(silent[:5]) + (" ..." if len(silent) > 5 else "")
    return [f"{counted(len(silent), 'voter')} never spoke: {shown}"] if silent else []


def lost_classes(patterns: Patterns, events: Events, posterior: NDArray[np.float64]) -> list[str]:
    """Warn of a method that hardly gives a class which the votes often name: it has collapsed."""
    count = patterns.count * patterns.covered
    total = max(float(count.sum()), 1.0)
    named = count @ majority_shares(patterns.fired, events) / total
    given = count @ leaders(posterior) / total
    lost = np.flatnonzero((named > COMMON) & (given < LOST * named))
    return [
        f"the votes name class {k} on {named[k]:.0%} of the items and the labels on {given[k]:.0%}: "
        f"this method has collapsed, take auto"
        for k in lost.tolist()
    ]


def one_sided_gold(counts: VoteCounts, posterior: NDArray[np.float64]) -> list[str]:
    """Warn of gold of one class that is not what the labels are, by :data:`ONE_SIDED` items or more."""
    gold, count = counts.gold, counts.patterns.count
    if gold is None or gold.n_gold < ONE_SIDED or len(np.unique(gold.label)) > 1:
        return []
    only = int(gold.label[0])
    share = np.bincount(posterior.argmax(axis=1), count, counts.events.n_classes) / count.sum()
    told = (
        f"all {gold.n_gold} reviewed items are class {only}, as are {share[only]:.0%} of the labels"
    )
    return [f"{told}: make sure that they were drawn at random"]


def _pairs(n: int) -> str:
    return (
        "one pair of voters repeats itself" if n == 1 else f"{n} pairs of voters repeat each other"
    )


def classes_said(voters: Sequence[Voter]) -> set[int]:
    """Return the classes that anybody names."""
    said: set[int] = set()
    for voter in voters:
        if voter.n_votes:
            said |= set(np.flatnonzero(np.nansum(voter.confusion, axis=0) > 0).tolist())
    return said
