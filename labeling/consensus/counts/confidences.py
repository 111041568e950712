"""How often each voter was how sure: what confidences are cut into thirds by."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.counts.events import Events
from labeling.errors import VotesError
from labeling.votes import Votes


@dataclass(frozen=True, slots=True, eq=False)
class Confidences:
    """The distinct confidences of some votes, by voter and class.

    Parameters
    ----------
    n_voters, n_classes : int
        Sizes; a vote is of group ``voter * n_classes + label``.
    n_covered : int
        Items that any vote is about.
    group : int array of shape (n,)
        In rising order.
    value : float array of shape (n,)
        Confidences, 0..1, in rising order within their group, each once.
    count : int array of shape (n,)
        Votes that stated them.
    """

    n_voters: int
    n_classes: int
    n_covered: int
    group: NDArray[np.int64]
    value: NDArray[np.float64]
    count: NDArray[np.int64]

    @classmethod
    def of(cls, votes: Votes) -> Self:
        """Count the confidences of ``votes``; none where they have no confidence."""
        n_covered = int(np.count_nonzero(np.bincount(votes.item)))
        sizes = votes.n_voters, votes.n_classes, n_covered
        none = np.empty(0, dtype=np.int64)
        if votes.confidence is None:
            return cls(*sizes, none, np.empty(0), none)
        said = ~np.isnan(votes.confidence)
        group = (votes.voter.astype(np.int64) * votes.n_classes + votes.label)[said]
        ones = np.ones(len(group), dtype=np.int64)
        return cls(*sizes, *_distinct(group, votes.confidence[said], ones))

    def merge(self, *others: Self) -> Self:
        """Return the confidences of all votes together; parts are of different items.

        Examples
        --------
        >>> one, other = (Votes(np.arange(3), np.zeros(3, np.int32), np.zeros(3, np.int32), 3, 1, 2,
        ...     np.array(sure)) for sure in ([0.1, 0.5, 0.9], [0.5, 0.7, np.nan]))
        >>> both = Confidences.of(one).merge(Confidences.of(other))
        >>> both.value.tolist(), both.count.tolist(), both.n_covered
        ([0.1, 0.5, 0.7, 0.9], [1, 2, 1, 1], 6)

        Raises
        ------
        VotesError
            If they are of different panels.
        """
        parts = (self, *others)
        panels = sorted({(part.n_voters, part.n_classes) for part in parts})
        if len(panels) > 1:
            raise VotesError(
                f"parts of one panel have the same voters and classes, these have "
                f"{' and '.join(f'{voters} voters, {classes} classes' for voters, classes in panels)}"
            )
        columns = ([getattr(p, name) for p in parts] for name in ("group", "value", "count"))
        found = _distinct(*(np.concatenate(column) for column in columns))
        n_covered = sum(part.n_covered for part in parts)
        return type(self)(self.n_voters, self.n_classes, n_covered, *found)

    def events(self, *, used: bool) -> Events:
        """Return the numbering of votes with these confidences, and thirds where they are used."""
        return Events(
            self.n_voters, self.n_classes, self.thirds() if used and len(self.value) else None
        )

    def thirds(self) -> NDArray[np.float64]:
        """Return the lower and upper third of each group, shape (n_groups, 2); inf without any."""
        n_groups = self.n_voters * self.n_classes
        size = np.bincount(self.group, self.count, n_groups).astype(np.int64)
        start = np.cumsum(size) - size
        upto = np.cumsum(self.count)
        cuts = np.full((n_groups, 2), np.inf)
        some = size > 0
        for column, third in enumerate((1, 2)):
            wanted = (start + size * third // 3)[some]
            cuts[some, column] = self.value[np.searchsorted(upto, wanted, side="right")]
        return cuts


def _distinct(
    group: NDArray[np.int64], value: NDArray[np.float64], count: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Sort by group and value, and add up what stands more than once."""
    order = np.lexsort((value, group))
    group, value, count = group[order], value[order], count[order]
    new = np.ones(len(group), dtype=np.bool_)
    new[1:] = (group[1:] != group[:-1]) | (value[1:] != value[:-1])
    first = np.flatnonzero(new)
    total = np.add.reduceat(count, first) if len(first) else count
    return group[first], value[first], total
