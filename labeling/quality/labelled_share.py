"""Has a batch far fewer labels than earlier ones, beyond chance?

How many items get a label is no fault by itself: rules that speak of a third of the items are how
weak supervision begins. A share that breaks down where it was good before is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from labeling.errors import LabelingError

BY_CHANCE = 1e-3
"""Largest chance of a false alarm where the true share lies at the limit."""

LOOKS_BACK = 20
"""Earlier batches that count, the newest."""

ENOUGH_ITEMS = 20
"""Items from which on an earlier batch tells what is usual."""


@dataclass(frozen=True, slots=True)
class LabelledShare:
    """The share of a batch's items that have a label, beside that of earlier ones.

    Attributes
    ----------
    share : float
        Of the batch, 0..1.
    usual : float or None
        Median of the earlier batches; ``None`` where none has :data:`ENOUGH_ITEMS`.
    limit : float
        Below this the share is far below the usual one, 0..1; 0 where nothing is usual.
    chance : float
        Of so few labels or fewer, were the true share at the limit.
    """

    share: float
    usual: float | None
    limit: float
    chance: float

    @property
    def fell(self) -> bool:
        """Whether the share is below the limit, and chance does not explain it."""
        return self.share < self.limit and self.chance < BY_CHANCE


def labelled_share(
    labelled: int, items: int, earlier: Sequence[tuple[int, int]], fall: float = 0.5
) -> LabelledShare:
    """Compare the share of labelled items with what was usual.

    Parameters
    ----------
    labelled, items : int
        Of the batch; ``0 <= labelled <= items``.
    earlier : sequence of (int, int)
        The same of earlier batches, in the order of time.
    fall : float
        Part of the usual share that may be lost, 0..1; 1 lets all go.

    Returns
    -------
    LabelledShare

    Raises
    ------
    LabelingError
        If more items are labelled than there are.

    Notes
    -----
    Exact binomial tail (Clopper & Pearson 1934, Biometrika 26(4)) at the limit. The median keeps
    one odd batch, and a batch that fell before, from setting what is usual.

    Examples
    --------
    >>> labelled_share(10, 200, [(180, 200), (150, 180)]).fell
    True
    >>> labelled_share(0, 4, [(180, 200), (150, 180)]).fell
    False
    """
    if not 0 <= labelled <= items:
        raise LabelingError(f"{labelled} of {items} items cannot be labelled")
    shares = [n / of for n, of in earlier[-LOOKS_BACK:] if of >= ENOUGH_ITEMS]
    share = labelled / items if items else 0.0
    if not shares or not items:
        return LabelledShare(share, None, 0.0, 1.0)
    usual = float(np.median(shares))
    limit = usual * (1 - fall)
    return LabelledShare(share, usual, limit, float(binom.cdf(labelled, items, limit)))
