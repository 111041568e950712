"""The guard: voters that all agree are not overruled."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.events import Events
from labeling.consensus.linear import own_class

LEAD = 1e-6
"""By how much the class that all named leads at least."""


def keep_unanimous(
    posterior: NDArray[np.float64], fired: sparse.csr_array, events: Events, quorum: int
) -> NDArray[np.float64]:
    """Give a pattern on which at least ``quorum`` voters spoke, all alike, the class they said.

    Where another class led, theirs is lifted just above it: the order is the voters', the doubt
    stays the model's.

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
    >>> keep_unanimous(np.array([[0.25, 0.75]]), fired, Events(2, 2), quorum=2).round(3).tolist()
    [[0.5, 0.5]]
    """
    said = np.ascontiguousarray(np.asarray(fired @ own_class(events)).T)
    given = np.ascontiguousarray(posterior.T)  # reducing over few columns is slow row by row
    n_votes = np.diff(fired.indptr)
    alike = (said.max(axis=0) == n_votes) & (n_votes >= max(quorum, 1))
    theirs = (given * (said > 0)).sum(axis=0)
    least = np.where(said > 0, 0.0, given).max(axis=0) + LEAD
    rows = np.flatnonzero(alike & (theirs < least))
    kept = posterior.copy()
    kept[rows, np.argmax(said[:, rows], axis=0)] = least[rows]
    kept[rows] /= kept[rows].sum(axis=1, keepdims=True)
    return kept
