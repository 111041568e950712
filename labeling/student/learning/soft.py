"""Multinomial logistic regression on soft labels; the result is a plain scikit-learn classifier.

scikit-learn's own needs one class a row. Repeating every row once a class with weights would do,
and costs K times the time and memory; the gradient below costs the same as for hard labels.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from labeling.errors import LabelingError

MAX_STEPS = 150
"""L-BFGS steps; text features converge to the tolerance in 20 to 40."""


def soft_logistic(
    features: Any,
    targets: NDArray[np.float64],
    weights: NDArray[np.float64],
    penalty: float,
    start: LogisticRegression | None = None,
) -> LogisticRegression:
    """Fit ``softmax(X W + b)`` to soft targets by weighted cross entropy with an L2 penalty.

    Minimises ``sum_i w_i CE(t_i, softmax(x_i W + b)) + penalty / 2 * |W|^2``; with one-hot
    targets this is scikit-learn's ``LogisticRegression(C=1 / penalty)``.

    Parameters
    ----------
    features : sparse or dense matrix of shape (n, d)
    targets : float array of shape (n, K)
        Rows sum to 1; K is at least 2.
    weights : float array of shape (n,)
        ``>= 0``; rows of weight 0 cost nothing.
    penalty : float
        ``> 0``. In the unit of one row of weight 1.
    start : LogisticRegression, optional
        Fitted to nearly the same on the same features: the search begins there, and ends sooner.

    Returns
    -------
    LogisticRegression
        Fitted, classes ``0 .. K - 1``; knows nothing of this package.

    Raises
    ------
    LabelingError
        If no row has weight.

    Examples
    --------
    >>> X = np.array([[-1.0], [1.0]])
    >>> model = soft_logistic(X, np.array([[0.9, 0.1], [0.1, 0.9]]), np.ones(2), penalty=1e-6)
    >>> model.predict_proba(X).round(2).tolist()
    [[0.9, 0.1], [0.1, 0.9]]
    """
    rows = np.flatnonzero(weights > 0)
    if len(rows) == 0:
        raise LabelingError(
            f"none of the {len(weights)} rows has a label to learn from: no voter spoke and there "
            f"is no gold; add a rule that fires, or review some items"
        )
    n_features, n_classes = features.shape[1], targets.shape[1]
    x: Any = features[rows]
    if hasattr(x, "tocsr"):
        x = x.tocsr().astype(np.float64)
        # A feature that no training row shows stays at 0: leave it out of the search.
        active = np.flatnonzero(np.bincount(x.indices, minlength=n_features))
    else:
        x = np.asarray(x, dtype=np.float64)
        active = np.arange(n_features)
    x = x[:, active]
    x_t = x.T.tocsr() if hasattr(x, "tocsr") else x.T
    t, w = targets[rows], weights[rows, None]
    wt = w * t
    # Common words curve the loss a hundred times as much as rare ones: in units of that curvature
    # the search takes a third of the steps to the same place.
    squares = x.multiply(x) if hasattr(x, "multiply") else x**2
    curvature = np.asarray(squares.T @ w).ravel() / 4 + penalty
    inner, outer = curvature[:, None] ** -0.5, (float(w.sum()) / 4) ** -0.5
    scale = 1.0 / float(w.sum())
    # K = 2 has one free direction: halving the size of the problem matters on long texts.
    size = 1 if n_classes == 2 else n_classes
    shape = (len(active), size)

    def spread(z: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.hstack([-z / 2, z / 2]) if n_classes == 2 else z

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        coef, bias = inner * flat[size:].reshape(shape), outer * flat[:size]
        log_p = log_softmax(spread(x @ coef + bias), axis=1)
        slope = w * np.exp(log_p) - wt
        if n_classes == 2:
            slope = (slope[:, 1:] - slope[:, :1]) / 2
        value = -float(np.sum(wt * log_p)) + penalty / 2 * float(np.sum(coef**2))
        gradient = np.concatenate(
            [outer * slope.sum(axis=0), (inner * (x_t @ slope + penalty * coef)).ravel()]
        )
        return scale * value, scale * gradient

    first = np.zeros(size + shape[0] * size)
    if start is not None:
        first[:size] = start.intercept_ / outer
        first[size:] = (start.coef_[:, active].T / inner).ravel()
    found = minimize(
        loss,
        first,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": MAX_STEPS, "gtol": 1e-6, "ftol": 1e-5, "maxcor": 10},
    )
    coef = np.zeros((size, n_features))
    coef[:, active] = (inner * found.x[size:].reshape(shape)).T
    return as_classifier(coef, outer * found.x[:size], n_classes)


def as_classifier(
    coef: NDArray[np.float64], intercept: NDArray[np.float64], n_classes: int
) -> LogisticRegression:
    """Dress coefficients of shape (K, d), or (1, d) for two classes, as a fitted classifier."""
    model: Any = LogisticRegression()
    model.classes_ = np.arange(n_classes)
    model.coef_ = coef
    model.intercept_ = np.asarray(intercept, dtype=np.float64)
    model.n_features_in_ = coef.shape[1]
    model.n_iter_ = np.array([MAX_STEPS], dtype=np.int32)
    return model
