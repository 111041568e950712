"""How an audit is planned: strata by predicted error, and how eagerly each is drawn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.errors import SamplingError
from labeling.sampling.audits.strata import neyman_counts, stratify

CERTAIN_SHARE = 0.8
"""Share of a stratum's planned reviews that it gets for certain. 0 leaves strata thin by bad luck
and widens intervals by up to 10 %; 1 makes the last draws predictable and alarms 60 % slower."""


@dataclass(frozen=True, slots=True, eq=False)
class AuditDesign:
    """Which stratum an item is in and how eagerly it is drawn; fixed before the draw.

    Parameters
    ----------
    stratum : int array of shape (n_items,)
        Stratum of each item, ``0 .. n_strata - 1``.
    planned : int array of shape (n_strata,)
        Reviews planned for each stratum, at least 1. An item's draw weight is its stratum's
        ``planned / size``.
    """

    stratum: NDArray[np.int64]
    planned: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Items in each stratum, shape (n_strata,)."""
        return np.bincount(self.stratum, minlength=len(self.planned))

    @property
    def stratum_weight(self) -> NDArray[np.float64]:
        """Draw weight of the items of each stratum, shape (n_strata,)."""
        return self.planned / np.maximum(self.sizes, 1)

    @property
    def least(self) -> NDArray[np.int64]:
        """Reviews each stratum gets for certain, shape (n_strata,)."""
        return np.floor(CERTAIN_SHARE * self.planned).astype(np.int64)


def design_audit(uncertainty: ArrayLike, n: int) -> AuditDesign:
    """Plan an audit: strata by predicted error, weights by Neyman's rule with a uniform floor.

    Parameters
    ----------
    uncertainty : float array of shape (n_items,)
        Predicted probability (0..1) that the label of an item is wrong, ``1 - max posterior`` of
        the frozen label model.
    n : int
        Reviews that are planned; drawing more or fewer with this design stays valid.

    Raises
    ------
    SamplingError
        If an uncertainty is no number in 0..1.

    Examples
    --------
    >>> design = design_audit([0.01] * 80 + [0.5] * 20, 20)
    >>> design.sizes.tolist()
    [80, 20]
    """
    g = np.asarray(uncertainty, dtype=np.float64)
    wrong = ~((g >= 0) & (g <= 1))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise SamplingError(
            f"item {at} has uncertainty {g[at]}, but the probability of a wrong label lies in "
            f"0..1; {int(wrong.sum())} such items in all"
        )
    if not len(g):
        return AuditDesign(np.empty(0, np.int64), np.empty(0, np.int64))
    stratum = stratify(g, n)
    counts = neyman_counts(g, stratum, min(max(n, 1), len(g)))
    return AuditDesign(stratum, np.maximum(counts, 1))
