"""Precision, recall and F1 of spans, exact and by overlap, by type and in all, with intervals."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.estimates.accuracy import accuracy
from labeling.quality.estimates.classes import f1_of, together
from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.weighted import draw_weight
from labeling.quality.several.clustered import clustered_share
from labeling.quality.several.report import Scores
from labeling.quality.spans.batch import SpansBatch
from labeling.quality.spans.counts import SpanCounts

Table = NDArray[np.float64]
Part = Callable[[SpanCounts, Table], tuple[Table, Table]]
"""Takes counts and which of them are right; returns hits and parts, a row an item."""


@dataclass(frozen=True, slots=True)
class TypeQuality:
    """Quality of the spans of one type; ``reviewed`` counts items that hold or were given one."""

    name: str
    reviewed: int
    strict: Scores
    overlap: Scores
    share: Interval


@dataclass(frozen=True, slots=True)
class SpansReport:
    """Quality of marked spans.

    Parameters
    ----------
    reviewed : int
        Judged draws of decided items.
    exact_match : Interval
        Share of the items all of whose spans are right, with none missed.
    types : list of TypeQuality
        One each, in order.
    micro, micro_overlap : Scores
        Of all spans given, and all that should have been; exact, and by overlap.
    macro, macro_overlap : Scores
        Means over the types. A type without a span leaves the bounds open by its part.
    """

    reviewed: int
    exact_match: Interval
    types: list[TypeQuality]
    micro: Scores
    micro_overlap: Scores
    macro: Scores
    macro_overlap: Scores


PARTS: dict[str, Part] = {
    "precision": lambda counts, hit: (hit, counts.given.astype(np.float64)),
    "recall": lambda counts, hit: (hit, counts.gold.astype(np.float64)),
    "f1": lambda counts, hit: (hit, counts.given + counts.gold - hit),
}
"""What hits are a share of; of F1 the share is that of hits among spans given or there."""


def spans_report(
    batches: Sequence[SpansBatch], types: Sequence[str], level: float = 0.95
) -> SpansReport:
    """Estimate quality from the judged draws and their weights alone.

    Points are those of the judged draws. Intervals know that the spans of an item were drawn
    together (:func:`labeling.quality.several.clustered.clustered_share`), and hold whatever the
    draws are that nobody judged: of each type these hold at most as many spans as were given to
    them or as the fullest item holds that was judged.

    Raises
    ------
    QualityError
        If no draw was judged anywhere, or a batch counts other types than are named.

    Examples
    --------
    >>> from labeling.kinds.spans.answer import Span
    >>> from labeling.quality.estimates.audited import uniform_design
    >>> given = [[Span(0, 5, "Drug")]] * 80 + [[Span(0, 4, "Drug")]] * 20
    >>> batch = SpansBatch.of("a", given, uniform_design(100, 50), range(0, 100, 2),
    ...     [[Span(0, 5, "Drug")]] * 50, ["Drug"])
    >>> found = spans_report([batch], ["Drug"])
    >>> round(found.micro.precision.point, 2), found.micro_overlap.precision.point
    (0.8, 1.0)
    """
    for batch in batches:
        if batch.counts.given.shape[1] != len(types):
            raise QualityError(
                f"batch {batch.batch!r} counts {batch.counts.given.shape[1]} types, "
                f"{len(types)} are named"
            )
    said = _Draws.of(batches, level)
    if said is None:
        raise QualityError("no reviewed item with labels: nothing to report on")
    rows = [
        TypeQuality(
            name,
            int(((said.counts.given + said.counts.gold)[said.judged, c] > 0).sum()),
            said.scores("strict", [c]),
            said.scores("overlap", [c]),
            said.holding(c),
        )
        for c, name in enumerate(types)
    ]
    every = list(range(len(types)))
    return SpansReport(
        int(said.judged.sum()),
        accuracy([batch.audited() for batch in batches], level).interval,
        rows,
        said.scores("strict", every),
        said.scores("overlap", every),
        said.means("strict", [row.strict for row in rows]),
        said.means("overlap", [row.overlap for row in rows]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """Draws of decided items, and their weights among those judged and among all."""

    counts: SpanCounts
    known: SpanCounts
    judged: NDArray[np.bool_]
    weight: Table
    weight_of_all: Table
    level: float

    @classmethod
    def of(cls, batches: Sequence[SpansBatch], level: float) -> "_Draws | None":
        counts: list[SpanCounts] = []
        known: list[NDArray[np.bool_]] = []
        weights: list[Table] = []
        for batch in batches:
            kept, audited = batch.decided[batch.drawn], batch.audited()
            if (kept & batch.judged).any():
                counts.append(batch.counts.take(kept))
                known.append(batch.judged[kept])
                both = np.stack([draw_weight(audited), draw_weight(audited, np.ones_like(kept))])
                weights.append(both[:, kept])
        if not counts:
            return None
        every, judged = SpanCounts.joined(counts), np.concatenate(known)
        weight, weight_of_all = np.concatenate(weights, axis=1)
        return cls(every, every.take(judged), judged, weight, weight_of_all, level)

    def scores(self, right: str, columns: list[int]) -> Scores:
        """Estimate precision, recall and F1 of some types together."""
        precision, recall, jaccard = (self.share(part, right, columns) for part in PARTS.values())
        return Scores(precision, recall, f1_of(jaccard))

    def share(self, part: Part, right: str, columns: list[int]) -> Interval:
        """Estimate a share of spans, with draws that nobody judged against and for it in the bounds."""
        known = self.judged
        found = self._of(part, self.known, right, columns, self.weight[known])
        if known.all() or not found.measured:
            return found
        sides = [
            self._of(part, counts, right, columns, self.weight_of_all)
            for counts in (self._guessed(right=False), self._guessed(right=True))
        ]
        low, high = (min(one.low for one in sides), max(one.high for one in sides))
        return Interval(found.point, min(found.low, low), max(found.high, high), self.level)

    def _of(
        self, part: Part, counts: SpanCounts, right: str, columns: list[int], weight: Table
    ) -> Interval:
        hits, parts = part(counts, getattr(counts, right).astype(np.float64))
        return clustered_share(
            hits[:, columns].sum(axis=1),
            parts[:, columns].sum(axis=1),
            weight,
            self.level,
            uneven=True,
        )

    def _guessed(self, *, right: bool) -> SpanCounts:
        """Return the counts with all spans of draws that nobody judged right, or all wrong and missed."""
        counts, known = self.counts, self.judged[:, None]
        fullest = np.maximum(counts.gold[self.judged].max(axis=0), counts.given)
        gold = np.where(known, counts.gold, counts.given if right else fullest)
        hit = counts.given if right else np.zeros_like(counts.given)
        strict, overlap = (np.where(known, one, hit) for one in (counts.strict, counts.overlap))
        return SpanCounts(counts.given, gold, strict, overlap)

    def holding(self, column: int) -> Interval:
        """Estimate the share of items that hold a span of a type."""
        known = self.judged
        holds = self.counts.gold[:, column] > 0
        ones = np.ones(len(known))
        found = clustered_share(
            holds[known].astype(np.float64), ones[known], self.weight[known], self.level
        )
        if known.all():
            return found
        low, high = (
            clustered_share(
                np.where(known, holds, guess).astype(np.float64),
                ones,
                self.weight_of_all,
                self.level,
            )
            for guess in (False, True)
        )
        return Interval(
            found.point, min(found.low, low.low), max(found.high, high.high), self.level
        )

    def means(self, right: str, of: list[Scores]) -> Scores:
        """Average precision, recall and F1 over the types."""
        return Scores(
            *(
                self.mean(part, right, [getattr(one, name) for one in of], bent=name == "f1")
                for name, part in PARTS.items()
            )
        )

    def mean(self, part: Part, right: str, of: list[Interval], *, bent: bool) -> Interval:
        """Average a share over the types, whose errors go together as items move them together.

        Distances to the bounds are added like standard errors that correlate (method of variance
        estimates recovery, Zou & Donner 2008, Stat. Med. 27, 1693-1702), with one more span of each
        type. F1 is concave in the share it comes from (``bent``), so that all points lie low at once.
        """
        measured = np.array([one.measured for one in of], dtype=np.bool_)
        n, k = int(measured.sum()), len(of)
        if not n:
            return Interval(math.nan, 0.0, 1.0, self.level)
        kept = [one for one in of if one.measured]
        counts, weight = self.known, self.weight[self.judged][:, None]
        table: Table = getattr(counts, right).astype(np.float64)
        hits, parts = (one[:, measured] for one in part(counts, table))
        more = float((weight**2).sum() / weight.sum())
        total = (weight * parts).sum(axis=0) + more
        share = ((weight * hits).sum(axis=0) + more / 2) / total
        moves = weight * (hits - share * parts) / total
        shared = moves.T @ moves + np.diag((more / total) ** 2 * share * (1 - share))
        spread: Table = np.sqrt(np.diag(shared))
        correlation = shared / np.outer(spread, spread)
        point = float(np.mean([one.point for one in kept]))
        below = together([one.point - one.low for one in kept], correlation)
        above = together([one.high - one.point for one in kept], correlation)
        if bent:
            above += float((2 / (1 + share) ** 3 * spread**2).sum())
        low, high = (point * n - below) / k, (point * n + above + k - n) / k
        return Interval(point, min(max(low, 0.0), point), max(min(high, 1.0), point), self.level)
