"""Gold corrects a student that the voters taught.

Mixing gold rows among thousands of noisy ones drowns them, whatever their weight. Here the noisy
labels only set where the coefficients start from, and gold says where to go: with 50 reviews it
is better than either alone, and with many it forgets the voters.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from labeling.student.learning.soft import MAX_STEPS, as_classifier

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

SCALE_SD = 0.5
BIAS_SD = 0.7
"""Prior of the scale (of its logarithm) and of the class biases: those of the gold head."""

NARROW, JITTER = 8, 1e-9
"""Terms a row from which rows are told by their products alone; and what keeps equal rows apart, as a
share of a row's square."""


def corrected(
    taught: LogisticRegression | None,
    x: Any,
    label: NDArray[np.int32],
    weight: NDArray[np.float64],
    n_classes: int,
    penalty: float,
) -> LogisticRegression:
    """Fit ``softmax(s * taught(x) + x W + b)`` to gold, and write it as one classifier.

    Minimises ``sum_i w_i CE_i + penalty / 2 |W|^2 + log(s)^2 / (2 sd_s^2) + |b|^2 / (2 sd_b^2)``:
    maximum a posteriori with the taught coefficients, stretched by ``s``, for the prior mean.

    Parameters
    ----------
    taught : LogisticRegression or None
        What the voters taught; ``None`` where no voter spoke.
    x : sparse matrix of shape (n, d)
        Features of the gold items (and of their altered copies).
    label : int array of shape (n,)
    weight : float array of shape (n,)
    n_classes : int
    penalty : float
        ``> 0``. Small lets gold overrule the voters.

    Returns
    -------
    LogisticRegression

    Notes
    -----
    Chelba & Acero (2006), "Adaptation of maximum entropy capitalizer:
    little data can help a lot", Computer Speech & Language
    20(4): a Gaussian prior centred on the coefficients of the out-of-domain model.
    """
    x = x.tocsr()
    active = np.flatnonzero(np.bincount(x.indices, minlength=x.shape[1]))
    near, spread = _narrow(x[:, active])
    near_t = near.T
    width = near.shape[1]
    if taught is None:
        start, bias = np.zeros((n_classes, x.shape[1])), np.zeros(n_classes)
    else:
        start, bias = full_rank(taught)
    offset = log_softmax(x @ start.T + bias, axis=1)
    target = np.eye(n_classes)[label]
    w = weight[:, None]
    total = float(weight.sum())

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        stretch, b = np.exp(flat[0]), flat[1 : 1 + n_classes]
        coef = flat[1 + n_classes :].reshape(width, n_classes)
        log_p = log_softmax(stretch * offset + near @ coef + b, axis=1)
        slope = w * (np.exp(log_p) - target)
        value = (
            -float(np.sum(w * target * log_p))
            + penalty / 2 * float(np.sum(coef**2))
            + (flat[0] / SCALE_SD) ** 2 / 2
            + float(b @ b) / BIAS_SD**2 / 2
        )
        gradient = np.concatenate(
            [
                [float(np.sum(slope * offset)) * stretch + flat[0] / SCALE_SD**2],
                slope.sum(axis=0) + b / BIAS_SD**2,
                (near_t @ slope + penalty * coef).ravel(),
            ]
        )
        return value / total, gradient / total

    found = minimize(
        loss,
        np.zeros(1 + n_classes * (1 + width)),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": MAX_STEPS, "gtol": 1e-5, "ftol": 1e-5, "maxcor": 10},
    )
    stretch = float(np.exp(found.x[0]))
    coef = stretch * start
    coef[:, active] += spread(found.x[1 + n_classes :].reshape(width, n_classes)).T
    intercept = stretch * bias + found.x[1 : 1 + n_classes]
    if n_classes == 2:
        return as_classifier(coef[1:] - coef[:1], intercept[1:] - intercept[:1], 2)
    return as_classifier(coef, intercept, n_classes)


def _narrow(x: Any) -> tuple[Any, Callable[[NDArray[np.float64]], NDArray[np.float64]]]:
    """Return features with the same products of rows, no more than there are rows, and the way back.

    Coefficients under an L2 penalty lie in the span of the rows (Schoelkopf, Herbrich & Smola 2001,
    "A generalized representer theorem", COLT); few rows have far more terms than that.
    """
    if x.shape[0] * NARROW > x.shape[1]:
        return x, lambda coef: coef
    gram = (x @ x.T).toarray()
    apart = JITTER * max(float(np.trace(gram)) / len(gram), np.finfo(np.float64).tiny)
    root = cholesky(gram + apart * np.eye(len(gram)), lower=True)

    def back(coef: NDArray[np.float64]) -> NDArray[np.float64]:
        return x.T @ solve_triangular(root, coef, lower=True, trans="T")

    return root, back


def full_rank(model: LogisticRegression) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coefficients (K, d) and intercepts (K,), also where two classes share one row."""
    coef, bias = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(coef) == 1:
        return np.vstack([-coef / 2, coef / 2]), np.concatenate([-bias / 2, bias / 2])
    return coef, bias
