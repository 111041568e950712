"""What the strategy gains over chance: two students, equal numbers of reviews, one judge."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.errors import TooFewSamplesError
from labeling.gold import Gold
from labeling.student.learning.lesson import make_lesson
from labeling.student.paired import inverse_probability
from labeling.student.student import Student

MIN_REVIEWS = 20
"""Reviews of either arm below which the comparison says nothing."""

REPEATS = 40
"""Bootstrap repeats; each trains two students."""

Learn = Callable[[Gold], NDArray[np.float64]]
"""Gold in, probabilities of shape (n_items, K) of a student taught by it out."""


@dataclass(frozen=True, slots=True)
class Gain:
    """Accuracy after strategy reviews minus accuracy after as many random ones.

    Attributes
    ----------
    points, low, high : float
        In accuracy, -1..1, with a 95 % interval.
    n_reviews : int
        That each student was taught by.
    n_judge : int
        Audit items it was judged on.
    """

    points: float
    low: float
    high: float
    n_reviews: int
    n_judge: int

    def __str__(self) -> str:
        verdict = "gain" if self.low > 0 else "loss" if self.high < 0 else "no gain"
        return (
            f"{verdict}: {100 * self.points:+.1f} points ({100 * self.low:+.1f} to "
            f"{100 * self.high:+.1f}) over random at {self.n_reviews} reviews each, judged on "
            f"{self.n_judge} audit items"
        )


def voters_then_gold(
    student: Student,
    items: Any,
    posteriors: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> Learn:
    """Return a way to learn that teaches the voters' part once, and then only what gold corrects.

    Parameters
    ----------
    student : Student
        Unfitted.
    items, posteriors, weights
        As in :meth:`labeling.student.student.Student.fit`; give the judge's items weight 0.

    Examples
    --------
    >>> from labeling.student.text import TextStudent
    >>> texts, soft = ["free prize", "see you"], np.array([[0.5, 0.5], [0.5, 0.5]])
    >>> learn = voters_then_gold(TextStudent(2), texts, soft, np.zeros(2))
    >>> learn(Gold(np.array([0, 1]), np.array([1, 0]))).argmax(axis=1).tolist()
    [1, 0]
    """
    lesson = make_lesson(len(items), student.n_classes, posteriors, None, weights)
    prepared = student.prepare(items)
    taught = student.from_voters(prepared, lesson)

    def learn(gold: Gold) -> NDArray[np.float64]:
        model = student.correct(prepared, taught, gold.item, gold.label)
        return np.asarray(model.predict_proba(prepared.x), dtype=np.float64)

    return learn


def measure_gain(
    learn: Learn, chosen: Gold, at_random: Gold, judge: Gold, *, seed: int = 0
) -> Gain:
    """Compare what was learnt from the strategy's reviews and from the random share's.

    Parameters
    ----------
    learn : callable
        Trains a student on some gold (and on whatever else both arms have) and predicts all items.
    chosen : Gold
        Reviews of entries that the strategy chose.
    at_random : Gold
        Reviews of the queue's random share.
    judge : Gold
        The audit sample, with its probabilities. Items of it leave both arms.
    seed : int

    Raises
    ------
    GoldError
        If the judge has no inclusion probabilities.
    TooFewSamplesError
        If an arm or the judge has fewer than :data:`MIN_REVIEWS` items.

    Notes
    -----
    The judge is bootstrapped and each arm halved at random, which has the variance of drawing the
    arm anew (delete-half jackknife, Shao & Tu 1995, ch. 2.3); the interval is the mean and 1.96
    standard deviations. What is compared is therefore half of the smaller arm.
    """
    weight = inverse_probability(judge, "the gain over random")
    chosen, at_random = _without(chosen, judge), _without(at_random, judge)
    n = min(chosen.n_gold, at_random.n_gold)
    if min(n, judge.n_gold) < MIN_REVIEWS:
        raise TooFewSamplesError(
            f"the gain over random takes {MIN_REVIEWS} reviews of each arm and of the judge, got "
            f"{chosen.n_gold} chosen, {at_random.n_gold} random and {judge.n_gold} audit reviews"
        )
    rng = np.random.default_rng(seed)
    points = np.empty(REPEATS)
    for repeat in range(REPEATS):
        right: list[NDArray[np.bool_]] = []
        for arm in (chosen, at_random):
            some = rng.permutation(arm.n_gold)[: n // 2]
            said = learn(Gold(arm.item[some], arm.label[some]))[judge.item].argmax(axis=1)
            right.append(said == judge.label)
        again = rng.integers(0, judge.n_gold, size=judge.n_gold)
        difference = right[0][again].astype(float) - right[1][again]
        points[repeat] = np.average(difference, weights=weight[again])
    half = 1.96 * float(points.std(ddof=1))
    mean = float(points.mean())
    return Gain(mean, mean - half, mean + half, n // 2, judge.n_gold)


def _without(arm: Gold, judge: Gold) -> Gold:
    keep = ~np.isin(arm.item, judge.item)
    return Gold(arm.item[keep], arm.label[keep])
