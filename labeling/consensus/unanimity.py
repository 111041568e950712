"""The guard: voters that all agree are not overruled."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.events import Events


def keep_unanimous(
    posterior: NDArray[np.float64], fired: sparse.csr_array, events: Events, quorum: int
) -> NDArray[np.float64]:
    """Give a pattern on which at least ``quorum`` voters spoke, all alike, the class they said.

    Where another class led, the two swap probabilities: the order is the voters', the doubt stays
    the model's.

    Parameters
    ----------
    posterior : float array of shape (n_patterns, n_classes)
        What the model says.
    fired : sparse array of shape (n_patterns, n_events)
        The patterns.
    events : Events
        Their numbering.
    quorum : int
        Fewest voters that can bind the model, at least 1.

    Examples
    --------
    >>> fired = sparse.csr_array(np.array([[1, 0, 1, 0]]))  # both voters say class 0
    >>> keep_unanimous(np.array([[0.25, 0.75]]), fired, Events(2, 2), quorum=2).tolist()
    [[0.75, 0.25]]
    """
    n_votes = np.diff(fired.indptr)
    rows = np.flatnonzero(n_votes >= max(quorum, 1))
    label = events.label[fired.indices]
    start = fired.indptr[:-1][rows]
    first = label[start]
    differs = label != np.repeat(_filled(first, rows, len(n_votes)), n_votes)
    split = np.bincount(
        np.repeat(np.arange(len(n_votes)), n_votes), weights=differs, minlength=len(n_votes)
    )
    alike = split[rows] == 0
    rows, said = rows[alike], first[alike]
    kept = posterior.copy()
    top = np.argmax(kept[rows], axis=1)
    high = kept[rows, top]
    kept[rows, top] = kept[rows, said]
    kept[rows, said] = high
    return kept


def _filled(value: NDArray[np.int64], rows: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    full = np.full(n, -1, dtype=np.int64)
    full[rows] = value
    return full
