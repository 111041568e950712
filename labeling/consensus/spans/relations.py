"""How voters relate to a candidate: they mark the same, more, less, something across it, or nothing."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.spans.candidates import Candidates
from labeling.consensus.spans.keys import distinct


class Relation(IntEnum):
    """What a voter did where a candidate stands; silence is the lack of all of these.

    ``SAME`` marked exactly this, ``MORE`` a span of any type that reaches around it, ``LESS`` one
    within it, ``ACROSS`` one that overlaps its edge, or the same stretch as another type, ``AGAINST``
    said that its type is not there.
    """

    SAME = 0
    MORE = 1
    LESS = 2
    ACROSS = 3
    AGAINST = 4


def relations(candidates: Candidates) -> sparse.csr_array:
    """Return what each voter did at each candidate.

    Parameters
    ----------
    candidates : Candidates

    Returns
    -------
    sparse array of shape (n_candidates, n_voters * 5)
        1 in column ``voter * 5 + relation``. A voter has one relation to a candidate: where several
        of its marks overlap it, the first in the order of :class:`Relation`.

    Examples
    --------
    >>> from labeling.span_votes import SpanVotes
    >>> from labeling.spans import Spans
    >>> marks = Spans.of([(0, 0, 9, 0), (0, 4, 9, 0)], n_items=1, n_types=1)
    >>> candidates = Candidates.of(SpanVotes(marks, np.array([0, 1]), n_voters=2))
    >>> relations(candidates).toarray().astype(int).tolist()
    [[1, 0, 0, 0, 0, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 1, 0, 0, 0, 0]]
    """
    marked, n_kinds = candidates.marked, len(Relation)
    n, n_voters = marked.shape
    same = sparse.coo_array(marked)
    one, other = candidates.overlaps
    rows = sparse.coo_array(marked[other]) if len(other) else sparse.coo_array((0, n_voters))
    kind = _kind(candidates, one, other)[rows.row]
    against, speaker = candidates.against
    at = np.concatenate([same.row, one[rows.row], against]).astype(np.int64)
    voter = np.concatenate([same.col, rows.col, speaker]).astype(np.int64)
    did = np.concatenate(
        [
            np.full(len(same.row), Relation.SAME),
            kind,
            np.full(len(against), Relation.AGAINST),
        ]
    ).astype(np.int64)
    cell = distinct((at * n_voters + voter) * n_kinds + did)
    first = np.concatenate([[True], np.diff(cell // n_kinds) > 0])[: len(cell)]
    cell = cell[first]
    at, column = np.divmod(cell, n_voters * n_kinds)
    return sparse.csr_array((np.ones(len(at)), (at, column)), shape=(n, n_voters * n_kinds))


def _kind(
    candidates: Candidates, one: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return what the other candidate of each pair is to the one."""
    start, end = candidates.spans.start, candidates.spans.end
    around = (start[other] <= start[one]) & (end[other] >= end[one])
    within = (start[other] >= start[one]) & (end[other] <= end[one])
    kind = np.where(around, Relation.MORE, np.where(within, Relation.LESS, Relation.ACROSS))
    return np.where(around & within, Relation.ACROSS, kind).astype(np.int64)
