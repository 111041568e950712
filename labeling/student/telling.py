"""Terms that tell which voter spoke: a student knows the items of a rule by the rule's own words.

On items where nobody spoke these words are missing. What a student says of an item once they are
left out shows how sure it may be there.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.votes import Votes

SHARE, LIFT, LEAST = 0.8, 3.0, 4
"""A voter speaks on this share of the items with the term, so many times as often as elsewhere, and
on so many of them at least."""


def telling(
    x: sparse.csr_matrix,
    votes: Votes,
    item: NDArray[np.int64] | None = None,
    weight: NDArray[np.float64] | None = None,
) -> NDArray[np.bool_]:
    """Find the terms with which one of the voters nearly always speaks, and seldom without.

    Parameters
    ----------
    x : csr_matrix of shape (n, d)
        Terms of the items.
    votes : Votes
    item : int array of shape (n,), optional
        Which items of ``votes`` these are; all of them by default.
    weight : float array of shape (n,), optional
        How many items each stands for, where some were drawn; 1 by default.

    Returns
    -------
    bool array of shape (d,)

    Examples
    --------
    >>> x = sparse.csr_matrix(np.tile([[1.0, 1.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]], (5, 1)))
    >>> votes = Votes.from_matrix([[0], [-1], [-1], [-1]] * 5, n_classes=2)
    >>> telling(x, votes).tolist()
    [True, False]
    """
    shape = (votes.n_items, votes.n_voters)
    spoke = sparse.csr_matrix((np.ones(len(votes.item)), (votes.item, votes.voter)), shape=shape)
    if item is not None:
        spoke = spoke[item]
    stands = np.ones(x.shape[0]) if weight is None else weight
    coverage = np.asarray(spoke.T @ stands).ravel() / max(float(stands.sum()), 1.0)
    each = np.repeat(stands, np.diff(x.indptr))
    with_term = np.bincount(x.indices, each, minlength=x.shape[1])
    there = sparse.csr_matrix((each, x.indices, x.indptr), shape=x.shape)
    both: Any = (there.T @ spoke).tocoo()
    share = both.data / with_term[both.row]
    tells = (share >= SHARE) & (share >= LIFT * coverage[both.col]) & (both.data >= LEAST)
    found = np.zeros(x.shape[1], dtype=bool)
    found[both.row[tells]] = True
    return found


def without(x: sparse.csr_matrix, terms: NDArray[np.bool_]) -> sparse.csr_matrix:
    """Leave terms out; rows keep their length, unless nothing is left of them."""
    left = sparse.csr_matrix(x @ sparse.diags_array((~terms).astype(np.float64)))
    before, after = (np.sqrt(np.asarray(m.multiply(m).sum(axis=1)).ravel()) for m in (x, left))
    return sparse.csr_matrix(sparse.diags_array(before / np.where(after > 0, after, 1.0)) @ left)
