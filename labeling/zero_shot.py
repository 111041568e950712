"""Zero-shot classification: which class's words the vector of an item is nearest to."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labeling.votes import ABSTAIN


def class_vectors(phrases: NDArray[np.float64], of: Sequence[int]) -> NDArray[np.float64]:
    """Return one vector a class: the mean of its phrases, of length 1.

    Parameters
    ----------
    phrases : float array of shape (n_phrases, d)
        Rows of length 1.
    of : sequence of n_phrases int
        Class of each phrase; every class from 0 on has one at least.

    Returns
    -------
    float array of shape (n_classes, d)

    Notes
    -----
    Means of several phrases are better than any one of them (Radford et al., 2021, section 3.1.4).

    Examples
    --------
    >>> class_vectors(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), [0, 0, 1]).round(2).tolist()
    [[0.71, 0.71], [0.0, 1.0]]
    """
    owner = np.asarray(of)
    means = np.stack([phrases[owner == label].mean(axis=0) for label in range(owner.max() + 1)])
    return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)


def nearest_class(
    items: NDArray[np.float64], classes: NDArray[np.float64], scale: float, margin: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the class that each item is most like, and how likely it is beside the others.

    Parameters
    ----------
    items : float array of shape (n_items, d)
        Rows of length 1; not a number where nothing is known of an item.
    classes : float array of shape (n_classes, d)
        See :func:`class_vectors`; two classes or more.
    scale : float
        What cosines are multiplied by; above 0.
    margin : float
        In [0, 1): an item whose likeliest class leads the next one by less probability gets no vote.

    Returns
    -------
    int64 array of shape (n_items,)
        Index of the class, or ``ABSTAIN``.
    float array of shape (n_items,)
        Its probability, in (0, 1]; not a number where there is no vote.

    Notes
    -----
    Probabilities are the softmax of scaled cosines (Radford et al., 2021, section 3.1.2).

    Examples
    --------
    >>> items = np.array([[1.0, 0.0], [0.6, 0.8], [np.nan, np.nan]])
    >>> label, confidence = nearest_class(items, np.eye(2), scale=10, margin=0.8)
    >>> label.tolist(), confidence.round(3).tolist()
    ([0, -1, -1], [1.0, nan, nan])
    """
    label = np.full(len(items), ABSTAIN, dtype=np.int64)
    confidence = np.full(len(items), np.nan)
    if items.shape[1:] != classes.shape[1:]:  # nothing is known of any
        return label, confidence
    rows = np.flatnonzero(np.isfinite(items).all(axis=1))
    odds = scale * (items[rows] @ classes.T)
    chance = np.exp(odds - odds.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    first, second = np.sort(chance, axis=1)[:, [-1, -2]].T
    sure = first - second >= margin
    label[rows[sure]] = chance.argmax(axis=1)[sure]
    confidence[rows[sure]] = first[sure]
    return label, confidence
