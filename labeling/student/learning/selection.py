"""Which items with a vote teach, and how much; all alike until gold says otherwise.

Which to use: :mod:`labeling.student.switches`.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from labeling.student.learning.tricks import Prepared

KEPT = 0.5
"""Share of each class's items that the confident subset keeps."""

N_COMPONENTS, N_NEIGHBOURS, LEAF = 50, 20, 400
"""Dimensions that neighbours are looked for in, how many, and among how many items."""

Array = NDArray[np.float64]


def subset(prepared: Prepared, targets: Array, rows: Array) -> Array:
    """Let only those items teach whose neighbours have the same label.

    Returns
    -------
    float array of shape (n,)
        ``rows``, 0 where the cut statistic is among the larger ones of its class.

    Notes
    -----
    Lang, Vijayaraghavan & Sontag (2022), "Training subset selection for weak supervision",
    NeurIPS, arXiv 2206.02914.
    """
    item = np.flatnonzero(rows > 0)
    label = targets[item].argmax(axis=1)
    if len(item) <= N_NEIGHBOURS or len(np.unique(label)) < 2:
        return rows
    statistic = cut_statistic(prepared.x[item], label)
    chosen = rows.copy()
    for one in np.unique(label):
        own = np.flatnonzero(label == one)
        dropped = np.argsort(statistic[own], kind="stable")[int(np.ceil(KEPT * len(own))) :]
        chosen[item[own[dropped]]] = 0.0
    return chosen


def weighting(prepared: Prepared, targets: Array, rows: Array) -> Array:
    """Let items teach by how sure the voters are of them: one minus the share of entropy.

    Returns
    -------
    float array of shape (n,)
        ``rows`` weighted, with the same sum; ``rows`` where nothing is sure.
    """
    del prepared
    sure = 1 - entr(targets).sum(axis=1) / np.log(targets.shape[1])
    weighted = rows * np.maximum(sure, 0.0)
    total = float(weighted.sum())
    return weighted * (float(rows.sum()) / total) if total > 0 else rows


def cut_statistic(x: Any, label: NDArray[np.int64], seed: int = 0) -> Array:
    """Tell how much more than by chance the neighbours of each item have another label.

    Parameters
    ----------
    x : sparse matrix of shape (n, d)
    label : int array of shape (n,)
    seed : int
        Of the directions along which items are parted.

    Returns
    -------
    float array of shape (n,)
        In standard deviations under labels by chance; the lowest agree best with their neighbours.

    Notes
    -----
    Muhlenbach, Lallich & Zighed (2004), "Identifying and handling mislabelled instances", Journal
    of Intelligent Information Systems 22. Neighbours are looked for within the leaves of a random
    projection tree (Dasgupta & Freund 2008, STOC), so that time is linear in n up to a logarithm.

    Examples
    --------
    >>> x = np.repeat(np.eye(2), 30, axis=0)
    >>> label = np.repeat([0, 1], 30)
    >>> label[0] = 1
    >>> int(cut_statistic(x, label).argmax())
    0
    """
    if x.shape[1] > N_COMPONENTS and x.shape[0] > N_COMPONENTS:
        x = TruncatedSVD(N_COMPONENTS, random_state=seed).fit_transform(x)
    elif hasattr(x, "toarray"):
        x = x.toarray()
    space = np.asarray(normalize(x), dtype=np.float32)
    share = np.bincount(label) / len(label)
    apart, weight, squares = (np.zeros(len(label)) for _ in range(3))
    for leaf in _leaves(space, np.random.default_rng(seed)):
        near = space[leaf] @ space[leaf].T
        np.fill_diagonal(near, -np.inf)
        k = min(N_NEIGHBOURS, len(leaf) - 1)
        if k < 1:
            continue
        at = np.argpartition(-near, k - 1, axis=1)[:, :k]
        distance = np.sqrt(np.maximum(2 - 2 * np.take_along_axis(near, at, axis=1), 0))
        edge = 1 / (1 + distance)
        apart[leaf] = (edge * (label[leaf][at] != label[leaf][:, None])).sum(axis=1)
        weight[leaf], squares[leaf] = edge.sum(axis=1), (edge**2).sum(axis=1)
    own = share[label]
    spread = np.sqrt(np.maximum(own * (1 - own) * squares, 1e-12))
    return (apart - (1 - own) * weight) / spread


def _leaves(space: NDArray[np.float32], rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Part items by the median along random directions, until few are together."""
    waiting, leaves = [np.arange(len(space))], []
    while waiting:
        item = waiting.pop()
        if len(item) <= LEAF:
            leaves.append(item)
            continue
        along = space[item] @ rng.normal(size=space.shape[1]).astype(np.float32)
        order = np.argsort(along, kind="stable")
        half = len(item) // 2
        waiting += [item[order[:half]], item[order[half:]]]
    return leaves


Selection = Callable[[Prepared, Array, Array], Array]
SELECTIONS: dict[str, Selection] = {"subset": subset, "weighting": weighting}
"""By the name of the :class:`~labeling.student.student.Student` parameter that turns it on."""
