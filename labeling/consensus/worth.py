"""What each voter is worth to a panel: how many independent ones it amounts to, and who can go."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.ensemble.copies import without

PATTERNS_READ = 4_000
"""Patterns that are read again without a voter."""

SIBLINGS = 0.5
"""Share of the errors in common, above the usual, from which on two voters are called siblings."""

WITHIN = 0.005
"""Expected accuracy that a smaller panel may cost: half a point."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What one voter is worth.

    Parameters
    ----------
    votes : int
        Votes it cast.
    worth : float
        What one vote of it counts beside its siblings, 0..1.
    siblings : list of int
        Voters that repeat its errors, or its very votes.
    lost : float
        Expected accuracy that is lost without its votes, 0..1, as the consensus itself believes;
        an item that is left without a vote is right by chance. Below 0 where it does harm.
    """

    votes: int
    worth: float
    siblings: list[int]
    lost: float


@dataclass(frozen=True, slots=True)
class PanelWorth:
    """What a panel is worth.

    Parameters
    ----------
    effective : float
        Independent voters that it amounts to.
    voters : list of Worth
        One each.
    kept : list of int
        Fewer voters whose labels cost at most :data:`WITHIN`, the most useful first.
    cost : float
        Expected accuracy that they cost, 0..1.
    """

    effective: float
    voters: list[Worth]
    kept: list[int]
    cost: float


def panel_worth(
    read: Callable[[sparse.csr_array], NDArray[np.float64]],
    patterns: Patterns,
    events: Events,
    alike: NDArray[np.float64],
    copies: dict[int, int],
) -> PanelWorth:
    """Take voters away, one by one and then together, and see what becomes of the labels.

    Parameters
    ----------
    read : callable
        Posteriors, shape (n, n_classes), of n patterns with a vote.
    patterns, events : Patterns, Events
        What was said.
    alike : float array of shape (n_voters, n_voters)
        See :func:`labeling.consensus.ensemble.siblings.shared_errors`.
    copies : dict of int
        Voters that cast the very votes of another.

    Notes
    -----
    Voters are dropped in the order of what is lost without them, each for good if the labels of the
    rest stay within :data:`WITHIN`: backward elimination.
    """
    part = patterns.with_votes()
    part = part.thinned(PATTERNS_READ, np.zeros(part.n_patterns, dtype=np.bool_))
    cast = np.bincount(events.voter, np.asarray(patterns.fired.T @ patterns.count), events.n_voters)
    believed = read(part.fired)
    best = believed.max(axis=1, initial=0.0)
    total = max(float(part.count.sum()), 1.0)

    def lost(silenced: list[int]) -> float:
        fired = without(part.fired, np.array(silenced, dtype=np.int64), events)
        right = np.full(len(best), 1.0 / events.n_classes)
        heard = np.flatnonzero(np.diff(fired.indptr))
        label = read(sparse.csr_array(fired[heard])).argmax(axis=1)
        right[heard] = believed[heard, label]
        return float(part.count @ (best - right)) / total

    active = np.flatnonzero(cast > 0).tolist()
    alone = {j: 0.0 if j in copies else lost([j]) for j in active}
    gone: list[int] = []
    cost = 0.0
    for j in sorted(active, key=lambda j: (alone[j], -j)):
        now = lost([*gone, j]) if len(gone) + 1 < len(active) else 1.0
        if now <= WITHIN:
            gone.append(j)
            cost = now
    kept = sorted(set(active) - set(gone), key=lambda j: (-alone[j], j))
    worth = np.array([0.0 if j in copies else 1.0 for j in range(events.n_voters)])
    worth /= 1.0 + alike.sum(axis=1)
    same = alike >= SIBLINGS
    for twin, first in copies.items():
        same[twin, first] = same[first, twin] = True
    voters = [
        Worth(
            round(float(cast[j])),
            float(worth[j]),
            np.flatnonzero(same[j]).tolist(),
            alone.get(j, 0.0),
        )
        for j in range(events.n_voters)
    ]
    return PanelWorth(float(worth[active].sum()), voters, kept, cost)
