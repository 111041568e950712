"""Majority vote: the baseline that everything else has to beat."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from labeling.consensus.counts.posterior import checked_balance, most_probable
from labeling.votes import Votes


class Majority:
    """One voter, one vote.

    ``p_ik`` is the share of the item's votes that say class ``k``; an item without votes has the
    class prior.

    Parameters
    ----------
    n_classes : int
        Number of classes, at least 2.
    class_balance : float array of shape (n_classes,), optional
        Prior used where nobody voted; uniform by default.

    Attributes
    ----------
    class_balance_ : float array of shape (n_classes,)
        The prior.

    Examples
    --------
    >>> votes = Votes.from_matrix([[0, 0, 1], [1, -1, -1], [-1, -1, -1]], n_classes=2)
    >>> Majority(2).fit(votes).predict(votes).tolist()
    [0, 1, -1]
    """

    class_balance_: NDArray[np.float64]

    def __init__(self, n_classes: int, *, class_balance: ArrayLike | None = None) -> None:
        self.n_classes = n_classes
        self.class_balance = class_balance

    def fit(self, votes: Votes) -> Self:
        """Learn nothing; a majority has nothing to learn."""
        del votes
        self.class_balance_ = checked_balance(self.class_balance, self.n_classes)
        return self

    def predict_proba(self, votes: Votes) -> NDArray[np.float64]:
        """Return the shares, shape (n_items, n_classes)."""
        share = vote_counts(votes)
        total = share.sum(axis=1, keepdims=True)
        share /= np.maximum(total, 1.0)
        share[total[:, 0] == 0] = self.class_balance_
        return share

    def predict(self, votes: Votes) -> NDArray[np.int64]:
        """Return the class with most votes, -1 for a tie and where nobody voted."""
        return most_probable(vote_counts(votes))


def vote_counts(votes: Votes, weight: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return votes by item and class, shape (n_items, n_classes), each weighted by its voter."""
    worth = np.ones(votes.n_votes) if weight is None else weight[votes.voter]
    table = sparse.coo_array(
        (worth, (votes.item, votes.label)), shape=(votes.n_items, votes.n_classes)
    )
    return table.toarray()
