"""Unique vote patterns with counts: rows that say the same cost once.

An *event* is one voter saying one class, at one level of confidence. A *pattern* is the set of
events of an item. A million items have a few thousand patterns, and nothing in a label model
depends on an item but through its pattern.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.votes import Votes


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """The distinct patterns of some votes.

    Parameters
    ----------
    fired : sparse array of shape (n_patterns, n_events)
        1 where the pattern holds the event.
    count : float array of shape (n_patterns,)
        How many items have the pattern; a weight, so it need not be whole.
    key : uint64 array of shape (n_patterns,)
        Hash of each pattern, in rising order.
    """

    fired: sparse.csr_array
    count: NDArray[np.float64]
    key: NDArray[np.uint64]

    @property
    def n_patterns(self) -> int:
        """Number of distinct patterns."""
        return len(self.count)

    @property
    def n_votes(self) -> NDArray[np.int64]:
        """Votes in each pattern, shape (n_patterns,)."""
        return np.diff(self.fired.indptr).astype(np.int64)

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Whether a pattern holds any vote, shape (n_patterns,)."""
        return self.n_votes > 0

    def rows(self, at: NDArray[np.int64] | NDArray[np.bool_]) -> "Patterns":
        """Return some of the patterns, in the order they stand in."""
        return Patterns(self.fired[at], self.count[at], self.key[at])

    def with_votes(self) -> "Patterns":
        """Return the patterns that hold a vote."""
        kept = self.covered
        return self if kept.all() else self.rows(kept)

    def merge(self, *others: "Patterns") -> "Patterns":
        """Return the patterns of all items together, as if they had been counted at once.

        Counts that are whole add up without an error, and patterns stand in the order of their
        hashes: whoever counted what, and in whatever order, the same bytes come out. All must have
        been counted by the same events.

        Examples
        --------
        >>> votes = [Votes.from_matrix(rows, 2) for rows in ([[0, 1], [1, 1]], [[0, 1], [-1, 1]])]
        >>> events = Events(2, 2)
        >>> one, other = (compress(part, events)[0] for part in votes)
        >>> sorted(one.merge(other).count.tolist())
        [1.0, 1.0, 2.0]
        """
        if not others:
            return self
        parts = (self, *others)
        key, first, place = np.unique(
            np.concatenate([part.key for part in parts]), return_index=True, return_inverse=True
        )
        counted = np.concatenate([part.count for part in parts])
        count = np.asarray(np.bincount(place, counted, len(key)), dtype=np.float64)
        fired = sparse.vstack([part.fired for part in parts], format="csr")
        return Patterns(sparse.csr_array(fired[first]), count, key)

    def thinned(self, limit: int, keep: NDArray[np.bool_]) -> "Patterns":
        """Return about ``limit`` patterns that stand for all of them, or all if there are fewer.

        The commonest half of ``limit`` is kept, and what ``keep`` marks; of the rest every pattern
        is kept whose hash falls under a line, and counts for those that are not
        (Horvitz-Thompson), so sums over patterns stay unbiased and do not depend on the order of
        the items.
        """
        if self.n_patterns <= limit:
            return self
        # sorting 16-bit numbers is a radix sort; so few patterns are commoner than that
        rarity = (65535 - np.minimum(self.count, 65535)).astype(np.uint16)
        rank = np.argsort(rarity, kind="stable")
        certain = keep.copy()
        certain[rank[: limit // 2]] = True
        rare = np.flatnonzero(~certain)
        n_drawn = limit - limit // 2
        if len(rare) <= n_drawn:
            return self
        drawn = rare[np.argpartition(self.key[rare] * _MIX, n_drawn)[:n_drawn]]
        count = self.count.copy()
        count[drawn] *= float(self.count[rare].sum() / self.count[drawn].sum())
        certain[drawn] = True
        part = np.flatnonzero(certain)
        return Patterns(self.fired[part], count[part], self.key[part])


def compress(votes: Votes, events: Events) -> tuple[Patterns, NDArray[np.int64]]:
    """Find the distinct patterns of ``votes``, and the pattern of each item, shape (n_items,).

    Every event has a random 64-bit number and a pattern is the sum of its events' numbers, so two
    different patterns among a million are taken for one with odds below 1 in 10 million.

    Examples
    --------
    >>> votes = Votes.from_matrix([[0, 1], [-1, 1], [0, 1]], n_classes=2)
    >>> patterns, of_item = compress(votes, Events.of(votes))
    >>> patterns.n_patterns, patterns.count[of_item].tolist()
    (2, [2.0, 1.0, 2.0])
    """
    item, event = votes.item, events.index(votes)
    if len(item) and bool(np.any(item[1:] < item[:-1])):
        order = np.argsort(item, kind="stable")
        item, event = item[order], event[order]
    per_item = np.bincount(item, minlength=votes.n_items)
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(per_item)])
    spoken = np.flatnonzero(per_item)
    key = np.zeros(votes.n_items, dtype=np.uint64)
    if len(spoken):
        key[spoken] = np.add.reduceat(_random_numbers(events.n_events)[event], start[spoken])
    order = np.argsort(key)
    in_order = key[order]
    is_new = np.ones(len(key), dtype=np.bool_)
    is_new[1:] = in_order[1:] != in_order[:-1]
    first = order[is_new]
    of_item = np.empty(len(key), dtype=np.int64)
    of_item[order] = np.cumsum(is_new) - 1
    count = np.diff(np.append(np.flatnonzero(is_new), len(key)))
    length = per_item[first]
    indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(length)])
    shift: NDArray[np.int64] = np.repeat(start[first] - indptr[:-1], length)
    columns = event[np.arange(len(shift)) + shift]
    narrow = sparse.get_index_dtype(maxval=max(len(columns), events.n_events))
    fired = sparse.csr_array(
        (np.ones(len(columns)), columns.astype(narrow), indptr.astype(narrow)),
        shape=(len(first), events.n_events),
    )
    fired.sort_indices()
    return Patterns(fired, count.astype(np.float64), in_order[is_new]), of_item


_MIX = np.uint64(0x9E3779B97F4A7C15)


def _random_numbers(n: int) -> NDArray[np.uint64]:
    """Return a fixed, well mixed number for each event (splitmix64, Steele et al. 2014)."""
    z = np.arange(1, n + 1, dtype=np.uint64) * _MIX
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z
