"""Accuracy out of a plain table of reviews: by batch, by class, overall and over a window."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.estimates.intervals import Interval, merge_thin, stratified_score
from labeling.quality.gain import Gain, proven_gain
from labeling.quality.tables.table import UNREVIEWED, UNSETTLED, ReviewTable, group_by_weight
from labeling.sampling.audits.strata import stratify

VAST = 1e12
"""Items assumed where nobody told how many there are; no finite-population gain is left."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Effective counts by stratum, and the plain counts they come from."""

    right: NDArray[np.float64]
    lost: NDArray[np.float64]
    drawn: NDArray[np.float64]
    sizes: NDArray[np.float64]
    method: str
    reviewed: int
    errors: int
    unsettled: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """Accuracy of one batch, window, class or of everything."""

    name: str
    interval: Interval
    reviewed: int
    errors: int
    unsettled: int
    method: str


@dataclass(frozen=True, slots=True)
class Estimates:
    """What a table of reviews says.

    ``classes`` holds the precision of each label, ``windows`` the sliding windows if asked for,
    ``gain`` whether posteriors were used, decided on batches before the last.
    """

    overall: Estimate
    batches: list[Estimate]
    windows: list[Estimate]
    classes: list[Estimate]
    gain: Gain
    dropped: int
    warnings: tuple[str, ...] = ()


def estimate(reviews: ReviewTable, window: int = 0, level: float = 0.95) -> Estimates:
    """Estimate accuracy with intervals that use the sampling probabilities.

    Parameters
    ----------
    reviews : ReviewTable
    window : int
        Batches in a sliding window; 0 for none.
    level : float
        Coverage of the intervals.

    Notes
    -----
    Reviews of equal weight form a stratum, and so do items of like posterior once reviews of
    earlier batches have proven that the posterior knows where the errors are. Reviews that each
    have a weight of their own give Wilson's interval at Kish's effective number of reviews,
    ``(sum w)^2 / sum w^2`` (Kish 1965, Survey Sampling).

    Examples
    --------
    >>> import pyarrow as pa
    >>> from labeling.quality.tables.table import review_table
    >>> table = pa.table({"batch": ["a"] * 100, "correct": [1] * 92 + [0] * 8})
    >>> found = estimate(review_table(table)).overall
    >>> round(found.interval.low, 4), round(found.interval.high, 4)
    (0.85, 0.9589)
    """
    if window < 0:
        raise QualityError(f"a window has at least 1 batch, or 0 for none; got {window}")
    names = reviews.batches
    helps = [_gain_before(reviews, names[:at]) for at in range(len(names))]
    parts: dict[str, _Part] = {}
    batches: list[Estimate] = []
    for name, gain in zip(names, helps, strict=True):
        rows = reviews.of(reviews.batch == name)
        parts[name] = _part(rows, stratified=gain.proven)
        batches.append(_estimate(name, [parts[name]], level))
    windows: list[Estimate] = []
    if window:
        spans = (names[at - window : at] for at in range(window, len(names) + 1))
        windows = [_together(reviews, span, parts, level) for span in spans]
    everything = _together(reviews, names, parts, level)
    classes: list[Estimate] = []
    if reviews.label is not None:
        for label in sorted(set(reviews.label.tolist()) - {""}):
            rows = reviews.of(reviews.label == label)
            classes.append(_estimate(label, [_part(rows, stratified=False)], level))
    return Estimates(
        replace(everything, name="overall"),
        batches,
        windows,
        classes,
        helps[-1] if helps else proven_gain([], []),
        reviews.dropped,
        reviews.warnings,
    )


def _gain_before(reviews: ReviewTable, earlier: list[str]) -> Gain:
    """Judge the posterior on the reviews of earlier batches; no posterior proves nothing."""
    if reviews.posterior is None or not earlier:
        return proven_gain([], [])
    seen = np.isin(reviews.batch, earlier) & (reviews.correct >= 0)
    return proven_gain(1 - reviews.posterior[seen], reviews.correct[seen] == 0)


def _together(
    reviews: ReviewTable, names: list[str], parts: dict[str, _Part], level: float
) -> Estimate:
    """Estimate several batches: weighted by their items where all list these, else pooled."""
    title = names[0] if len(names) == 1 else f"{names[0]} .. {names[-1]}" if names else "nothing"
    if all(reviews.absolute or parts[name].sizes.sum() < VAST for name in names):
        return _estimate(title, [parts[name] for name in names], level)
    rows = reviews.of(np.isin(reviews.batch, names) & (reviews.correct != UNREVIEWED))
    return _estimate(title, [_part(rows, stratified=False)], level)


def _part(rows: ReviewTable, *, stratified: bool) -> _Part:
    """Count right, unsettled, reviewed and all items in each stratum."""
    drawn = rows.correct != UNREVIEWED
    weight = rows.weight[drawn]
    if rows.weighted:
        stratum, method = group_by_weight(weight), "weighted score interval"
        rows_in = np.bincount(stratum)
        mass = np.bincount(stratum, weight)
        factor = mass**2 / np.maximum(np.bincount(stratum, weight**2) * rows_in, 1e-300)
        sizes = mass if rows.absolute else mass * VAST / max(float(mass.sum()), 1e-300)
        share = weight / (mass / np.maximum(rows_in, 1))[stratum]
    else:
        every = np.zeros(len(rows.batch), dtype=np.int64)
        method = "Wilson interval"
        if rows.lists_unreviewed and stratified and rows.posterior is not None:
            every = stratify(1 - rows.posterior, int(drawn.sum()))
            method = "score interval, stratified by posterior"
        stratum, share = every[drawn], np.ones(len(weight))
        sizes = np.bincount(every) * (1.0 if rows.lists_unreviewed else VAST)
        factor = np.ones(len(sizes))
    strata = len(sizes)
    unsettled, right = rows.correct[drawn] == UNSETTLED, rows.correct[drawn] == 1
    counts = [
        np.bincount(stratum, share * chosen, strata) * factor
        for chosen in (right, unsettled, np.ones(len(share)))
    ]
    return _Part(
        counts[0],
        counts[1],
        counts[2],
        np.maximum(sizes, counts[2]),
        method,
        int((~unsettled).sum()),
        int((~unsettled & ~right).sum()),
        int(unsettled.sum()),
    )


def _estimate(name: str, parts: list[_Part], level: float) -> Estimate:
    """Estimate the accuracy over the parts that have any review."""
    seen = [part for part in parts if part.drawn.sum() > 0]
    if not seen:
        return Estimate(name, Interval(math.nan, 0.0, 1.0, level), 0, 0, 0, "no review")
    tables: list[list[NDArray[np.float64]]] = []
    for part in seen:
        right, drawn, sizes = merge_thin(part.right, part.drawn, part.sizes)
        tables.append([right, merge_thin(part.lost, part.drawn, part.sizes)[0], drawn, sizes])
    right, lost, drawn, sizes = (np.concatenate(column) for column in zip(*tables, strict=True))
    low = stratified_score(right, drawn, sizes, level)
    high = stratified_score(right + lost, drawn, sizes, level) if lost.any() else low
    point = stratified_score(right, drawn - lost, sizes, level).point if lost.any() else low.point
    return Estimate(
        name,
        Interval(point, low.low, high.high, level),
        sum(part.reviewed for part in seen),
        sum(part.errors for part in seen),
        sum(part.unsettled for part in seen),
        seen[0].method,
    )
