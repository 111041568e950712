"""Many series watched at once, under one stated budget of false alarms."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labeling.errors import QualityError

LABELS = "labels"
"""Name of the series that watches all released labels."""

PRECISION, RECALL = "precision", "recall"
"""Series of tasks that mark texts: items with a mark that is wrong, and items with a span that was missed."""

HEADLINE_SHARE = 0.5
"""Share of the budget that goes to :data:`LABELS`; the other series divide the rest evenly."""

MIN_REFERENCE = 1000
"""Reference reviews below which a target taken from them hides drops of five points."""

REFERENCE_RISK = 0.025
"""Chance that any target taken from reference reviews is too strict: adds that to the budget."""


@dataclass(frozen=True, slots=True)
class Series:
    """One thing that is watched.

    Parameters
    ----------
    name : str
        ``labels``, ``class/NAME`` or ``voter/NAME``; ``precision`` or ``recall`` of spans.
    target_error : float
        Share of wrong answers (0..1, exclusive) up to which all is well.
    limit : float
        Evidence that raises its alarm.
    """

    name: str
    target_error: float
    limit: float


@dataclass(frozen=True, slots=True)
class Budget:
    """False alarms allowed over a whole family.

    Parameters
    ----------
    batches : int
        Batches in the budget's period: 52 for a year of weeks, 365 for a year of days.
    probability : float
        Probability (0..1) that any series alarms within the period while all keep their targets.

    Examples
    --------
    >>> watched = Budget(52, 0.05).share_out({"labels": 0.08, "class/SPAM": 0.1, "class/HAM": 0.1})
    >>> [round(series.limit) for series in watched]
    [2080, 4160, 4160]
    """

    batches: int = 52
    probability: float = 0.05

    def __post_init__(self) -> None:
        if self.batches < 1 or not 0 < self.probability < 1:
            raise QualityError(
                f"a budget needs at least 1 batch and a probability in (0, 1), got "
                f"{self.batches} and {self.probability}"
            )

    def share_out(self, targets: Mapping[str, float]) -> list[Series]:
        """Give every series its share of the budget and with it its limit.

        The shares add up to one, so by the union bound the family keeps the budget whatever the
        series have to do with each other.

        Parameters
        ----------
        targets : mapping of name to target error (0..1, exclusive)
        """
        others = len(targets) - (LABELS in targets)
        series: list[Series] = []
        for name, target in targets.items():
            if not others:
                share = 1.0
            elif LABELS not in targets:
                share = 1 / others
            else:
                share = HEADLINE_SHARE if name == LABELS else (1 - HEADLINE_SHARE) / others
            series.append(Series(name, target, self.batches / (self.probability * share)))
        return series


def figure(series: str) -> str:
    """Say what is promised of a series, for people.

    Examples
    --------
    >>> figure("labels"), figure("class/Drug"), figure("recall")
    ('accuracy', 'accuracy of class/Drug', 'the share of texts with no span missed (recall)')
    """
    if series == PRECISION:
        return "the share of texts with no wrong mark (precision)"
    if series == RECALL:
        return "the share of texts with no span missed (recall)"
    return "accuracy" if series == LABELS else f"accuracy of {series}"


def reference_target(errors: float, reviews: float, series: int = 1) -> float:
    """Take a target error from reference reviews when nobody promised an accuracy.

    Returns the upper 97.5 % bound of Clopper & Pearson (1934), so that a healthy series keeps it
    with that confidence. Weighted reviews go in by their effective counts. With fewer than
    :data:`MIN_REFERENCE` reviews it is loose: a promised accuracy finds drops sooner.

    Parameters
    ----------
    errors, reviews : float
        Of the reference.
    series : int
        Series that take their target so; they share :data:`REFERENCE_RISK`.

    Raises
    ------
    QualityError
        If there are no reviews or every one of them was an error.

    Examples
    --------
    >>> round(reference_target(80, 1000), 3)
    0.099
    """
    from scipy.stats import beta  # half a second, and only references need it

    if not 0 <= errors < reviews:
        raise QualityError(
            f"{errors:g} errors in {reviews:g} reference reviews give no target; at least one right "
            f"label is needed"
        )
    level = 1 - REFERENCE_RISK / max(series, 1)
    bound = float(beta.ppf(level, errors + 1, reviews - errors))
    return float(np.clip(bound, 1e-6, 1 - 1e-6))
