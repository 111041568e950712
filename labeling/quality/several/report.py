"""Exact match, Hamming loss, precision, recall and F1 by class, micro and macro, with intervals."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.estimates.accuracy import accuracy
from labeling.quality.estimates.classes import ClassQuality, f1_of, together
from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.unjudged import Hits, shares_either_way
from labeling.quality.estimates.weighted import draw_weight
from labeling.quality.several.batch import SeveralBatch
from labeling.quality.several.clustered import clustered_share, wider

Flags = NDArray[np.bool_]
Counted = Callable[[Flags, Flags], tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True, slots=True)
class Scores:
    """Precision, recall and F1, each 0..1."""

    precision: Interval
    recall: Interval
    f1: Interval


@dataclass(frozen=True, slots=True)
class SeveralReport:
    """Quality of items with several classes.

    Parameters
    ----------
    reviewed : int
        Judged draws of decided items.
    exact_match : Interval
        Share of the items all of whose classes are right.
    hamming_loss : Interval
        Share of the answers no and yes, over items and classes, that are wrong.
    classes : list of ClassQuality
        One each, in order.
    micro : Scores
        Of all classes given, and all that should have been.
    macro : Scores
        Means over the classes. A class that was neither given nor found leaves the bounds open by
        its part, and the point is of the others.
    """

    reviewed: int
    exact_match: Interval
    hamming_loss: Interval
    classes: list[ClassQuality]
    micro: Scores
    macro: Scores


def several_report(
    batches: Sequence[SeveralBatch], class_names: Sequence[str], level: float = 0.95
) -> SeveralReport:
    """Estimate quality from the judged draws and their weights alone.

    Points are those of the judged draws; intervals hold whatever the others are. What counts several
    classes of an item knows that they were drawn together (:func:`clustered_share`); exact match
    and what is told of one class count an item once (:func:`labeling.quality.estimates.classes.class_report`).

    Raises
    ------
    QualityError
        If no draw was judged anywhere, or a batch has other classes than are named.

    Examples
    --------
    >>> label = [[1, 0]] * 60 + [[0, 1]] * 40
    >>> batch = SeveralBatch.uniform("a", label, range(0, 100, 2), [[1, 0]] * 28 + [[1, 1]] * 4 + [[0, 1]] * 18)
    >>> found = several_report([batch], ["spam", "praise"])
    >>> round(found.exact_match.point, 2), round(found.hamming_loss.point, 2), round(found.micro.f1.point, 2)
    (0.92, 0.04, 0.96)
    """
    k = len(class_names)
    for batch in batches:
        if batch.n_classes != k:
            raise QualityError(
                f"batch {batch.batch!r} has {batch.n_classes} classes, {k} are named"
            )
    said = _Draws.of(batches, k)
    if not said.judged.any():
        raise QualityError("no reviewed item with labels: nothing to report on")
    rows = said.classes(class_names, level)
    jaccard = said.share(lambda given, found: (_count(given & found), _count(given | found)), level)
    return SeveralReport(
        int(said.judged.sum()),
        accuracy([batch.audited() for batch in batches], level).interval,
        said.share(
            lambda given, found: (_count(given != found), np.full(len(given), float(k))), level
        ),
        rows,
        Scores(
            said.share(lambda given, found: (_count(given & found), _count(given)), level),
            said.share(lambda given, found: (_count(given & found), _count(found)), level),
            f1_of(jaccard),
        ),
        Scores(
            said.mean([row.precision for row in rows], lambda given, found: (given & found, given)),
            said.mean([row.recall for row in rows], lambda given, found: (given & found, found)),
            said.mean(
                [row.f1 for row in rows],
                lambda given, found: (given & found, given | found),
                bent=True,
            ),
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """Draws of decided items: what was given and found, and both weights."""

    label: Flags
    gold: Flags
    judged: Flags
    weight: NDArray[np.float64]
    weight_of_all: NDArray[np.float64]

    @classmethod
    def of(cls, batches: Sequence[SeveralBatch], k: int) -> "_Draws":
        found: list[tuple[NDArray[np.generic], ...]] = []
        for batch in batches:
            kept, audited = batch.decided[batch.drawn], batch.audited()
            if not (kept & batch.judged).any():
                continue
            every = draw_weight(audited, np.ones_like(kept))
            parts = (batch.label[batch.drawn] == 1, batch.gold == 1, batch.judged)
            found.append(tuple(one[kept] for one in (*parts, draw_weight(audited), every)))
        if not found:
            none = np.zeros((0, k), dtype=np.bool_)
            return cls(none, none, np.zeros(0, dtype=np.bool_), np.zeros(0), np.zeros(0))
        return cls(*(np.concatenate(part) for part in zip(*found, strict=True)))

    def share(self, counted: Counted, level: float) -> Interval:
        """Estimate a share of parts; draws that nobody judged count against and for it in the bounds."""
        known, label = self.judged, self.label
        found = clustered_share(*counted(label[known], self.gold[known]), self.weight[known], level)
        if known.all() or not found.measured:
            return found
        sides = [
            clustered_share(
                *counted(label, np.where(known[:, None], self.gold, unknown)),
                self.weight_of_all,
                level,
            )
            for unknown in (label, ~label)
        ]
        low, high = (min(one.low for one in sides), max(one.high for one in sides))
        return Interval(found.point, min(found.low, low), max(found.high, high), level)

    def classes(self, names: Sequence[str], level: float) -> list[ClassQuality]:
        """Estimate each class by itself, as :func:`labeling.quality.estimates.classes.class_report` does."""
        given, found = self.label.T, self.gold.T
        known = np.broadcast_to(self.judged, given.shape)
        every = np.ones_like(known)

        def hits(found: Flags, known: Flags) -> Hits:
            hit, either = given & found, given | found
            return Hits(
                np.concatenate([hit, hit, hit, found]),
                np.concatenate([given & known, found, either & known, known]),
            )

        shares = shares_either_way(
            hits(found & known, known),
            hits(np.where(known, found, ~given), every),
            hits(np.where(known, found, given), every),
            self.weight,
            self.weight_of_all,
            level,
        )
        k = len(names)
        seen = ((given | found) & known).sum(axis=1)
        return [
            ClassQuality(
                name,
                int(seen[c]),
                shares[c],
                shares[k + c],
                f1_of(shares[2 * k + c]),
                shares[3 * k + c],
            )
            for c, name in enumerate(names)
        ]

    def mean(
        self,
        of: Sequence[Interval],
        counted: Callable[[Flags, Flags], tuple[Flags, Flags]],
        *,
        bent: bool = False,
    ) -> Interval:
        """Average shares of the classes, which go together as items move them together.

        As :func:`labeling.quality.estimates.classes.macro_f1`: distances to the bounds are added like standard
        errors that correlate, with one more review spread over each class, and where figures are F1
        of these shares (``bent``) the upper bound allows for their points lying low at once. Wilson's
        bounds of high shares miss above alone, the more often the fewer reviews there are of a
        class: these distances get a quantile of Student's t.
        """
        measured = np.array([one.measured for one in of], dtype=np.bool_)
        n, k, level = int(measured.sum()), len(of), of[0].level
        if not n:
            return Interval(math.nan, 0.0, 1.0, level)
        kept = [one for one in of if one.measured]
        known, weight = self.judged, self.weight[self.judged][:, None]
        hits, parts = (one[:, measured] for one in counted(self.label[known], self.gold[known]))
        more = float((weight**2).sum() / weight.sum()) / 4
        total = (weight * parts).sum(axis=0) + 3 * more
        share = ((weight * hits).sum(axis=0) + more) / total
        moves = weight * (hits - share * parts) / total
        shared = moves.T @ moves
        shared += np.diag((more / total) ** 2 * ((1 - share) ** 2 + 2 * share**2))
        spread = np.sqrt(np.diag(shared))
        correlation = shared / np.outer(spread, spread)
        point = float(np.mean([one.point for one in kept]))
        below = together([one.point - one.low for one in kept], correlation)
        seen = (weight * parts).sum(axis=0) ** 2 / (weight**2 * parts).sum(axis=0)
        above = together(
            [
                (one.high - one.point) * wider(float(parts), level)
                for one, parts in zip(kept, seen, strict=True)
            ],
            correlation,
        )
        if bent:
            above += float((2 / (1 + share) ** 3 * spread**2).sum())
        low, high = (point * n - below) / k, (point * n + above + k - n) / k
        return Interval(point, min(max(low, 0.0), point), max(min(high, 1.0), point), level)


def _count(flags: Flags) -> NDArray[np.float64]:
    return flags.sum(axis=1).astype(np.float64)
