"""All that a label model learns from: counts that are made part by part and merged.

Items stay where they are. A part of a million votes becomes its patterns with their counts, and
its reviewed items by the patterns that they have.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import Patterns, compress
from labeling.errors import GoldError, VotesError
from labeling.gold import Gold
from labeling.votes import Votes


@dataclass(frozen=True, slots=True, eq=False)
class GoldCounts:
    """Reviewed items, each told by what was said of it.

    Parameters
    ----------
    place : int array of shape (n_gold,)
        Where each stands among the reviewed items of all parts, in rising order.
    key : uint64 array of shape (n_gold,)
        Hashes of their patterns.
    label : int array of shape (n_gold,)
        Their reviewed classes.
    probability : float array of shape (n_gold,), optional
        See :class:`labeling.gold.Gold`.
    """

    place: NDArray[np.int64]
    key: NDArray[np.uint64]
    label: NDArray[np.int32]
    probability: NDArray[np.float64] | None

    @property
    def n_gold(self) -> int:
        """Number of reviewed items."""
        return len(self.label)

    def rows(self, patterns: Patterns) -> NDArray[np.int64]:
        """Return the pattern of each reviewed item; all of them must be among ``patterns``."""
        return np.searchsorted(patterns.key, self.key)

    def merge(self, *others: Self) -> Self:
        """Return all of them, in their places.

        Raises
        ------
        GoldError
            If two stand in one place, or some were drawn at random and others were not.
        """
        parts = (self, *others)
        if len({part.probability is None for part in parts}) > 1:
            raise GoldError(
                "some parts have gold with inclusion probabilities and some without; give all of "
                "it, or none, its probability"
            )
        place = np.concatenate([part.place for part in parts])
        order = np.argsort(place)
        twice = np.flatnonzero(np.diff(place[order]) == 0)
        if len(twice):
            raise GoldError(
                f"two reviewed items stand in place {place[order[twice[0]]]}; number them over all "
                f"parts ({len(twice)} such places in all)"
            )
        chance = [part.probability for part in parts if part.probability is not None]
        return type(self)(
            place[order],
            np.concatenate([part.key for part in parts])[order],
            np.concatenate([part.label for part in parts])[order],
            np.concatenate(chance)[order] if chance else None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class VoteCounts:
    """Counts of some votes.

    Parameters
    ----------
    events : Events
        The numbering that they were counted by.
    patterns : Patterns
        What was said of how many items.
    gold : GoldCounts or None
        Which of these are reviewed.
    """

    events: Events
    patterns: Patterns
    gold: GoldCounts | None = None

    @property
    def taught(self) -> NDArray[np.float64]:
        """How often gold gives each pattern each class, shape (n_patterns, n_classes)."""
        found = np.zeros((self.patterns.n_patterns, self.events.n_classes))
        if self.gold is not None:
            np.add.at(found, (self.gold.rows(self.patterns), self.gold.label), 1.0)
        return found

    def merge(self, *others: Self) -> Self:
        """Return the counts of all items together: the same bytes whoever counted which of them.

        Examples
        --------
        >>> votes = [Votes.from_matrix(rows, 2) for rows in ([[0, 1], [1, 1]], [[0, 1], [-1, 1]])]
        >>> one, other = (count_votes(part, Events(2, 2))[0] for part in votes)
        >>> one.merge(other).patterns.n_patterns
        3

        Raises
        ------
        VotesError
            If they were counted by different numberings.
        GoldError
            If their gold does not go together, see :meth:`GoldCounts.merge`.
        """
        if any(not self.events.same(other.events) for other in others):
            raise VotesError(
                "these votes were counted by different panels, classes or thirds of confidences; "
                "count all parts by one numbering"
            )
        gold = [part.gold for part in (self, *others) if part.gold is not None]
        return type(self)(
            self.events,
            self.patterns.merge(*(other.patterns for other in others)),
            gold[0].merge(*gold[1:]) if gold else None,
        )


def count_votes(
    votes: Votes,
    events: Events,
    gold: Gold | None = None,
    place: NDArray[np.int64] | None = None,
) -> tuple[VoteCounts, NDArray[np.int64]]:
    """Count ``votes``; return the counts and the pattern of each item, shape (n_items,).

    Parameters
    ----------
    votes : Votes
    events : Events
        One numbering for all parts.
    gold : Gold, optional
        Of items of ``votes``.
    place : int array of shape (n_gold,), optional
        Where its items stand among those of all parts: any numbers that do not depend on how the
        items were parted. By default the order in ``gold``, which is right where that is all of it.

    Raises
    ------
    VotesError
        If the votes come from another panel than the one numbered.
    GoldError
        If gold names an item or class that does not exist, or places do not fit.
    """
    patterns, of_item = compress(votes, events)
    if gold is None or not gold.n_gold:
        return VoteCounts(events, patterns), of_item
    _check(gold, votes)
    place = np.arange(gold.n_gold) if place is None else place
    if len(place) != gold.n_gold:
        raise GoldError(f"there are {gold.n_gold} reviewed items but {len(place)} places for them")
    key = patterns.key[of_item[gold.item]]
    counted = GoldCounts(place, key, gold.label, gold.probability)
    return VoteCounts(events, patterns, counted.merge()), of_item


def _check(gold: Gold, votes: Votes) -> None:
    for name, index, size in (
        ("item", gold.item, votes.n_items),
        ("class", gold.label, votes.n_classes),
    ):
        wrong = (index < 0) | (index >= size)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise GoldError(
                f"gold row {at} names {name} {index[at]}, but it runs 0..{size - 1}; "
                f"{int(wrong.sum())} such rows in all"
            )
