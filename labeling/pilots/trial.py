"""What candidates said of the items that a pilot met, and what people said of some of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_ANSWER = -1
"""The candidate was asked and named nothing that counts: it refused, or could not be read."""

NOT_ASKED = -2
"""The candidate came later, or was out of the running by then."""

UNKNOWN = -1
"""Nobody said what is right, or those who did are divided."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Items in the order they were met, each drawn at random from what models are to be asked about.

    Parameters
    ----------
    answers : int array of shape (n_items, n_candidates)
        Number of each answer; equal answers about an item have equal numbers, from 0 on. Else
        :data:`NO_ANSWER` or :data:`NOT_ASKED`.
    gold : int array of shape (n_items,)
        What people said, numbered as ``answers`` are; or :data:`UNKNOWN`.
    probability : float array of shape (n_items,)
        Chance, in (0, 1], with which people were to be asked, told before chance decided.
    chosen : bool array of shape (n_items,)
        Whether they were to be asked.
    share : float array of shape (n_items, n_candidates)
        What each candidate weighed in ``probability``, as shares told before the item was met: see
        :func:`labeling.pilots.drawing.chances`.
    """

    answers: NDArray[np.int64]
    gold: NDArray[np.int64]
    probability: NDArray[np.float64]
    chosen: NDArray[np.bool_]
    share: NDArray[np.float64]

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Items that tell something: those that people answered, and those they were not asked about."""
        return ~self.chosen | (self.gold != UNKNOWN)

    @property
    def asked(self) -> NDArray[np.bool_]:
        """Which candidate was asked about which item, shape (n_items, n_candidates)."""
        return self.answers != NOT_ASKED

    @property
    def weight(self) -> NDArray[np.float64]:
        """What each item stands for, shape (n_items,): 0 where people were not asked."""
        return np.where(self.chosen & (self.gold != UNKNOWN), 1 / self.probability, 0.0)

    def right(self) -> NDArray[np.float64]:
        """Return who was right, each item weighed by what it stands for; shape (n_items, n_candidates).

        Its mean is the accuracy on all items that models are to be asked about: no answer counts as
        wrong, and what people were not asked about as 0, as the weights of the others make up for it
        (Horvitz & Thompson 1952, J. Am. Stat. Assoc. 47, 663-685).

        Examples
        --------
        >>> trial = Trial(np.array([[0, 1], [0, 0]]), np.array([1, -1]), np.array([1.0, 0.5]),
        ...     np.array([True, False]), np.full((2, 2), 0.5))
        >>> trial.right().tolist()
        [[0.0, 1.0], [0.0, 0.0]]
        """
        return self.weight[:, None] * (self.answers == self.gold[:, None])
