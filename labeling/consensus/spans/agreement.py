"""How far two sets of spans of the same items agree: F1 of exact spans, and its error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.spans.keys import places
from labeling.spans import Spans


@dataclass(frozen=True, eq=False)
class Counts:
    """Exact spans in common and in all, by item.

    Parameters
    ----------
    both : float array of shape (n_items,)
        Spans with the same start, end and type in both sets.
    all : float array of shape (n_items,)
        Spans of one set and of the other, added up.
    """

    both: NDArray[np.float64]
    all: NDArray[np.float64]

    @classmethod
    def of(cls, one: Spans, other: Spans) -> "Counts":
        """Compare two sets of the same items, none of which holds a span twice.

        Examples
        --------
        >>> one = Spans.of([(0, 0, 5, 0), (1, 0, 5, 0)], n_items=2, n_types=1)
        >>> other = Spans.of([(0, 0, 5, 0), (1, 0, 4, 0)], n_items=2, n_types=1)
        >>> Counts.of(one, other).f1()
        0.5
        """
        stretch = max(one.stretch, other.stretch)
        same = places(one.key(stretch), np.sort(other.key(stretch))) >= 0
        n = one.n_items
        both = np.bincount(one.item[same], minlength=n)
        total = np.bincount(one.item, minlength=n) + np.bincount(other.item, minlength=n)
        return cls(both.astype(np.float64), total.astype(np.float64))

    def f1(self) -> float:
        """Return F1, 0..1; 1 where neither set has a span."""
        total = float(self.all.sum())
        return 2 * float(self.both.sum()) / total if total else 1.0

    def gain_over(self, other: "Counts") -> tuple[float, float]:
        """Return how much greater F1 is, and the standard error of that, by the jackknife over items.

        Efron (1982), *The Jackknife, the Bootstrap and Other Resampling Plans*, SIAM.
        """
        n = len(self.both)
        if n < 2:
            return 0.0, float("inf")
        without = self.without_each() - other.without_each()
        error = np.sqrt((n - 1) / n * np.sum((without - without.mean()) ** 2))
        return self.f1() - other.f1(), float(error)

    def without_each(self) -> NDArray[np.float64]:
        """Return F1 without each of the items, shape (n_items,)."""
        both, total = self.both.sum() - self.both, self.all.sum() - self.all
        return np.divide(2 * both, total, out=np.ones_like(both), where=total > 0)
