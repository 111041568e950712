"""Spread a queue over what there is: typical items of clusters, and the unsure ones of clusters.

Features are dense arrays of shape (n, d), rows of length 1: an SVD of TF-IDF, or embeddings.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

MAX_EXACT = 2_000_000
"""Items times clusters up to which k-means runs in full, a second or two; it clusters better."""

Features = NDArray[np.float64]

N_COMPONENTS = 100
"""Dimensions of the space in which items are near or far."""

NEIGHBOURS = 20
"""Neighbours that say how typical an item is (TypiClust's default)."""

MAX_CLUSTERS = 500
"""TypiClust's limit: with more clusters than that, small ones are noise."""


def dense(features: Any, seed: int) -> Features:
    """Project features, sparse or dense, to at most :data:`N_COMPONENTS` dimensions of length 1."""
    if features.shape[1] > N_COMPONENTS and features.shape[0] > N_COMPONENTS:
        features = TruncatedSVD(N_COMPONENTS, random_state=seed).fit_transform(features)
    elif hasattr(features, "toarray"):
        features = features.toarray()
    return np.asarray(normalize(features), dtype=np.float64)


def typicality(features: Features) -> NDArray[np.float64]:
    """Return how near the neighbours of each item are, in (0, 1]; 1 is in the thick of it.

    Notes
    -----
    Hacohen, Dekel & Weinshall (2022), "Active learning on a budget", ICML, eq. 4, mapped from
    ``1/distance`` to ``1/(1 + distance)``, which has no infinity at duplicates.

    Examples
    --------
    >>> typicality(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])).round(2).tolist()
    [0.59, 0.59, 0.41]
    """
    k = min(NEIGHBOURS, len(features) - 1)
    if k < 1:
        return np.ones(len(features))
    near = NearestNeighbors(n_neighbors=k + 1).fit(features)
    distance = near.kneighbors(return_distance=True, n_neighbors=k)[0]
    return 1 / (1 + distance.mean(axis=1))


def cluster(
    features: Features, n_clusters: int, seed: int, weight: NDArray[np.float64] | None = None
) -> NDArray[np.int64]:
    """Return a cluster number for each row: k-means, in batches where it would take long."""
    n_clusters = min(n_clusters, len(features))
    means: Any
    if len(features) * n_clusters <= MAX_EXACT:
        means = KMeans(n_clusters, random_state=seed, max_iter=50)
    else:
        batch = max(1024, 3 * n_clusters)
        means = MiniBatchKMeans(n_clusters, random_state=seed, batch_size=batch, max_iter=30)
    return np.asarray(means.fit_predict(features, sample_weight=weight), dtype=np.int64)


def typical_first(
    features: Features, n: int, labelled: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rank all items for a cold start: the most typical of each uncovered cluster, big ones first.

    Parameters
    ----------
    features : float array of shape (n_items, d)
    n : int
        Size of the queue; with what is labelled it gives the number of clusters.
    labelled : int array
        Items that have a label; their clusters come last.
    seed : int

    Returns
    -------
    ranked : int array of shape (n_items - n_labelled,)
    score : float array of shape (n_items,)
        Typicality, 0..1.

    Notes
    -----
    TypiClust, Hacohen, Dekel & Weinshall (2022), ICML, algorithm 1.
    """
    score = typicality(features)
    label = cluster(features, min(n + len(labelled), MAX_CLUSTERS), seed)
    size = np.bincount(label)
    taken = np.bincount(label[labelled], minlength=len(size))
    open_items = np.setdiff1d(np.arange(len(features)), labelled)
    # Rank within its cluster, so that every cluster gives one before any gives a second.
    order = open_items[np.lexsort((-score[open_items], label[open_items]))]
    own = label[order]
    first = np.flatnonzero(np.r_[True, own[1:] != own[:-1]])
    turn = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    return order[np.lexsort((-size[own], turn + taken[own]))], score


def unsure_of_clusters(
    features: Features, score: NDArray[np.float64], ranked: NDArray[np.int64], n: int, seed: int
) -> NDArray[np.int64]:
    """Reorder a ranking so that its head takes one item from each of n clusters.

    Parameters
    ----------
    features : float array of shape (n_items, d)
    score : float array of shape (n_items,)
        Uncertainty, 0..1; weighs the clusters.
    ranked : int array
        Items by descending score.
    n : int
        How many will be taken.
    seed : int

    Returns
    -------
    int array
        The same items, another order: the unsurest of each cluster first.

    Notes
    -----
    Zhdanov (2019), "Diverse mini-batch active learning", arXiv 1901.05954: the best ``10 n`` by
    uncertainty, k-means weighted by it, one of each cluster.
    """
    pool, rest = ranked[: 10 * n], ranked[10 * n :]
    if len(pool) <= n:
        return ranked
    label = cluster(features[pool], n, seed, weight=score[pool] + 1e-6)
    turn = np.zeros(len(pool), dtype=np.int64)
    seen: dict[int, int] = {}
    for at, own in enumerate(label.tolist()):
        turn[at] = seen.get(own, 0)
        seen[own] = turn[at] + 1
    return np.concatenate([pool[np.argsort(turn, kind="stable")], rest])
