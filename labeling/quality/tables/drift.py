"""Drift alarms out of a plain table of reviews: the labels, and each class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.alarms.detector import Detector, Evidence
from labeling.quality.family import LABELS, Budget, Series, reference_target
from labeling.quality.tables.table import UNREVIEWED, ReviewTable, group_by_weight

VAST = 10**9
"""Items assumed in a batch where nobody told how many there are."""

MIN_REVIEWS = 20
"""Reviews of a class below which it is not watched by itself."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What the detectors found: the family watched, and evidence by series and batch."""

    family: list[Series]
    evidence: dict[str, list[Evidence]]
    reference: list[str]

    @property
    def alarms(self) -> dict[str, Evidence]:
        """The batch that fired, for each series whose alarm stands."""
        return {
            name: next(e for e in rows if e.fired)
            for name, rows in self.evidence.items()
            if any(e.fired for e in rows)
        }


def drift(
    reviews: ReviewTable,
    budget: Budget,
    target_accuracy: float | None = None,
    reference_batches: int = 0,
    seed: int = 0,
) -> Drift:
    """Watch the labels and each class of a table of reviews.

    Batches are taken in the order they first appear, reviews in the order of their rows; weighted
    reviews are put in random order first, which is the order their probabilities hold for. How
    many items a group of weights or a class stands for is then itself estimated, so the bound on
    false alarms is exact for reviews drawn uniformly and close for weighted ones.

    Parameters
    ----------
    reviews : ReviewTable
    budget : Budget
        False alarms allowed a year over the whole family.
    target_accuracy : float, optional
        Promised accuracy (0..1, exclusive), for the labels and every class.
    reference_batches : int
        Without a promise: the first batches, taken as healthy; targets come from their reviews.
    seed : int
        Seed of the random order.

    Raises
    ------
    QualityError
        If neither a promise nor reference batches are given, or the promise is outside (0, 1).

    Examples
    --------
    >>> import pyarrow as pa
    >>> from labeling.quality.tables.table import review_table
    >>> table = pa.table({"batch": ["a"] * 40 + ["b"] * 40, "correct": [1] * 40 + [0] * 40})
    >>> drift(review_table(table), Budget(), target_accuracy=0.9).alarms["labels"].batch
    'b'
    """
    names = reviews.batches
    if target_accuracy is None and reference_batches < 1:
        raise QualityError(
            "drift from what? Give the accuracy you promise, or how many of the first batches "
            "are the reference"
        )
    if target_accuracy is not None and not 0 < target_accuracy < 1:
        raise QualityError(f"the promised accuracy lies between 0 and 1, got {target_accuracy}")
    reference = [] if target_accuracy is not None else names[:reference_batches]
    if reference and len(names) <= len(reference):
        raise QualityError(
            f"{len(names)} batches, of which {len(reference)} are the reference: none is left "
            f"to watch"
        )
    targets: dict[str, float] = {}
    rows_of = _series_rows(reviews)
    for name, rows in rows_of.items():
        healthy = rows & np.isin(reviews.batch, reference) & (reviews.correct >= 0)
        if target_accuracy is not None:
            targets[name] = 1 - target_accuracy
        elif (reviews.correct[healthy] * reviews.weight[healthy]).any():
            weight = reviews.weight[healthy]
            effective = float(weight.sum() ** 2 / (weight @ weight))
            wrong = float(weight @ (reviews.correct[healthy] == 0) / weight.sum())
            targets[name] = reference_target(wrong * effective, effective)
    family = budget.share_out(targets)
    rng = np.random.default_rng(seed)
    watched = [name for name in names if name not in reference]
    evidence: dict[str, list[Evidence]] = {series.name: [] for series in family}
    for series in family:
        detector = Detector(series.target_error, series.limit)
        for name in watched:
            rows = reviews.of(rows_of[series.name] & (reviews.batch == name))
            errors, population, q = _draws(rows, rng)
            detector, found = detector.update(name, errors, population, q)
            evidence[series.name].append(found)
    return Drift(family, evidence, reference)


def _series_rows(reviews: ReviewTable) -> dict[str, NDArray[np.bool_]]:
    """Map each series to the rows it watches; classes with few reviews are left out."""
    rows = {LABELS: np.ones(len(reviews.batch), dtype=np.bool_)}
    for label in sorted(set([] if reviews.label is None else reviews.label.tolist()) - {""}):
        mine = reviews.label == label
        if int((reviews.correct[mine] >= 0).sum()) >= MIN_REVIEWS:
            rows[f"class/{label}"] = mine
    return rows


def _draws(
    rows: ReviewTable, rng: np.random.Generator
) -> tuple[NDArray[np.int64], int, NDArray[np.float64] | None]:
    """Return errors in draw order (the unsettled count as right), items, and probabilities.

    Within a group of equal weight every item had the same chance, so a random order of all draws
    comes next from a group with probability ``draws left in it / draws left``.
    """
    drawn = rows.correct != UNREVIEWED
    errors = (rows.correct[drawn] == 0).astype(np.int64)
    if not rows.weighted:
        listed = rows.lists_unreviewed
        return errors, len(rows.batch) if listed else VAST, None
    weight = rows.weight[drawn]
    if not len(weight):
        return errors, VAST, None
    stratum = group_by_weight(weight)
    mass = np.bincount(stratum, weight)
    scale = 1.0 if rows.absolute else VAST / float(mass.sum())
    if len(mass) == 1 and weight.min() < weight.max():
        # a weight of its own for each: near enough to n draws with probability 1 / (n w)
        population = max(len(errors), round(float(mass.sum()) * scale))
        return errors, population, np.minimum(1 / (len(errors) * weight * scale), 1.0)
    sizes = np.maximum(np.bincount(stratum), mass * scale)
    order = rng.permutation(len(errors))
    hit = np.eye(len(mass))[stratum[order]]
    before = np.cumsum(hit, axis=0) - hit
    left = np.bincount(stratum) - before
    q = (left / left.sum(1, keepdims=True) / (sizes - before))[hit.astype(np.bool_)]
    return errors[order], max(len(errors), round(float(sizes.sum()))), np.minimum(q, 1.0)
