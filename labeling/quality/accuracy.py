"""How good labels, classes and voters are: a share and an interval, out of audit samples.

The same function serves one batch, a sliding window and everything: every review is weighted with
the items it stands for, whatever batch it is from.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.audited import MISSING, AuditedBatch
from labeling.quality.intervals import Interval
from labeling.quality.unjudged import EitherWay
from labeling.quality.weighted import ShareCounts, draw_weight


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
    given = [batch.label for batch in batches] if answers is None else answers
    sums = [AuditSums.of(b, said, of_class) for b, said in zip(batches, given, strict=True)]
    return NO_SUMS.merge(*sums).accuracy(level)


@dataclass(frozen=True, slots=True)
class AuditSums:
    """What the accuracy of some answers is estimated from; that of batches adds up.

    Parameters
    ----------
    counts : EitherWay
        Draws of items that were answered, in batches where any draw was judged.
    items, missing, batches, unmeasured : int
        See :class:`Accuracy`.

    Examples
    --------
    >>> one = AuditedBatch.uniform("a", [0] * 100, range(10), [0] * 9 + [1])
    >>> other = AuditedBatch.uniform("b", [0] * 50, range(10), [0] * 10)
    >>> both = AuditSums.of(one, one.label).merge(AuditSums.of(other, other.label))
    >>> both.accuracy() == accuracy([other, one])
    True
    """

    counts: EitherWay
    items: int
    missing: int
    batches: int
    unmeasured: int

    @classmethod
    def of(cls, batch: AuditedBatch, given: NDArray[np.int32], of_class: int | None = None) -> Self:
        """Count the draws of one batch; ``given`` is of shape (n_items,), see :func:`accuracy`."""
        if len(given) != len(batch.label):
            raise QualityError(
                f"batch {batch.batch!r} has {len(batch.label)} items, but {len(given)} answers"
            )
        member = given != MISSING if of_class is None else given == of_class
        inside, known = member[batch.drawn], batch.gold != MISSING
        missing = int((inside & ~known).sum())
        if not (known.any() and member.any()):
            return cls(NO_DRAWS, 0, missing, 0, int(member.any()))
        right = ((given[batch.drawn] == batch.gold) & known)[None]
        every = draw_weight(batch, np.ones_like(known))
        counts = EitherWay(
            ShareCounts.of(right, draw_weight(batch), (inside & known)[None]),
            ShareCounts.of(right, every, inside[None]),
            ShareCounts.of(right | ~known, every, inside[None]),
        )
        return cls(counts, int(member.sum()), missing, 1, 0)

    def merge(self, *others: Self) -> Self:
        """Return the sums of all batches together, the same in whatever order they come."""
        parts = (self, *others)
        return type(self)(
            self.counts.merge(*(other.counts for other in others)),
            *(
                sum(getattr(part, name) for part in parts)
                for name in ("items", "missing", "batches", "unmeasured")
            ),
        )

    def accuracy(self, level: float = 0.95) -> Accuracy:
        """Estimate the accuracy."""
        judged = self.counts.judged
        reviewed = int(judged.inside.sum())
        if not reviewed:
            nothing = Interval(math.nan, 0.0, 1.0, level)
            unmeasured = self.unmeasured + self.batches
            return Accuracy(nothing, 0, 0, 0, self.missing, 0, unmeasured)
        (interval,) = self.counts.shares(level)
        errors = reviewed - int(judged.success.sum())
        return Accuracy(
            interval, self.items, reviewed, errors, self.missing, self.batches, self.unmeasured
        )


_NOBODY = ShareCounts.of(np.empty((1, 0), np.bool_), np.empty(0), np.empty((1, 0), np.bool_))
NO_DRAWS = EitherWay(_NOBODY, _NOBODY, _NOBODY)
NO_SUMS = AuditSums(NO_DRAWS, 0, 0, 0, 0)
