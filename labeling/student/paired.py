"""Is B better than A? Both judged on the same gold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from labeling.errors import GoldError, LabelingError
from labeling.gold import Gold


@dataclass(frozen=True, slots=True)
class Paired:
    """Accuracy of B minus accuracy of A.

    Attributes
    ----------
    gain, low, high : float
        Difference and its interval, -1..1.
    n : int
        Gold items it was judged on.
    """

    gain: float
    low: float
    high: float
    n: int

    @property
    def better(self) -> bool:
        """Whether B is better beyond doubt: the whole interval is above 0."""
        return self.low > 0

    @property
    def worse(self) -> bool:
        """Whether B is worse beyond doubt."""
        return self.high < 0

    def __str__(self) -> str:
        return (
            f"{100 * self.gain:+.1f} points ({100 * self.low:+.1f} to {100 * self.high:+.1f}) "
            f"on {self.n} gold items"
        )


def inverse_probability(gold: Gold, what: str) -> NDArray[np.float64]:
    """Return one over the inclusion probabilities.

    Raises
    ------
    GoldError
        If gold has none: then it came from a learning queue, or from nobody knows where.
    """
    if gold.probability is None:
        raise GoldError(
            f"{what} is measured on gold drawn with known probabilities only, and this gold has "
            f"none (a learning queue?); pass the audit sample"
        )
    return 1 / gold.probability


def paired(
    a_right: NDArray[np.bool_],
    b_right: NDArray[np.bool_],
    weight: NDArray[np.float64],
    confidence: float = 0.9,
) -> Paired:
    """Compare two sets of answers to the same items.

    Parameters
    ----------
    a_right, b_right : bool arrays of shape (n,)
        Whether A, and B, got the item right.
    weight : float array of shape (n,)
        Inverse inclusion probabilities.
    confidence : float
        Of the interval, in (0, 1).

    Raises
    ------
    LabelingError
        If there is no item.

    Notes
    -----
    Wald interval for a paired difference with half an item added to each cell of the 2x2 table
    (Agresti & Min 2005, Statistics in Medicine 24), with Kish's effective sample size for n.

    Examples
    --------
    >>> a = np.array([True] * 80 + [False] * 20)
    >>> b = np.array([True] * 90 + [False] * 10)
    >>> str(paired(a, b, np.ones(100)))
    '+9.8 points (+4.7 to +14.9) on 100 gold items'
    """
    if len(weight) == 0:
        raise LabelingError("nothing to compare on: there is no gold")
    n = float(weight.sum() ** 2 / (weight**2).sum())
    share = weight / weight.sum()
    wins = n * float(share[b_right & ~a_right].sum()) + 0.5
    losses = n * float(share[a_right & ~b_right].sum()) + 0.5
    total = n + 2
    gain = (wins - losses) / total
    spread = float(np.sqrt(max(wins + losses - (wins - losses) ** 2 / total, 0.0))) / total
    half = float(norm.ppf((1 + confidence) / 2)) * spread
    return Paired(gain, gain - half, gain + half, len(weight))
