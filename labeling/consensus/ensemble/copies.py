"""Rules that were entered twice: the very same votes under several names."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.models.panel import ALWAYS

FEWEST = 30.0
"""Votes from which on the very same ones are no chance."""


def copies(patterns: Patterns, events: Events, *, always: bool = False) -> dict[int, int]:
    """Return each voter that is a copy, and the first voter whose very votes it casts.

    Voters that nearly always speak are left alone, save where ``always`` asks for them too: two
    models that answer everything alike are two opinions that happen to agree. Events are compared by the sum of the hashes of their patterns.

    Examples
    --------
    >>> from labeling.consensus.counts.patterns import compress
    >>> from labeling.votes import Votes
    >>> said = np.where(np.arange(99) % 3 == 0, 1, -1)
    >>> votes = Votes.from_matrix(np.column_stack([said, np.zeros(99, dtype=int), said]), 2)
    >>> events = Events.of(votes)
    >>> copies(compress(votes, events)[0], events)
    {2: 0}
    """
    fired = patterns.fired
    mark = np.zeros(events.n_events, dtype=np.uint64)
    np.add.at(mark, fired.indices, np.repeat(patterns.key, np.diff(fired.indptr)))
    shape = (events.n_voters, -1)
    spoken = np.asarray(fired.T @ patterns.count).reshape(shape)
    cast = spoken.sum(axis=1)
    total = float(patterns.count[patterns.covered].sum())
    rule = (cast >= FEWEST) & ((cast < ALWAYS * total) | always)
    found: dict[int, int] = {}
    first: dict[bytes, int] = {}
    for j in np.flatnonzero(rule).tolist():
        same = mark.reshape(shape)[j].tobytes() + spoken[j].tobytes()
        if same in first:
            found[j] = first[same]
        first.setdefault(same, j)
    return found


def without(
    fired: sparse.csr_array, silenced: NDArray[np.int64], events: Events
) -> sparse.csr_array:
    """Return patterns without the votes of some voters, same shape."""
    if not len(silenced):
        return fired
    kept = ~np.isin(events.voter, silenced)[fired.indices]
    before = np.concatenate([[0], np.cumsum(kept)])
    return sparse.csr_array(
        (fired.data[kept], fired.indices[kept], before[fired.indptr]), shape=fired.shape
    )
