"""Which of the questions about an item is the most in doubt."""

import numpy as np
from numpy.typing import NDArray

from labeling.kinds.units import Units


def most_doubtful(units: Units, posterior: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the unit of each item whose two likeliest answers are closest, shape (n_items,).

    Parameters
    ----------
    units : Units
        Every item has at least one.
    posterior : float array of shape (n_units, n_answers)

    Notes
    -----
    The smallest margin over the labels of an item, "MinMax" of multi-label active learning
    (Esuli and Sebastiani 2009, Advances in Information Retrieval).

    Examples
    --------
    >>> sure = np.array([[0.9, 0.1], [0.4, 0.6], [0.5, 0.5], [1.0, 0.0]])
    >>> most_doubtful(Units.each(2, questions=2), sure).tolist()
    [1, 2]
    """
    best = np.sort(posterior, axis=1)[:, -2:]
    margin = best[:, 1] - best[:, 0]
    order = np.lexsort((np.arange(units.n_units), margin, units.item))
    first = np.searchsorted(units.item, np.arange(units.n_items))
    return order[first]
