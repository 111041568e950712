"""Make stated confidences mean what they say, on gold, without judging an item by itself."""

import hashlib
from collections.abc import Mapping
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from labeling.llm.content import strings

FOLDS = 5
ENOUGH = 40
"""Reviewed votes with a confidence that a voter needs; below it stays as it is, marked so."""

EDGE = 1e-3
"""Confidences are kept that far from 0 and 1, so that their log-odds are finite."""


def calibrate(votes: pa.Table, gold: Mapping[str, str], enough: int = ENOUGH) -> pa.Table:
    """Replace confidences by the probability that the vote is right.

    Parameters
    ----------
    votes : Table
        ``item_id, voter, label, confidence`` among its columns.
    gold : mapping of str to str
        Item to its true class; from a sample with known probabilities, or the result is biased.
    enough : int
        Reviewed votes that a voter needs.

    Returns
    -------
    Table
        The same rows in the same order with another ``confidence`` and a column ``calibrated``:
        false where the confidence is as the model gave it, or missing.

    Notes
    -----
    For each voter ``P(right) = sigmoid(a * logit(confidence) + b)`` (Platt, 1999), fitted with a
    weak ridge towards a = 1, b = 0, so that little gold moves little. Votes on gold items are
    predicted by a fit on the other folds only (cross-fitting): calibrating on an item's own answer
    would look better than it is.

    Examples
    --------
    >>> votes = pa.table({"item_id": ["a"], "voter": ["llm/x"], "label": ["SPAM"],
    ...                   "confidence": [0.9]})
    >>> calibrate(votes, {"a": "SPAM"})["calibrated"].to_pylist()
    [False]
    """
    confidence = np.array(
        [np.nan if c is None else c for c in votes.column("confidence").to_pylist()], dtype=float
    )
    items = strings(votes, "item_id")
    labels = strings(votes, "label")
    voters = np.array(strings(votes, "voter"), dtype=object)
    right = np.array(
        [
            np.nan if item not in gold else float(gold[item] == label)
            for item, label in zip(items, labels, strict=True)
        ]
    )
    fold = np.array([_fold(item) for item in items], dtype=int)
    result, calibrated = confidence.copy(), np.zeros(len(items), dtype=bool)
    for voter in set(voters.tolist()):
        mine = (voters == voter) & ~np.isnan(confidence)
        known = mine & ~np.isnan(right)
        if known.sum() < enough:
            continue
        x = _log_odds(confidence)
        result[mine] = _sigmoid(_fit(x[known], right[known]), x[mine])
        for held in range(FOLDS):
            out, others = known & (fold == held), known & (fold != held)
            if out.any():
                result[out] = _sigmoid(_fit(x[others], right[others]), x[out])
        calibrated |= mine
    at = votes.schema.get_field_index("confidence")
    column = pa.array([None if np.isnan(c) else float(c) for c in result], pa.float64())
    return votes.set_column(at, "confidence", column).append_column(
        "calibrated", pa.array(calibrated)
    )


def _fold(item: str) -> int:
    """Fold of an item: the same in every batch and for every voter."""
    return int(hashlib.sha256(item.encode()).hexdigest()[:8], 16) % FOLDS


def _log_odds(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(confidence, EDGE, 1 - EDGE)
    return np.log(p) - np.log1p(-p)


def _sigmoid(ab: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    return _expit(ab[0] * x + ab[1])


def _expit(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cast("object", expit(z)), dtype=np.float64)


def _fit(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minimise the penalised log-loss; convex, two parameters."""
    prior, precision = np.array([1.0, 0.0]), np.array([1.0, 0.25])

    def loss(ab: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = ab[0] * x + ab[1]
        off = ab - prior
        miss = _expit(z) - y
        value = float(np.sum(np.logaddexp(0, z) - y * z) + 0.5 * np.sum(precision * off**2))
        return value, np.array([miss @ x, miss.sum()]) + precision * off

    return np.asarray(minimize(loss, prior, jac=True, method="L-BFGS-B").x)
