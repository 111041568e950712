"""Events: one voter says one class, at one level of confidence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import VotesError
from labeling.votes import Votes

LEVELS = 4
"""Levels of confidence where they are used: 0 is *not said*, 1 to 3 are thirds from low to high."""


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """The numbering of events for one panel of voters.

    Event ``(voter * n_classes + label) * n_levels + level`` is that voter saying that class with
    that level of confidence. Confidences are cut at the thirds of each voter and class, because
    two voters rarely mean the same by 0.9.

    Parameters
    ----------
    n_voters, n_classes : int
        Sizes.
    cuts : float array of shape (n_voters * n_classes, 2), optional
        Lower and upper third of the confidences, see
        :class:`labeling.consensus.counts.confidences.Confidences`; ``None`` where they are not used.
    """

    n_voters: int
    n_classes: int
    cuts: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, votes: Votes) -> "Events":
        """Return the numbering for ``votes``, whatever their confidences."""
        return cls(votes.n_voters, votes.n_classes)

    def same(self, other: "Events") -> bool:
        """Tell whether two numberings are one."""
        sizes = (self.n_voters, self.n_classes) == (other.n_voters, other.n_classes)
        if self.cuts is None or other.cuts is None:
            return sizes and self.cuts is other.cuts
        return sizes and np.array_equal(self.cuts, other.cuts)

    @property
    def n_levels(self) -> int:
        """Levels of confidence that are told apart."""
        return 1 if self.cuts is None else LEVELS

    @property
    def n_events(self) -> int:
        """Number of events, seen or not."""
        return self.n_voters * self.n_classes * self.n_levels

    @property
    def voter(self) -> NDArray[np.int64]:
        """Who speaks, shape (n_events,)."""
        return np.arange(self.n_events) // (self.n_classes * self.n_levels)

    @property
    def label(self) -> NDArray[np.int64]:
        """What is said, shape (n_events,)."""
        return np.arange(self.n_events) // self.n_levels % self.n_classes

    def index(self, votes: Votes) -> NDArray[np.int64]:
        """Return the event of each vote, shape (n_votes,).

        Raises
        ------
        VotesError
            If the votes come from another panel than the one numbered here.
        """
        if (votes.n_voters, votes.n_classes) != (self.n_voters, self.n_classes):
            raise VotesError(
                f"the model was fitted on {self.n_voters} voters and {self.n_classes} classes, these "
                f"votes have {votes.n_voters} and {votes.n_classes}; keep the same panel, in the same "
                f"order (a voter that is silent in a batch still counts), or fit again"
            )
        cell = votes.voter.astype(np.int64) * self.n_classes + votes.label
        if self.cuts is None:
            return cell
        level = np.zeros(votes.n_votes, dtype=np.int64)
        if votes.confidence is not None:
            said = ~np.isnan(votes.confidence)
            level[said] = 1 + np.sum(votes.confidence[said, None] >= self.cuts[cell[said]], axis=1)
        return cell * LEVELS + level
