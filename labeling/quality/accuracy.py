"""How good labels, classes and voters are: a share and an interval, out of audit samples.

The same function serves one batch, a sliding window and everything: every review is weighted with
the items it stands for, whatever batch it is from.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.audited import MISSING, AuditedBatch
from labeling.quality.intervals import Interval
from labeling.quality.unjudged import Kind, shares_either_way
from labeling.quality.weighted import draw_weight


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Accuracy of some answers over some items.

    Parameters
    ----------
    interval : Interval
        Point over the judged draws. If drawn items could not be judged, the low bound counts
        them all as wrong and the high bound all as right.
    items : int
        Items spoken for: those of batches in which anything was reviewed.
    reviewed, errors, missing : int
        Judged draws, wrong ones among them, and draws without a judgement.
    batches, unmeasured : int
        Batches measured, and batches with such items but no review: they are not spoken for.
    """

    interval: Interval
    items: int
    reviewed: int
    errors: int
    missing: int
    batches: int
    unmeasured: int


def accuracy(
    batches: Sequence[AuditedBatch],
    answers: Sequence[NDArray[np.int32]] | None = None,
    of_class: int | None = None,
    level: float = 0.95,
) -> Accuracy:
    """Estimate the accuracy of labels or of a voter.

    Parameters
    ----------
    batches : sequence of AuditedBatch
        One for the accuracy of a batch, several for a window, all for the overall accuracy.
    answers : sequence of int arrays of shape (n_items,), optional
        What a voter said in each batch, :data:`MISSING` where it abstained; accuracy is then over
        the items it voted on. Without it the released labels are judged.
    of_class : int, optional
        Only items answered with this class: the precision of the class.
    level : float
        Coverage of the interval.

    Raises
    ------
    QualityError
        If there is not one array of answers, of the right length, for each batch.

    Examples
    --------
    >>> batch = AuditedBatch.uniform("a", [0] * 100, range(10), [0] * 9 + [1])
    >>> measured = accuracy([batch])
    >>> measured.interval.point, measured.errors, round(measured.interval.low, 2)
    (0.9, 1, 0.61)
    """
    if answers is not None and len(answers) != len(batches):
        raise QualityError(f"{len(batches)} batches need as many answers, got {len(answers)}")
    parts: list[tuple[NDArray[np.bool_], ...]] = []
    weights: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    items = missing = unmeasured = 0
    for at, batch in enumerate(batches):
        given = batch.label if answers is None else answers[at]
        if len(given) != len(batch.label):
            raise QualityError(
                f"batch {batch.batch!r} has {len(batch.label)} items, but {len(given)} answers"
            )
        member = given != MISSING if of_class is None else given == of_class
        inside, known = member[batch.drawn], batch.gold != MISSING
        missing += int((inside & ~known).sum())
        if not (known.any() and member.any()):
            unmeasured += bool(member.any())
            continue
        parts.append((inside, known, (given[batch.drawn] == batch.gold) & known))
        weights.append((draw_weight(batch), draw_weight(batch, np.ones_like(known))))
        items += int(member.sum())
    every = [np.concatenate(part) for part in zip(*parts, strict=True)]
    if not every or not (every[0] & every[1]).any():
        nothing = Interval(math.nan, 0.0, 1.0, level)
        return Accuracy(nothing, 0, 0, 0, missing, 0, unmeasured + len(parts))
    inside, known, right = every
    judged, drawn = (np.concatenate(weight) for weight in zip(*weights, strict=True))
    (interval,) = shares_either_way(
        Kind(right[None], (inside & known)[None]),
        Kind(right[None], inside[None]),
        Kind((right | ~known)[None], inside[None]),
        judged,
        drawn,
        level,
    )
    reviewed = int((inside & known).sum())
    return Accuracy(
        interval,
        items,
        reviewed,
        reviewed - int((inside & right).sum()),
        missing,
        len(parts),
        unmeasured,
    )
