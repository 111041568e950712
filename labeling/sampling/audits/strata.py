"""Groups of alike items, and how many of each to review.

Items whose labels are probably wrong teach more about accuracy than those that are surely right.
Grouping by predicted error and reviewing the doubtful groups at a higher, known rate gives
narrower intervals; a uniform floor keeps every item's probability positive.
"""

import numpy as np
from numpy.typing import NDArray

UNIFORM_SHARE = 0.4
"""Share (0..1) of the rate that ignores the predicted errors. 0.3 finds drops 5 % sooner where the
predictions are good; 0.5 costs less where they are not."""

MIN_EXPECTED_ERROR = 0.02
"""Floor of a stratum's mean predicted error: a label model is never that sure."""

MIN_REVIEWS = 4
"""Reviews planned for each stratum at least."""

REVIEWS_PER_STRATUM = 15
"""Reviews that pay for one more stratum."""

MIN_STRATA, MAX_STRATA = 3, 5
"""Fewer gain little, more gain nothing and make thin strata."""


def stratify(uncertainty: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Cut items into strata of equal mass of ``sqrt(g (1 - g))``, ``g`` the predicted error.

    Parameters
    ----------
    uncertainty : float array of shape (n_items,)
        Predicted probability (0..1) that the item's label is wrong.
    n : int
        Reviews that are planned: 3 strata below 60 (fewer below 12), 5 from 75 on.

    Returns
    -------
    int array of shape (n_items,)
        Stratum of each item, 0 the surest. Equal uncertainty means equal stratum, so there may
        be fewer strata than planned.

    Notes
    -----
    Dalenius & Hodges (1959), J. Am. Stat. Assoc. 54, 88-101.

    Examples
    --------
    >>> stratify(np.array([0.01] * 80 + [0.5] * 20), 40).tolist()[78:82]
    [0, 0, 1, 1]
    """
    wanted = int(np.clip(n // REVIEWS_PER_STRATUM, MIN_STRATA, MAX_STRATA))
    wanted = min(wanted, max(1, n // MIN_REVIEWS))
    order = np.argsort(uncertainty, kind="stable")
    g = np.clip(uncertainty[order], 1e-4, 1 - 1e-4)
    mass = np.cumsum(np.sqrt(g * (1 - g)))
    cut = np.minimum((wanted * (mass - mass[0] / 2) / mass[-1]).astype(np.int64), wanted - 1)
    first = np.searchsorted(g, g, side="left")
    middle = (first + np.searchsorted(g, g, side="right") - 1) // 2
    _, tidy = np.unique(cut[middle], return_inverse=True)
    stratum = np.empty(len(order), dtype=np.int64)
    stratum[order] = tidy
    return stratum


def neyman_counts(
    uncertainty: NDArray[np.float64], stratum: NDArray[np.int64], n: int
) -> NDArray[np.int64]:
    """Share ``n`` reviews out over the strata, doubtful ones first, none left out.

    Parameters
    ----------
    uncertainty, stratum : arrays of shape (n_items,)
        Predicted error (0..1) and stratum of each item.
    n : int
        Reviews in all, ``0 <= n <= n_items``.

    Returns
    -------
    int array of shape (n_strata,)
        Reviews of each stratum; they add up to ``n`` and never pass the stratum's size.

    Notes
    -----
    Neyman (1934) rates ``sqrt(g (1 - g))`` at weight ``1 - UNIFORM_SHARE``, plus a uniform floor.

    Examples
    --------
    >>> g = np.array([0.01] * 80 + [0.5] * 20)
    >>> neyman_counts(g, stratify(g, 20), 20).tolist()
    [13, 7]
    """
    sizes = np.bincount(stratum).astype(np.float64)
    expected = np.maximum(np.bincount(stratum, uncertainty) / sizes, MIN_EXPECTED_ERROR)
    spread = np.sqrt(np.clip(expected * (1 - expected), 1e-12, None))
    rate = (1 - UNIFORM_SHARE) * spread / (sizes @ spread / sizes.sum()) + UNIFORM_SHARE
    least = np.minimum(sizes, min(MIN_REVIEWS, n // len(sizes)))
    return _round_to(n, _fill(n, sizes * rate, least, sizes), sizes)


def _fill(
    n: int,
    wish: NDArray[np.float64],
    least: NDArray[np.float64],
    most: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Scale ``wish`` so that, held between ``least`` and ``most``, it adds up to ``n``."""
    low, high = 0.0, 2 * float((most / wish).max()) + 1
    for _ in range(80):
        middle = (low + high) / 2
        if np.clip(middle * wish, least, most).sum() < n:
            low = middle
        else:
            high = middle
    return np.clip(high * wish, least, most)


def _round_to(n: int, share: NDArray[np.float64], most: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round to whole reviews that add up to ``n``, the largest remainders first."""
    counts = np.floor(share + 1e-9)
    order = np.argsort(counts - share, kind="stable")
    for h in np.tile(order, int(n) + 1):
        if counts.sum() >= n:
            break
        counts[h] += counts[h] < most[h]
    return counts.astype(np.int64)
