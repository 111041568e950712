"""How good labels, classes and voters are: a share and an interval, out of audit samples.

The same function serves one batch, a sliding window and everything: every review is weighted with
the items it stands for, whatever batch it is from.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from labeling.quality.estimates.audited import AuditedBatch
from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.unjudged import EitherWay
from labeling.quality.estimates.weighted import ShareCounts, draw_weight


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
    level: float = 0.95,
) -> Accuracy:
    """Estimate the accuracy of whatever was audited: labels, a class of them, a voter.

    Parameters
    ----------
    batches : sequence of AuditedBatch
        One for the accuracy of a batch, several for a window, all for the overall accuracy.
    level : float
        Coverage of the interval.

    Examples
    --------
    >>> batch = AuditedBatch.uniform("a", 100, range(10), [False] * 9 + [True])
    >>> measured = accuracy([batch])
    >>> measured.interval.point, measured.errors, round(measured.interval.low, 2)
    (0.9, 1, 0.61)
    """
    return NO_SUMS.merge(*map(AuditSums.of, batches)).accuracy(level)


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
    >>> one = AuditedBatch.uniform("a", 100, range(10), [False] * 9 + [True])
    >>> other = AuditedBatch.uniform("b", 50, range(10), [False] * 10)
    >>> both = AuditSums.of(one).merge(AuditSums.of(other))
    >>> both.accuracy() == accuracy([other, one])
    True
    """

    counts: EitherWay
    items: int
    missing: int
    batches: int
    unmeasured: int

    @classmethod
    def of(cls, batch: AuditedBatch) -> Self:
        """Count the draws of one batch."""
        member, inside, known = batch.member, batch.inside, batch.judged
        if batch.counted is not None:
            inside = inside & (batch.counted | ~known)
        missing = int((inside & ~known).sum())
        if not (known.any() and member.any()):
            return cls(NO_DRAWS, 0, missing, 0, int(member.any()))
        right = (known & ~batch.wrong)[None]
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
