"""Label errors: gold or published labels that a cross-fitted classifier disputes.

Confident learning by cleanlab; what it finds goes to re-review, nothing is changed here.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.errors import LabelingError
from labeling.gold import Gold


def label_errors(
    label: NDArray[np.integer[Any]], proba: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the labels that are probably wrong.

    Parameters
    ----------
    label : int array of shape (n,)
        Labels in question, ``0 .. K - 1``.
    proba : float array of shape (n, K)
        *Cross-fitted* probabilities: a classifier that has seen a label does not dispute it. See
        :func:`labeling.student.crossfit.cross_fit`.

    Returns
    -------
    suspicious : int array
        Positions of the labels to look at again, the most suspicious first.
    quality : float array of shape (n,)
        Normalised margin of every label, 0..1; low is suspicious.

    Raises
    ------
    LabelingError
        If shapes differ.

    Notes
    -----
    Northcutt, Jiang & Chuang (2021), "Confident learning", JAIR 70, pruning by both class and
    noise rate, ordered by normalised margin.

    Examples
    --------
    >>> proba = np.array([[0.9, 0.1]] * 10 + [[0.1, 0.9]] * 10)
    >>> label = np.array([1] + [0] * 9 + [1] * 10)
    >>> label_errors(label, proba)[0].tolist()
    [0]
    """
    if proba.ndim != 2 or len(label) != len(proba):
        raise LabelingError(
            f"{len(label)} labels need probabilities of shape ({len(label)}, K), "
            f"got shape {proba.shape}"
        )
    present = np.unique(label)
    if len(present) < 2:
        return np.empty(0, dtype=np.int64), proba[np.arange(len(label)), label]
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    # cleanlab wants every class to occur.
    seen = np.maximum(proba[:, present], 1e-12)
    seen = seen / seen.sum(axis=1, keepdims=True)
    own = np.searchsorted(present, label)
    found = find_label_issues(own, seen, filter_by="both", n_jobs=1)
    quality = get_label_quality_scores(own, seen, method="normalized_margin")
    found = np.flatnonzero(np.asarray(found))
    return found[np.argsort(quality[found], kind="stable")], np.asarray(quality)


def suspicious_gold(
    gold: Gold, proba: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the gold items to review again.

    Parameters
    ----------
    gold : Gold
    proba : float array of shape (n_items, K)
        Cross-fitted, for all items.

    Returns
    -------
    item : int array
        Item indices, the most suspicious first.
    score : float array
        How suspicious each of them is, 0..1.
    """
    found, quality = label_errors(gold.label, proba[gold.item])
    return gold.item[found], 1 - quality[found]
