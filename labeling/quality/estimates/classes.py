"""Precision, recall, F1 and the confusion matrix, each with an interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.estimates.accuracy import accuracy
from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.labelled import MISSING, LabelledBatch, judge
from labeling.quality.estimates.unjudged import Hits, shares_either_way
from labeling.quality.estimates.weighted import draw_weight


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
    batches: Sequence[LabelledBatch], class_names: Sequence[str], level: float = 0.95
) -> ClassReport:
    """Estimate every class's quality from the judged draws and their weights alone.

    Parameters
    ----------
    batches : sequence of LabelledBatch
        Items of batches without a judged draw are not spoken for. Points are those of the judged
        draws; intervals hold whatever the others are, as those of
        :func:`labeling.quality.estimates.accuracy.accuracy`, which also tells precision.
    class_names : sequence of str
        Name of each class.
    level : float
        Coverage of the intervals.

    Raises
    ------
    QualityError
        If no draw was judged anywhere: there is nothing to report on.

    Notes
    -----
    Each figure is a weighted share (:func:`labeling.quality.estimates.weighted.weighted_share`): recall of
    the draws that are of the class; F1 is ``2 J / (1 + J)`` with ``J`` the share of hits among
    draws labelled so or found so. Nothing but reviews goes in: no opinion of the label model, and
    no prior whose weight would grow with the number of batches.

    Examples
    --------
    >>> batch = LabelledBatch.uniform("a", [0] * 50 + [1] * 50, range(0, 100, 2), [0] * 27 + [1] * 23)
    >>> report = class_report([batch], ["HAM", "SPAM"])
    >>> round(report.classes[1].precision.point, 2), report.confusion.shape
    (0.92, (2, 2))
    """
    k = len(class_names)
    label, gold, weight, weight_of_all = draws(batches)
    known = gold != MISSING
    if not known.any():
        raise QualityError("no reviewed item with a label: nothing to report by class")
    each, unknown = np.arange(k)[:, None], np.repeat(~known[None], k, axis=0)
    said, found = label == each, gold == each
    hit, either = said & found, (said | found) & known
    perhaps_hit, perhaps_missed = said & unknown, ~said & unknown
    shares = shares_either_way(
        Hits(
            np.concatenate([hit, hit, found]),
            np.concatenate([found, either, ~unknown]),
        ),
        Hits(
            np.concatenate([hit, hit, found]),
            np.concatenate([found | perhaps_missed, either | unknown, found | True]),
        ),
        Hits(
            np.concatenate([hit | perhaps_hit, hit | perhaps_hit, found | unknown]),
            np.concatenate([found | perhaps_hit, either | perhaps_hit, found | True]),
        ),
        weight,
        weight_of_all,
        level,
    )
    of = [shares[at : at + k] for at in range(0, 3 * k, k)]
    rows = [
        ClassQuality(
            name,
            int(either[c].sum()),
            accuracy(judge(batches, of_class=c), level).interval,
            of[0][c],
            f1_of(of[1][c]),
            of[2][c],
        )
        for c, name in enumerate(class_names)
    ]
    cell = (gold * k + label)[known]
    confusion, squares = (
        np.bincount(cell, w[known], k * k).astype(np.float64).reshape(k, k)
        for w in (weight, weight**2)
    )
    macro = macro_f1([row.f1 for row in rows], confusion, squares, level)
    return ClassReport(
        rows, macro, accuracy(judge(batches), level).interval, confusion / weight.sum()
    )


def draws(
    batches: Sequence[LabelledBatch],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return label, gold, and both weights of :func:`shares_either_way`, each (n_draws,).

    Draws of labelled items, in batches of which something was judged.
    """
    found: list[tuple[NDArray[np.int64], ...]] = []
    weights: list[tuple[NDArray[np.float64], ...]] = []
    for batch in batches:
        label = batch.label[batch.drawn]
        kept = label != MISSING
        if not (kept & batch.judged).any():
            continue
        found.append((label[kept].astype(np.int64), batch.gold[kept].astype(np.int64)))
        audited = batch.audited()
        weights.append((draw_weight(audited)[kept], draw_weight(audited, np.ones_like(kept))[kept]))
    if not found:
        nothing = np.empty(0, np.int64)
        return nothing, nothing, np.empty(0), np.empty(0)
    label, gold = (np.concatenate(part) for part in zip(*found, strict=True))
    judged, every = (np.concatenate(part) for part in zip(*weights, strict=True))
    return label, gold, judged, every


def macro_f1(
    f1: Sequence[Interval],
    confusion: NDArray[np.float64],
    squares: NDArray[np.float64],
    level: float = 0.95,
) -> Interval:
    """Average F1 over the classes; unmeasured if one of them was neither said nor found.

    Parameters
    ----------
    f1 : sequence of Interval
        Of each class.
    confusion, squares : float arrays of shape (n_classes, n_classes)
        Sums of the weights, and of their squares, of draws that are ``i`` (row) and labelled ``j``.

    Notes
    -----
    The distances from each point to its bounds are added like standard errors that correlate
    (method of variance estimates recovery, Zou & Donner 2008, Stat. Med. 27, 1693-1702): a mistake
    lowers two classes at once. Correlations come from how each cell moves each F1, with one more
    review spread over all cells, so that classes without a mistake, or without a hit, have some too. F1 is concave
    in the share it comes from, so all classes' points lie low at once; the upper bound allows for it.
    """
    if not all(one.measured for one in f1):
        return Interval(math.nan, 0.0, 1.0, level)
    k = len(f1)
    typical = squares.sum() / confusion.sum()
    cells, mass = confusion + typical / k**2, squares + typical**2 / k**2
    hits = np.diag(cells)
    union = cells.sum(0) + cells.sum(1) - hits
    jaccard = hits / union
    rows, columns = np.indices((k, k))
    moves = np.array(
        [
            ((rows == c) & (columns == c)) - jaccard[c] * ((rows == c) | (columns == c))
            for c in range(k)
        ]
    )
    moves *= (2 / (1 + jaccard) ** 2 / union)[:, None, None]
    shared = np.einsum("aij,bij,ij->ab", moves, moves, mass)
    spread: NDArray[np.float64] = np.sqrt(np.diag(shared))
    correlation = shared / np.maximum(np.outer(spread, spread), 1e-300)
    point = float(np.mean([one.point for one in f1]))
    below = together([one.point - one.low for one in f1], correlation) / k
    above = together([one.high - one.point for one in f1], correlation) / k
    bend = float(((1 + jaccard) / 2 * spread**2).mean())  # -F''(J) Var(J) / 2
    return Interval(point, max(point - below, 0.0), min(point + above + bend, 1.0), level)


def together(distances: Sequence[float], correlation: NDArray[np.float64]) -> float:
    """Add distances that correlate."""
    far = np.array(distances, dtype=np.float64)
    return math.sqrt(max(float(np.sum(np.outer(far, far) * correlation)), 0.0))


def f1_of(jaccard: Interval) -> Interval:
    """Return F1, of the share of hits among what was given or found."""
    point, low, high = (2 * j / (1 + j) for j in (jaccard.point, jaccard.low, jaccard.high))
    return Interval(point, low, high, jaccard.level)
