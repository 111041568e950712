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
        Which unit (:mod:`labeling.kinds.units`), ``0 .. n_items - 1`` of the votes it goes with; each
        at most once.
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
        item, count = np.unique(self.item, return_counts=True)
        if len(item) != len(self.item):
            again = item[count > 1]
            raise GoldError(
                f"item {again[0]} stands {count.max()} times in gold, {len(again)} items stand more "
                f"than once; settle their reviews first"
            )
        if self.probability is None:
            return
        if len(self.probability) != len(self.item):
            raise GoldError(
                f"gold has {len(self.item)} items but {len(self.probability)} inclusion probabilities"
            )
        wrong = ~((self.probability > 0) & (self.probability <= 1))
        if wrong.any():
            at = int(np.argmax(wrong))
            raise GoldError(
                f"gold item {self.item[at]} has inclusion probability {self.probability[at]}, but "
                f"they lie above 0 and up to 1; {int(wrong.sum())} such items in all"
            )

    @property
    def n_gold(self) -> int:
        """Number of reviewed items."""
        return len(self.item)

    def of(self, kept: NDArray[np.bool_]) -> "Gold":
        """Return the gold of some items, renumbered from 0; ``kept`` has shape (n_items,)."""
        place, keep = np.cumsum(kept) - 1, kept[self.item]
        share = None if self.probability is None else self.probability[keep]
        return Gold(place[self.item[keep]].astype(np.int64), self.label[keep], share)
