"""The same regression as :mod:`labeling.student.learning.soft`, for more rows than are worth a full search.

Each step looks at some rows and leaves some of their features out, other ones each time: what
altered copies do for few items, at no row more.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from labeling.errors import LabelingError
from labeling.student.learning.soft import as_classifier

EPOCHS = 5
"""Times that every row is looked at; the coefficients of the last time are averaged."""

FEW_STEPS, ROWS, MOST_STEPS = 50, (16, 256), 200
"""Steps of one epoch for few rows, rows of one step then, and steps at most: each costs all features
once."""

RATE = 0.3
"""Length of the first step, in units of each feature's own gradients."""


def stochastic_logistic(
    features: Any,
    targets: NDArray[np.float64],
    weights: NDArray[np.float64],
    penalty: float,
    *,
    blank: float = 0.0,
    seed: int = 0,
) -> LogisticRegression:
    """Fit ``softmax(X W + b)`` to soft targets in time and memory linear in the entries of ``X``.

    Parameters
    ----------
    features : sparse matrix of shape (n, d)
    targets, weights, penalty
        As in :func:`labeling.student.learning.soft.soft_logistic`.
    blank : float
        Share of the entries that each look at a row leaves out, in [0, 1).
    seed : int
        Of the order of the rows and of what is left out.

    Returns
    -------
    LogisticRegression
        Fitted, classes ``0 .. K - 1``.

    Raises
    ------
    LabelingError
        If no row has weight.

    Notes
    -----
    AdaGrad (Duchi, Hazan & Singer 2011, JMLR 12) with one rate a feature, and averaged
    coefficients (Polyak & Juditsky 1992, SIAM J. Control Optim. 30(4)); blanked entries are the
    corrupted features of van der Maaten et al. (2013), "Learning with marginalized corrupted
    features", ICML.

    Examples
    --------
    >>> x = sparse.csr_matrix(np.tile([[1.0, 0.0], [0.0, 1.0]], (500, 1)))
    >>> soft = np.tile([[0.9, 0.1], [0.1, 0.9]], (500, 1))
    >>> stochastic_logistic(x, soft, np.ones(1000), penalty=0.1).predict(x[:4]).tolist()
    [0, 1, 0, 1]
    """
    rows = np.flatnonzero(weights > 0)
    if len(rows) == 0:
        raise LabelingError(f"none of the {len(weights)} rows has a label to learn from")
    rng = np.random.default_rng(seed)
    n, n_classes = len(rows), targets.shape[1]
    x = sparse.csr_matrix(features[rows], dtype=np.float32)
    t, w = targets[rows].astype(np.float32), weights[rows].astype(np.float32)[:, None]
    # two classes share one direction there, and its penalty: here each has half of it
    decay = np.float32(penalty * (2 if n_classes == 2 else 1) / float(w.sum()))
    coef = np.zeros((x.shape[1], n_classes), dtype=np.float32)
    bias = np.zeros(n_classes, dtype=np.float32)
    mean_coef, mean_bias = np.zeros_like(coef), np.zeros_like(bias)
    squares = np.full((x.shape[1], 1), 1e-8, dtype=np.float32)
    bias_squares = np.full(n_classes, 1e-8, dtype=np.float32)
    at_once = max(int(np.clip(n // FEW_STEPS, *ROWS)), -(-n // MOST_STEPS))
    starts = range(0, n, at_once)
    for epoch in range(EPOCHS):
        order = rng.permutation(n)
        shuffled = x[order]
        if blank:
            shuffled.data *= rng.random(shuffled.nnz, dtype=np.float32) >= blank
        for start in starts:
            part = order[start : start + at_once]
            some, weight = shuffled[start : start + at_once], w[part]
            slope = (_softmax(some @ coef + bias) - t[part]) * (weight / weight.sum())
            gradient = some.T @ slope
            gradient += decay * coef
            squares += np.einsum("ij,ij->i", gradient, gradient)[:, None] / n_classes
            gradient *= RATE / np.sqrt(squares)
            coef -= gradient
            down = slope.sum(axis=0)
            bias_squares += down**2
            bias -= RATE * down / np.sqrt(bias_squares)
            if epoch == EPOCHS - 1:
                mean_coef += coef
                mean_bias += bias
    mean_coef /= len(starts)
    mean_bias /= len(starts)
    own, level = mean_coef.T.astype(np.float64), mean_bias.astype(np.float64)
    if n_classes == 2:
        return as_classifier(own[1:] - own[:1], level[1:] - level[:1], 2)
    return as_classifier(own, level, n_classes)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits
