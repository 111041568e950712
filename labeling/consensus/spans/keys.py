"""Sorted numbers: each once, and which are among others. NumPy's own go by hashes, and take longer."""

import numpy as np
from numpy.typing import NDArray


def distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each number once, in rising order.

    Examples
    --------
    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    rising = np.sort(numbers)
    return rising[np.concatenate([[True], rising[1:] != rising[:-1]])[: len(rising)]]


def places(numbers: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each number stands in ``among``, which rises; -1 where it does not.

    Examples
    --------
    >>> places(np.array([3, 2]), np.array([1, 3])).tolist()
    [1, -1]
    """
    if not len(among):
        return np.full(len(numbers), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(among, numbers), len(among) - 1)
    return np.where(among[at] == numbers, at, -1).astype(np.int64)
