"""How many reviews for which interval, in reviews, minutes and money; and the other way round."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.errors import QualityError
from labeling.quality.estimates.intervals import stratified_score, wilson
from labeling.quality.family import Budget
from labeling.sampling.audits.strata import neyman_counts, stratify

MAX_REVIEWS = 1_000_000
"""Where the search for a number of reviews ends when the items are not counted."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a review takes: seconds of a person, and money an hour (in any currency)."""

    seconds: float = 10.0
    money_per_hour: float = 0.0

    def __post_init__(self) -> None:
        if self.seconds <= 0 or self.money_per_hour < 0:
            raise QualityError(
                f"a review takes more than 0 seconds and costs at least 0 an hour, got "
                f"{self.seconds} and {self.money_per_hour}"
            )


@dataclass(frozen=True, slots=True)
class Plan:
    """An audit of some size.

    Parameters
    ----------
    reviews : int
    half_width : float
        Expected half width of the interval, 0..1.
    minutes, money : float
        Work, and what it costs.
    accuracy : float
        Accuracy (0..1) it was planned for.
    """

    reviews: int
    half_width: float
    minutes: float
    money: float
    accuracy: float


def expected_half_width(
    reviews: int,
    accuracy: float,
    items: int | None = None,
    predicted_error: ArrayLike | None = None,
    level: float = 0.95,
) -> float:
    """Half width of the interval to expect from so many reviews.

    Parameters
    ----------
    reviews : int
        At least 1, at most ``items``.
    accuracy : float
        Accuracy (0..1) that is expected.
    items : int, optional
        Items of the batch.
    predicted_error : float array of shape (n_items,), optional
        Predicted error of each item; the audit is then stratified. Give it only where it was
        proven to rank errors (:func:`labeling.quality.gain.proven_gain`).
    level : float
        Coverage.

    Examples
    --------
    >>> round(expected_half_width(100, 0.92), 3)
    0.054
    """
    if not 0 <= accuracy <= 1 or reviews < 1:
        raise QualityError(
            f"an interval is planned for an accuracy in 0..1 and at least 1 review, got "
            f"{accuracy} and {reviews}"
        )
    if predicted_error is None:
        return wilson(accuracy * reviews, reviews, items, level).width / 2
    g = np.asarray(predicted_error, dtype=np.float64)
    stratum = stratify(g, reviews)
    n = neyman_counts(g, stratum, min(reviews, len(g)))
    sizes = np.bincount(stratum)
    expected = np.bincount(stratum, g) / sizes
    scaled = np.minimum(expected * (1 - accuracy) / max(float(g.mean()), 1e-9), 1.0)
    return stratified_score(n * (1 - scaled), n, sizes, level).width / 2


def plan_for_width(
    half_width: float,
    accuracy: float,
    items: int | None = None,
    predicted_error: ArrayLike | None = None,
    effort: Effort | None = None,
    level: float = 0.95,
) -> Plan:
    """Find the fewest reviews whose expected interval is at most ``± half_width``.

    Raises
    ------
    QualityError
        If the half width is outside (0, 0.5) or an accuracy outside 0..1.

    Examples
    --------
    >>> plan_for_width(0.02, 0.92).reviews
    713
    """
    if not 0 < half_width < 0.5:
        raise QualityError(
            f"the half width of an interval lies between 0 and 0.5, got {half_width}; ± 2 points "
            f"are 0.02"
        )
    g = None if predicted_error is None else np.asarray(predicted_error, dtype=np.float64)
    most = len(g) if g is not None else items if items is not None else MAX_REVIEWS
    found = _fewest(lambda n: expected_half_width(n, accuracy, items, g, level) <= half_width, most)
    return plan_for_reviews(found, accuracy, items, g, effort, level)


def plan_for_reviews(
    reviews: int,
    accuracy: float,
    items: int | None = None,
    predicted_error: ArrayLike | None = None,
    effort: Effort | None = None,
    level: float = 0.95,
) -> Plan:
    """Tell the interval, the time and the money that go with a number of reviews.

    Examples
    --------
    >>> plan = plan_for_reviews(360, 0.92, effort=Effort(seconds=10, money_per_hour=30))
    >>> plan.minutes, plan.money
    (60.0, 30.0)
    """
    work = effort or Effort()
    width = expected_half_width(reviews, accuracy, items, predicted_error, level)
    minutes = reviews * work.seconds / 60
    return Plan(reviews, width, minutes, minutes / 60 * work.money_per_hour, accuracy)


def plan_by_class(
    half_width: float,
    accuracy: Mapping[str, float],
    items: Mapping[str, int],
    effort: Effort | None = None,
    level: float = 0.95,
) -> dict[str, Plan]:
    """Plan an audit that measures the precision of every class to ``± half_width``.

    Parameters
    ----------
    accuracy : mapping of class to expected precision (0..1)
    items : mapping of class to items labelled so

    Returns
    -------
    dict of class to Plan
        Reviews of items labelled so. Their sum is the audit if it is drawn by class; one uniform
        audit needs the largest of ``reviews / share of the class`` instead.

    Examples
    --------
    >>> plans = plan_by_class(0.05, {"HAM": 0.95, "SPAM": 0.9}, {"HAM": 900, "SPAM": 100})
    >>> {name: plan.reviews for name, plan in plans.items()}
    {'HAM': 77, 'SPAM': 59}
    """
    return {
        name: plan_for_width(half_width, accuracy[name], count, None, effort, level)
        for name, count in items.items()
        if count
    }


def reviews_to_notice(
    accuracy: float, fallen_to: float, budget: Budget, restart_mass: float = 20.0
) -> int:
    """Reviews until a drop is noticed, roughly: ``(ln limit - ln restarts) / KL`` divergence.

    Parameters
    ----------
    accuracy, fallen_to : float
        Promised accuracy and what it fell to (0..1).
    budget : Budget
        The false-alarm budget, all of it on this series.
    restart_mass : float
        Healthy batches before the drop.

    Examples
    --------
    >>> reviews_to_notice(0.92, 0.87, Budget(100, 0.05))
    318
    """
    before, after = 1 - accuracy, 1 - fallen_to
    if not 0 < before < after < 1:
        raise QualityError(
            f"a drop goes from a higher to a lower accuracy, both between 0 and 1; got {accuracy} "
            f"to {fallen_to}"
        )
    divergence = after * np.log(after / before) + (1 - after) * np.log((1 - after) / (1 - before))
    need = np.log(budget.batches / budget.probability) - np.log(max(restart_mass, 1.0))
    return int(np.ceil(need / divergence))


def _fewest(enough: Callable[[int], bool], most: int) -> int:
    """Return the smallest number that is enough, or ``most`` if none below is."""
    low, high = 0, 1
    while high < most and not enough(high):
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def class_shares(label: NDArray[np.str_]) -> dict[str, int]:
    """Count the items of each class.

    Examples
    --------
    >>> class_shares(np.array(["a", "b", "a"]))
    {'a': 2, 'b': 1}
    """
    names, counts = np.unique(label, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))
