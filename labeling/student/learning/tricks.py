"""Three ways to learn from unlabelled items too; each is off until gold says that it helps.

Each takes the prepared items, what is known of them, and the opinion of a first student (the
teacher), and returns targets and weights for the next fit. Which to use:
:mod:`labeling.student.switches`.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

CONFIDENT = 0.95
"""FlexMatch's threshold for the class that is learnt best; others are lower."""

MOST_SPREAD = 10_000
"""Items up to which labels are spread: each is compared with all."""

N_COMPONENTS, N_NEIGHBOURS, ALPHA, STEPS = 100, 10, 0.8, 20
"""Label spreading: dimensions, edges of a node, share taken from neighbours, iterations."""

Array = NDArray[np.float64]
Taught = tuple[Array, Array, Array]
"""Targets of shape (n, K), weights of the items (n,), weights of their altered copies (n,)."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """Items as features, for many fits.

    Attributes
    ----------
    features : transformer
        Fitted.
    x, copies : csr_matrix of shape (n, d)
        The items, and one altered copy of each; the items themselves where none is made.
    """

    features: Any
    x: sparse.csr_matrix
    copies: sparse.csr_matrix

    @cached_property
    def near(self) -> sparse.csr_matrix:
        """Which items are neighbours, of shape (n, n), symmetric; each edge weighs less where there are many."""
        x: Any = self.x
        n = x.shape[0]
        if x.shape[1] > N_COMPONENTS and n > N_COMPONENTS:
            x = TruncatedSVD(N_COMPONENTS, random_state=0).fit_transform(x)
        k = min(N_NEIGHBOURS, n - 1)
        near = NearestNeighbors(n_neighbors=k).fit(normalize(x)).kneighbors_graph()
        graph = sparse.csr_matrix(near.maximum(near.T))
        degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1e-12)
        half = sparse.diags_array(degree**-0.5)
        return sparse.csr_matrix(half @ graph @ half)


def consistency(prepared: Prepared, targets: Array, rows: Array, teacher: Array) -> Taught:
    """Ask that an altered copy of an unlabelled item gets what the teacher says of the item.

    Notes
    -----
    Xie et al. (2020), "Unsupervised data augmentation", NeurIPS; Sajjadi et al. (2016), NeurIPS.
    """
    del prepared
    unlabelled = rows == 0
    return np.where(unlabelled[:, None], teacher, targets), rows, np.where(unlabelled, 1.0, rows)


def self_training(prepared: Prepared, targets: Array, rows: Array, teacher: Array) -> Taught:
    """Believe the teacher where it is confident; a class that lags has a lower threshold.

    Notes
    -----
    Zhang et al. (2021), "FlexMatch", NeurIPS, eqs. 5-8: threshold ``0.95 b / (2 - b)``, where b is
    how many items of the class pass 0.95, as a share of the class with most. A fixed threshold
    without gold fell from 81 to 38 % accuracy on rule sets.
    """
    del prepared
    label, sure = teacher.argmax(axis=1), teacher.max(axis=1)
    passed = np.bincount(label[sure >= CONFIDENT], minlength=teacher.shape[1])
    learnt = passed / max(int(passed.max()), int(np.sum(sure < CONFIDENT)), 1)
    believed = (rows == 0) & (sure >= (CONFIDENT * learnt / (2 - learnt))[label])
    believed &= sure > 1 / teacher.shape[1]
    taught = np.where(believed[:, None], np.eye(teacher.shape[1])[label], targets)
    weights = np.where(believed, 1.0, rows)
    return taught, weights, weights


def spreading(prepared: Prepared, targets: Array, rows: Array, teacher: Array) -> Taught:
    """Let labels flow along a graph of neighbours to the unlabelled items.

    Notes
    -----
    Zhou et al. (2004), "Learning with local and global consistency", NIPS.
    """
    del teacher
    n, n_classes = targets.shape
    if n > MOST_SPREAD:
        return targets, rows, rows
    known = targets * rows[:, None]
    flow = known
    for _ in range(STEPS):
        flow = ALPHA * (prepared.near @ flow) + (1 - ALPHA) * known
    mass = flow.sum(axis=1)
    reached = (rows == 0) & (mass > 0)
    shares = np.where(mass[:, None] > 0, flow / np.maximum(mass, 1e-12)[:, None], 1 / n_classes)
    weights = np.where(reached, 0.5, rows)
    return np.where(reached[:, None], shares, targets), weights, weights


Trick = Callable[[Prepared, Array, Array, Array], Taught]
TRICKS: dict[str, Trick] = {
    "consistency": consistency,
    "self_training": self_training,
    "spreading": spreading,
}
"""By the name of the :class:`~labeling.student.student.Student` parameter that turns it on."""
