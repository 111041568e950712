"""When more reviews stop paying, in reviews and in money."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.errors import SamplingError

STABLE = 0.99
"""Cohen's kappa of successive students from which they are the same student."""

ROUNDS = 3
"""Successive rounds over which it is averaged."""

ROUNDING = 1e-6
"""Labels put right that are nothing but the rounding of a fit."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Whether to go on, why, and what the next reviews would buy.

    Attributes
    ----------
    stop : bool
    why : str
        In words.
    labels_fixed : float
        Labels that the next batch of reviews is expected to put right; NaN before there are two
        measurements of accuracy.
    usd : float
        What that batch costs.
    usd_per_fixed : float
        Cost of one label put right; infinite where none is expected.
    """

    stop: bool
    why: str
    labels_fixed: float
    usd: float
    usd_per_fixed: float


def kappa(before: NDArray[np.integer[Any]], after: NDArray[np.integer[Any]]) -> float:
    """Return Cohen's kappa between two students' labels on the same unlabelled items.

    Parameters
    ----------
    before, after : int arrays of shape (n,)
        Labels on a fixed stop set; 1,000 items or more.

    Returns
    -------
    float
        1 where they are the same, 0 where they agree by chance.

    Notes
    -----
    Cohen (1960); as a stopping rule Bloodgood & Vijay-Shanker (2009), CoNLL, arXiv 1409.5165.

    Examples
    --------
    >>> kappa(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0]))
    0.5
    """
    if len(before) != len(after) or not len(before):
        raise SamplingError(
            f"kappa compares labels of the same items, got {len(before)} and {len(after)}"
        )
    n_classes = 1 + int(np.maximum(before, after).max())
    agree = np.count_nonzero(before == after) / len(before)
    shares = [np.bincount(labels, minlength=n_classes) / len(labels) for labels in (before, after)]
    chance = float(shares[0] @ shares[1])
    return 1.0 if chance >= 1 else float((agree - chance) / (1 - chance))


def advise(
    kappas: Sequence[float],
    accuracy: Sequence[tuple[int, float]],
    *,
    n_items: int,
    batch: int,
    usd_per_review: float,
    usd_spent: float = 0.0,
    usd_budget: float | None = None,
    usd_per_wrong_label: float | None = None,
    audit_low: float | None = None,
    target: float | None = None,
) -> Advice:
    """Say whether the next batch of reviews is worth its money.

    Stops when the student no longer changes, when the audit's lower bound has passed the target,
    when the budget would be passed, or when a label put right costs more than a wrong one.

    Parameters
    ----------
    kappas : sequence of float
        Of successive students, oldest first, see :func:`kappa`.
    accuracy : sequence of (reviews, accuracy)
        As measured on audit gold after so many reviews, oldest first; accuracy in 0..1.
    n_items : int
        Items that will carry the student's and the voters' labels.
    batch : int
        Reviews in question.
    usd_per_review, usd_spent, usd_budget, usd_per_wrong_label : float
        Money. A wrong label costs what it costs downstream.
    audit_low, target : float, optional
        Lower bound of audited accuracy, and what it should be; 0..1.

    Notes
    -----
    The learning curve is ``a - b / sqrt(reviews)``, ``b >= 0``, by least squares on the last
    measurements: two numbers, which few and noisy measurements can carry.

    Examples
    --------
    >>> curve = [(50, 0.80), (100, 0.84), (200, 0.87)]
    >>> a = advise([0.8, 0.9], curve, n_items=10_000, batch=50, usd_per_review=0.1)
    >>> a.stop, a.why
    (False, 'the next 50 reviews cost $5.00 and put about 74 labels right, $0.07 each')
    """
    if batch < 1 or usd_per_review < 0:
        raise SamplingError(
            f"a batch has at least 1 review at 0 dollars or more, got {batch} at {usd_per_review}"
        )
    usd = batch * usd_per_review
    fixed = n_items * _expected_gain(accuracy, batch)
    if fixed < ROUNDING:  # a curve that was fitted to be level
        fixed = 0.0
    each = usd / fixed if fixed > 0 else float("inf")
    if audit_low is not None and target is not None and audit_low >= target:
        why = f"the audit's lower bound, {audit_low:.1%}, has passed the target of {target:.1%}"
        return Advice(True, why, fixed, usd, each)
    if usd_budget is not None and usd_spent + usd > usd_budget:
        why = f"{batch} more reviews cost ${usd:.2f}, and ${usd_budget - usd_spent:.2f} are left"
        return Advice(True, why, fixed, usd, each)
    recent = list(kappas)[-ROUNDS:]
    if len(recent) == ROUNDS and float(np.mean(recent)) >= STABLE:
        why = f"the student no longer changes (kappa {np.mean(recent):.3f} over {ROUNDS} rounds)"
        return Advice(True, why, fixed, usd, each)
    if np.isnan(fixed):
        why = f"the next {batch} reviews cost ${usd:.2f}; too early to say what they buy"
        return Advice(False, why, fixed, usd, float("nan"))
    if usd_per_wrong_label is not None and each > usd_per_wrong_label:
        why = (
            f"the next {batch} reviews put about {fixed:.0f} labels right for ${usd:.2f}, more "
            f"than the ${usd_per_wrong_label:.2f} that a wrong label costs"
        )
        return Advice(True, why, fixed, usd, each)
    gain = f"about {fixed:.0f} labels right, ${each:.2f} each"
    if fixed < 0.5:  # it would be told as 0 labels, with a price for each
        gain = "fewer than one label right"
    why = f"the next {batch} reviews cost ${usd:.2f} and put {gain}"
    return Advice(False, why, fixed, usd, each)


def _expected_gain(accuracy: Sequence[tuple[int, float]], batch: int) -> float:
    seen = [(n, value) for n, value in accuracy if n > 0][-6:]
    if len({n for n, _ in seen}) < 2:
        return float("nan")
    x = np.array([n**-0.5 for n, _ in seen])
    slope = -float(np.polyfit(x, np.array([value for _, value in seen]), 1)[0])
    last = seen[-1][0]
    return max(slope, 0.0) * float(last**-0.5 - (last + batch) ** -0.5)
