"""Gold: what people settled on, and how its items came to be reviewed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import GoldError


@dataclass(frozen=True, slots=True, eq=False)
class Gold:
    """Reviewed labels of some of the items.

    Parameters
    ----------
    item : int array of shape (n_gold,)
        Which item, ``0 .. n_items - 1`` of the votes it goes with; each at most once.
    label : int array of shape (n_gold,)
        The class that reviews settled on, ``0 .. n_classes - 1``.
    probability : float array of shape (n_gold,), optional
        Inclusion probability of the item in the sample, in (0, 1]. ``None`` where the items were
        *not* drawn at random with known probabilities (a learning queue): such gold may teach
        voters, and is refused wherever something is measured.

    Raises
    ------
    GoldError
        If lengths differ, an item stands twice or a probability lies outside (0, 1].

    Examples
    --------
    >>> Gold(np.array([4, 7]), np.array([0, 1])).n_gold
    2
    """

    item: NDArray[np.int64]
    label: NDArray[np.int32]
    probability: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if len(self.item) != len(self.label):
            raise GoldError(f"gold has {len(self.item)} items but {len(self.label)} labels")
        if len(np.unique(self.item)) != len(self.item):
            raise GoldError("an item stands more than once in gold; settle its reviews first")
        if self.probability is not None:
            p = self.probability
            if len(p) != len(self.item) or not bool(np.all((p > 0) & (p <= 1))):
                raise GoldError("inclusion probabilities lie in (0, 1], one for each gold item")

    @property
    def n_gold(self) -> int:
        """Number of reviewed items."""
        return len(self.item)
