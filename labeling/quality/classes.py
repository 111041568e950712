"""Precision, recall, F1 and the confusion matrix, each with an interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.audited import MISSING, AuditedBatch
from labeling.quality.intervals import Interval

DRAWS = 400
"""Draws from the posterior; the bounds then wobble by about a tenth of the width."""

PRIOR_REVIEWS = 1.0
"""Reviews that the label model's opinion counts for in each cell."""

PRIOR_FLOOR = 0.01
"""Added to every class of every cell, so that nothing is impossible."""

OWN_LABEL = 0.5
"""Prior share of a cell's own label where no posterior is given."""


@dataclass(frozen=True, slots=True)
class ClassQuality:
    """Quality of one class; ``reviewed`` counts draws labelled so or found to be so."""

    name: str
    reviewed: int
    precision: Interval
    recall: Interval
    f1: Interval
    share: Interval


@dataclass(frozen=True, slots=True, eq=False)
class ClassReport:
    """Quality by class.

    Parameters
    ----------
    classes : list of ClassQuality
        One for each class, in order.
    macro_f1, accuracy : Interval
    confusion : float array of shape (n_classes, n_classes)
        Estimated share of items that are of class ``i`` (row) and labelled ``j`` (column).
    """

    classes: list[ClassQuality]
    macro_f1: Interval
    accuracy: Interval
    confusion: NDArray[np.float64]


def class_report(
    batches: Sequence[AuditedBatch],
    class_names: Sequence[str],
    posterior: Sequence[NDArray[np.float64]] | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> ClassReport:
    """Estimate every class's quality by a post-stratified Dirichlet model.

    Items are split into cells of batch, stratum and label; how many items a cell has is known,
    what they truly are is drawn: reviewed ones as they were found, the others from
    ``Dirichlet(counts + PRIOR_REVIEWS * mean posterior + PRIOR_FLOOR)``.

    Parameters
    ----------
    batches : sequence of AuditedBatch
    class_names : sequence of str
        Name of each class.
    posterior : sequence of float arrays of shape (n_items, n_classes), optional
        The frozen label model's posteriors, one array a batch.
    seed : int
        Seed of the draws.
    level : float
        Coverage of the intervals.

    Raises
    ------
    QualityError
        If no draw was judged anywhere: there is nothing to report on.

    Examples
    --------
    >>> batch = AuditedBatch.uniform("a", [0] * 50 + [1] * 50, range(0, 100, 2), [0] * 27 + [1] * 23)
    >>> report = class_report([batch], ["HAM", "SPAM"])
    >>> round(report.classes[1].precision.point, 2), report.confusion.shape
    (0.92, (2, 2))
    """
    k = len(class_names)
    rng = np.random.default_rng(seed)
    truth_by_label = np.zeros((DRAWS, k, k))
    reviewed = np.zeros(k, dtype=np.int64)
    judged = total = 0
    for at, batch in enumerate(batches):
        if not batch.reviewed:
            continue
        judged += batch.reviewed
        total += int((batch.label != MISSING).sum())
        ok = batch.gold != MISSING
        label, gold = batch.label[batch.drawn][ok], batch.gold[ok]
        reviewed += np.bincount(gold, minlength=k)
        other = (label != gold) & (label != MISSING)
        reviewed += np.bincount(label[other], minlength=k)
        truth_by_label += _draw_batch(batch, k, None if posterior is None else posterior[at], rng)
    if not judged or not total:
        raise QualityError("no reviewed item with a label: nothing to report by class")
    share = truth_by_label / total
    right = np.einsum("dkk->dk", share)
    of_class, so_labelled = share.sum(2), share.sum(1)
    precision = _ratio(right, so_labelled)
    recall = _ratio(right, of_class)
    f1 = _ratio(2 * right, of_class + so_labelled)
    return ClassReport(
        [
            ClassQuality(
                name,
                int(reviewed[c]),
                _interval(precision[:, c], level),
                _interval(recall[:, c], level),
                _interval(f1[:, c], level),
                _interval(of_class[:, c], level),
            )
            for c, name in enumerate(class_names)
        ],
        _interval(f1.mean(1), level),
        _interval(right.sum(1), level),
        share.mean(0),
    )


def _draw_batch(
    batch: AuditedBatch,
    k: int,
    posterior: NDArray[np.float64] | None,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Draw how many items are of class i and labelled j; shape (DRAWS, k, k)."""
    strata = len(batch.design.planned)
    cell = np.where(batch.label != MISSING, batch.design.stratum * k + batch.label, strata * k)
    sizes = np.bincount(cell, minlength=strata * k + 1)[:-1].astype(np.float64)
    ok = (batch.gold != MISSING) & (batch.label[batch.drawn] != MISSING)
    counts = np.zeros((strata * k, k))
    np.add.at(counts, (cell[batch.drawn][ok], batch.gold[ok]), 1.0)
    opinion = np.tile(OWN_LABEL * np.eye(k) + (1 - OWN_LABEL) / k, (strata, 1))
    if posterior is not None:
        summed = np.zeros((strata * k + 1, k))
        np.add.at(summed, cell, posterior)
        opinion = summed[:-1] / np.maximum(sizes, 1)[:, None]
    used = np.flatnonzero(sizes)
    alpha = counts[used] + PRIOR_REVIEWS * opinion[used] + PRIOR_FLOOR
    gamma = rng.standard_gamma(np.broadcast_to(alpha, (DRAWS, *alpha.shape)))
    chance = gamma / np.maximum(gamma.sum(2, keepdims=True), 1e-300)
    unseen = sizes[used] - counts[used].sum(1)
    truth = counts[used] + unseen[:, None] * chance
    drawn = np.zeros((DRAWS, k, k))
    for c in range(k):
        drawn[:, :, c] = truth[:, used % k == c].sum(1)
    return drawn


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _interval(values: NDArray[np.float64], level: float) -> Interval:
    """Summarise draws; a quantity that does not exist (a class never given) is unmeasured."""
    if np.isnan(values).any():
        return Interval(float("nan"), 0.0, 1.0, level)
    low, high = np.quantile(values, [0.5 - level / 2, 0.5 + level / 2])
    return Interval(float(values.mean()), float(low), float(high), level)
