"""Make stated confidences mean what they say, on gold, without judging an item by itself."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from labeling.llm.confidence.platt import FOLDS, fit, fold_of, log_odds, predicted
from labeling.llm.prompts.content import strings

ENOUGH = 40
"""Reviewed votes with a confidence that a voter needs; below it stays as it is, marked so."""

RIDGE = (1.0, 0.25)
"""Precision of slope and level."""


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
    fold = np.array([fold_of(item) for item in items], dtype=int)
    result, calibrated = confidence.copy(), np.zeros(len(items), dtype=bool)
    for voter in set(voters.tolist()):
        mine = (voters == voter) & ~np.isnan(confidence)
        known = mine & ~np.isnan(right)
        if known.sum() < enough:
            continue
        x = log_odds(confidence)
        result[mine] = predicted(fit(x[known], right[known], RIDGE), x[mine])
        for held in range(FOLDS):
            out, others = known & (fold == held), known & (fold != held)
            if out.any():
                result[out] = predicted(fit(x[others], right[others], RIDGE), x[out])
        calibrated |= mine
    at = votes.schema.get_field_index("confidence")
    column = pa.array([None if np.isnan(c) else float(c) for c in result], pa.float64())
    return votes.set_column(at, "confidence", column).append_column(
        "calibrated", pa.array(calibrated)
    )
