"""How well people review: hidden gold, with intervals, and how far they agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from labeling.kinds.spans.answer import marked
from labeling.quality.agreement import krippendorff_alpha
from labeling.quality.estimates.intervals import Interval, wilson
from labeling.quality.several.agreement import masi_alphas
from labeling.quality.spans.agreement import pairwise_f1
from labeling.votes import ABSTAIN, Votes
from resources.reviews.reading.measured import Counted, answers_of_items, people
from resources.reviews.store import ReviewStore

CONFIDENCE = 0.95
RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class Share:
    """``right`` out of ``n``, and the interval (Wilson 1927) in [0, 1]; ``None`` where n is 0."""

    right: int
    n: int
    low: float | None
    high: float | None

    @property
    def value(self) -> float | None:
        """The share itself."""
        return self.right / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class PersonQuality:
    """One reviewer. ``gold`` counts hidden gold, ``unsure`` and ``skipped`` all their answers."""

    name: str
    answered: int
    unsure: int
    skipped: int
    revised: int
    median_s: float | None
    gold: Share


@dataclass(frozen=True, slots=True)
class Quality:
    """Everybody, and the pairs of answers to one item.

    ``alpha`` is Krippendorff's, for nominal data or sets of classes: 1 full agreement, 0 as much as by
    chance; with an interval from resampling items. ``f1`` is of spans, which no chance is taken off.
    """

    people: list[PersonQuality]
    agreement: Share
    items: int
    alpha: float | None
    alpha_low: float | None
    alpha_high: float | None
    f1: Interval | None
    open_items: int
    to_adjudicate: int


def people_quality(store: ReviewStore, classes: Sequence[str]) -> Quality:
    """Read the store and measure everybody in it."""
    units = [named for named in answers_of_items(store) if len(named) > 1]
    pairs = [pair for labels in units for pair in combinations(labels, 2)]
    texts = sorted({label for labels in units for label in labels})
    alpha, low, high, f1 = None, None, None, None
    if store.kind.marks_text:
        f1 = f1_of_spans(units)
    else:
        alpha, low, high = alpha_with_interval(units, store.kind.naming(texts, classes))
    return Quality(
        [_person(counts) for counts in people(store, classes)],
        share(sum(a == b for a, b in pairs), len(pairs)),
        len(units),
        alpha,
        low,
        high,
        f1,
        store.open_count(),
        store.open_count("adjudicate"),
    )


def f1_of_spans(units: Sequence[Sequence[str]]) -> Interval:
    """Return how far reviewers mark the same spans, and its interval.

    Parameters
    ----------
    units : sequence of sequences of str
        The answers to each item.

    Examples
    --------
    >>> f1_of_spans([['[[0, 5, "Drug"]]', '[[0, 5, "Drug"], [7, 9, "Drug"]]']]).point
    0.6666666666666666
    """
    said = [[marked(answer) for answer in answers] for answers in units]
    return pairwise_f1([[frozenset(one.found) for one in all_ if one] for all_ in said])


def share(right: int, n: int) -> Share:
    """Return a share with its Wilson interval.

    Examples
    --------
    >>> found = share(9, 10)
    >>> round(found.low, 3), round(found.high, 3)
    (0.596, 0.982)
    """
    if n == 0:
        return Share(0, 0, None, None)
    ends = wilson(right, n)
    return Share(right, n, ends.low, ends.high)


def alpha_with_interval(
    units: list[list[str]], naming: NDArray[np.bool_] | None = None, seed: int = 0
) -> tuple[float | None, float | None, float | None]:
    """Return Krippendorff's alpha and its interval over :data:`RESAMPLES` resamples of the items.

    Parameters
    ----------
    units : list of lists of str
        The answers to each item, in the order they were given.
    naming : bool array of shape (n_answers, n_classes), optional
        The classes that each answer names, sorted by its text, where it may name several: answers
        are then as far apart as their sets (MASI).

    Examples
    --------
    >>> alpha_with_interval([["a", "a"], ["b", "b"], ["a", "a"], ["b", "b"]])
    (1.0, 1.0, 1.0)
    """
    names = sorted({label for labels in units for label in labels})
    if len(names) < 2 or len(units) < 2:
        return None, None, None
    longest = max(len(labels) for labels in units)
    matrix = np.array(
        [
            [names.index(label) for label in labels] + [ABSTAIN] * (longest - len(labels))
            for labels in units
        ]
    )
    n = len(units)
    rng = np.random.default_rng(seed)
    draws = np.vstack([np.arange(n), rng.integers(0, n, (RESAMPLES, n))])
    if naming is None:
        alphas = np.array(
            [krippendorff_alpha(Votes.from_matrix(matrix[rows], len(names))) for rows in draws]
        )
    else:
        item, place = np.nonzero(matrix != ABSTAIN)
        times = np.stack([np.bincount(rows, minlength=n) for rows in draws])
        alphas = masi_alphas(item, naming[matrix[item, place]], times)
    low, high = np.nanquantile(alphas[1:], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(alphas[0]), float(low), float(high)


def _person(counts: Counted) -> PersonQuality:
    return PersonQuality(
        counts.name,
        counts.answered,
        counts.unsure,
        counts.skipped,
        counts.revised,
        float(np.median(counts.seconds)) if counts.seconds else None,
        share(counts.right, counts.gold),
    )
