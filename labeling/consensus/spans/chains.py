"""Chains of unequal length, worked through in step: forward-backward and the best path."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Chains:
    """Places that stand in chains; every chain begins after, and ends before, the outside state 0.

    Parameters
    ----------
    steps : list of int array
        The first places of all chains, the second places of those that have one, and so on.
    last : bool array of shape (n_places,)
        Whether a place ends its chain.
    """

    steps: list[NDArray[np.int64]]
    last: NDArray[np.bool_]

    @classmethod
    def of(cls, joined: NDArray[np.bool_]) -> "Chains":
        """Make chains of places in a row, given which go on with the one before.

        Examples
        --------
        >>> [step.tolist() for step in Chains.of(np.array([False, True, False])).steps]
        [[0, 2], [1]]
        """
        n = len(joined)
        first = np.maximum.accumulate(np.where(joined, 0, np.arange(n)))
        rank = np.arange(n) - first
        by_rank = np.argsort(rank, kind="stable")
        steps = np.split(by_rank, np.cumsum(np.bincount(rank, minlength=1))[:-1])
        return cls(steps, np.append(~joined[1:], True)[:n])

    def posterior(
        self, likelihood: NDArray[np.float64], move: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the posteriors of the states and how often each move is made.

        Rabiner (1989), *Proceedings of the IEEE* 77(2), with scaled probabilities.

        Parameters
        ----------
        likelihood : float array of shape (n_places, n_states)
            Of what is seen at each place, up to a factor for each place.
        move : float array of shape (n_states, n_states)
            Probability of the next state (column) given this one (row).

        Returns
        -------
        posterior : float array of shape (n_places, n_states)
        moves : float array of shape (n_states, n_states)
            Expected numbers, from and to the outside included.
        """
        ahead, back = np.empty_like(likelihood), np.empty_like(likelihood)
        for rank, at in enumerate(self.steps):
            come = ahead[at - 1] @ move if rank else np.tile(move[0], (len(at), 1))
            ahead[at] = come * likelihood[at]
            ahead[at] /= ahead[at].sum(axis=1, keepdims=True)
        for at in reversed(self.steps):
            leave = np.tile(move[:, 0], (len(at), 1))
            on = ~self.last[at]
            after = at[on] + 1
            leave[on] = (back[after] * likelihood[after]) @ move.T
            back[at] = leave / leave.sum(axis=1, keepdims=True)
        posterior = ahead * back
        posterior /= posterior.sum(axis=1, keepdims=True)
        first, later = self.steps[0], np.flatnonzero(~self.last)
        pair = ahead[later][:, :, None] * move * (back * likelihood)[later + 1][:, None, :]
        moves = (pair / pair.sum(axis=(1, 2), keepdims=True)).sum(axis=0)
        moves[0] += posterior[first].sum(axis=0)
        moves[:, 0] += posterior[self.last].sum(axis=0)
        return posterior, moves

    def moves(self, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how often each move is made if neighbours are independent of each other."""
        later = np.flatnonzero(~self.last)
        moves = posterior[later].T @ posterior[later + 1]
        moves[0] += posterior[self.steps[0]].sum(axis=0)
        moves[:, 0] += posterior[self.last].sum(axis=0)
        return moves

    def best_path(
        self, log_likelihood: NDArray[np.float64], log_move: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Return the states that are together most probable (Viterbi), shape (n_places,)."""
        score = np.empty_like(log_likelihood)
        came = np.zeros(log_likelihood.shape, dtype=np.int64)
        for rank, at in enumerate(self.steps):
            if rank:
                reach = score[at - 1][:, :, None] + log_move
                came[at] = reach.argmax(axis=1)
                score[at] = reach.max(axis=1) + log_likelihood[at]
            else:
                score[at] = log_move[0] + log_likelihood[at]
        path = np.zeros(len(score), dtype=np.int64)
        for at in reversed(self.steps):
            ends = self.last[at]
            path[at[ends]] = (score[at[ends]] + log_move[:, 0]).argmax(axis=1)
            on = at[~ends]
            path[on] = came[on + 1, path[on + 1]]
        return path
