"""Do reviewers agree on the classes of items with several, beyond chance?"""

import math

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError

SUBSET, OVERLAP = 2 / 3, 1 / 3
"""What sets of which one holds the other count for, and sets that merely share something."""


def masi_distance(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how far sets of classes are apart: 0 for the same, 1 for nothing in common.

    Parameters
    ----------
    one, other : bool arrays of shape (..., n_classes)
        Which classes are in each set; shapes are broadcast.

    Notes
    -----
    ``1 - J M`` with ``J`` their Jaccard index and ``M`` 1 for equal sets, 2/3 if one holds the other,
    1/3 if both have something of their own, 0 if they share nothing: measuring agreement on set-valued
    items (Passonneau 2006, LREC). Two empty sets are the same.

    Examples
    --------
    >>> a, b = np.array([True, True, False]), np.array([True, False, False])
    >>> masi_distance(a, a).item(), round(masi_distance(a, b).item(), 3), masi_distance(b, ~a).item()
    (0.0, 0.667, 1.0)
    """
    both, either = (one & other).sum(axis=-1), (one | other).sum(axis=-1)
    least = np.minimum(one.sum(axis=-1), other.sum(axis=-1))
    like = np.where(both == either, 1.0, np.where(both == least, SUBSET, OVERLAP))
    jaccard = np.where(either > 0, both / np.maximum(either, 1), 1.0)
    return np.asarray(1.0 - jaccard * like, dtype=np.float64)


def masi_alpha(item: NDArray[np.int64], chosen: NDArray[np.bool_]) -> float:
    """Agreement of any number of reviewers, each of whom judged only some items.

    Parameters
    ----------
    item : int array of shape (n_reviews,)
        Which item each review is of; reviewers differ within an item.
    chosen : bool array of shape (n_reviews, n_classes)
        Classes that the review gives it.

    Returns
    -------
    float
        Krippendorff's alpha with MASI distances: 1 perfect, 0 as by chance, below 0 worse; NaN if no
        item was judged twice or only one set of classes was ever given.

    Raises
    ------
    QualityError
        If there is not one row of classes for each review.

    Notes
    -----
    Krippendorff (2011), "Computing Krippendorff's alpha-reliability", any metric, see
    :func:`masi_distance`.

    Examples
    --------
    >>> chosen = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [1, 0]], dtype=bool)
    >>> round(masi_alpha(np.array([0, 0, 1, 1, 2, 2]), chosen), 3)
    0.643
    """
    return float(masi_alphas(item, chosen, np.ones((1, len(np.unique(item)))))[0])


def masi_alphas(
    item: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    times: NDArray[np.integer] | NDArray[np.floating],
) -> NDArray[np.float64]:
    """Return :func:`masi_alpha` of several samples of the items, such as a bootstrap draws.

    Parameters
    ----------
    item, chosen : arrays
        As :func:`masi_alpha` takes them.
    times : array of shape (n_samples, n_items)
        How often each item is in each sample, in the order of the numbers in ``item``.

    Returns
    -------
    float array of shape (n_samples,)

    Raises
    ------
    QualityError
        If there is not one row of classes for each review.

    Examples
    --------
    >>> chosen = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [1, 0]], dtype=bool)
    >>> times = np.array([[1, 1, 1], [2, 1, 0]])
    >>> masi_alphas(np.array([0, 0, 1, 1, 2, 2]), chosen, times).round(3).tolist()
    [0.643, 1.0]
    """
    if len(item) != len(chosen):
        raise QualityError(f"{len(item)} reviews need as many rows of classes, got {len(chosen)}")
    sets, which = np.unique(chosen, axis=0, return_inverse=True)
    items, place = np.unique(item, return_inverse=True)
    counts = np.zeros((len(items), len(sets)))
    np.add.at(counts, (place, which.ravel()), 1.0)
    paired = counts.sum(axis=1) >= 2
    counts, times = counts[paired], times[:, paired]
    judged = counts.sum(axis=1)
    apart = masi_distance(sets[:, None], sets[None])
    observed = times @ (((counts @ apart) * counts).sum(axis=1) / (judged - 1))
    by_set = times @ counts
    expected = ((by_set @ apart) * by_set).sum(axis=1)
    spread = expected > 0
    ratio = observed / np.where(spread, expected, 1.0)
    return np.where(spread, 1 - (times @ judged - 1) * ratio, math.nan)
