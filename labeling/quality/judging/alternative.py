"""The alternative annotator test: is a model as close to people as each of them is to the others?"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr
from scipy.stats import false_discovery_control

from labeling.errors import QualityError
from labeling.quality.estimates.intervals import Interval, wilson
from labeling.quality.judging.panel import Panel
from labeling.votes import ABSTAIN

FALSE_DISCOVERIES = 0.05
"""Share of false ones, at most to be expected, among the people whom a model is said to match."""

LEAST_ITEMS = 30
"""Items below which a person is not compared: the t-test's error is no longer as stated."""

LEAST_PEOPLE = 3
"""People to compare with; of two nobody can tell whom the other strays from."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A model in the place of one person.

    Parameters
    ----------
    person : str
    items : int
        What the person, the model and at least one other person answered.
    ahead, behind : float
        Shares of them where the model is at least as close to the others as the person, and where the
        person is as the model; 0..1, NaN without items.
    spread : float
        Standard deviation of the difference over items.
    better, worse : float
        p-values, with the number of people allowed for, of "the model is behind by ``epsilon`` or more"
        and "by less"; NaN where there are too few items for a test.
    """

    person: str
    items: int
    ahead: float
    behind: float
    spread: float
    better: float
    worse: float

    @property
    def gap(self) -> float:
        """How much oftener the person is as close as the model than the other way round, -1..1."""
        return self.behind - self.ahead

    @property
    def tested(self) -> bool:
        """Whether there were items enough."""
        return not math.isnan(self.better)

    @property
    def matched(self) -> bool:
        """Whether the model is shown to be as good, all told."""
        return self.better <= FALSE_DISCOVERIES

    @property
    def missed(self) -> bool:
        """Whether the model is shown to be worse by more than is allowed."""
        return self.worse <= FALSE_DISCOVERIES


@dataclass(frozen=True, slots=True)
class Alternative:
    """A model in the place of each person in turn.

    Parameters
    ----------
    model : str
    epsilon : float
    comparisons : list of Comparison
    advantage : Interval
        Average advantage probability: that the model's answer is at least as close to the others as
        that of a person drawn at random.
    """

    model: str
    epsilon: float
    comparisons: list[Comparison]
    advantage: Interval

    @property
    def tested(self) -> list[Comparison]:
        """People with items enough."""
        return [one for one in self.comparisons if one.tested]

    @property
    def winning_rate(self) -> float:
        """Share of the tested people whom the model matches; NaN without any."""
        tested = self.tested
        return sum(one.matched for one in tested) / len(tested) if tested else math.nan


def alternative_test(panel: Panel, epsilon: float) -> list[Alternative]:
    r"""Compare every model with every person.

    Parameters
    ----------
    panel : Panel
    epsilon : float
        What a model's price and speed are worth: how much rarer than a person's its answers may be
        as close to the others, in (0, 1). Proposed are 0.2 beside experts, 0.15 beside skilled people,
        0.1 beside a crowd.

    Returns
    -------
    list of Alternative
        One a model. It may replace a person where its winning rate is 0.5 or more.

    Raises
    ------
    QualityError
        If epsilon lies outside (0, 1).

    Notes
    -----
    Calderon, Reichart & Dror (2025), "The alternative annotator test for LLM-as-a-judge", ACL 2025,
    arXiv 2501.10970. Person *j* is left out. With :math:`S_i(f)` the mean likeness of the model's answer
    to item *i* to those of the others, and :math:`S_i(h)` that of the person's, :math:`\rho^f_j` is
    the share of items with :math:`S_i(f) \ge S_i(h)` and :math:`\rho^h_j` that with :math:`S_i(h)
    \ge S_i(f)`. Tested is :math:`\rho^h_j - \rho^f_j \ge \varepsilon`, by a paired t-test over the
    items; Benjamini & Yekutieli (2001) keep false discoveries among people at
    :data:`FALSE_DISCOVERIES`. The winning rate is the share of people for whom it is refused, the
    advantage the mean of :math:`\rho^f_j`, its interval that of Wilson for the effective number of
    items.

    The paper takes Wilcoxon's signed-rank test below :data:`LEAST_ITEMS` items. The differences are -1,
    0 and 1 and mostly 0, so that their ranks say little of their mean: simulated at the border, of
    people who are right on 97 % of 29 items, it let a model pass in 21 % of panels with epsilon 0.2 and in
    74 % with 0.1. Hence nothing is tested below.

    Examples
    --------
    >>> people = [["x", "x", "y"], ["y", "y", "y"]] * 20
    >>> [good] = alternative_test(Panel.of(people, ["x", "y"] * 20, list("abc"), ["good"]), 0.2)
    >>> good.winning_rate, round(good.advantage.point, 3)
    (1.0, 1.0)
    >>> [bad] = alternative_test(Panel.of(people, ["y", "x"] * 20, list("abc"), ["bad"]), 0.2)
    >>> bad.winning_rate, round(bad.advantage.point, 3)
    (0.0, 0.5)
    """
    if not 0 < epsilon < 1:
        raise QualityError(
            f"epsilon is {epsilon:g}, but it lies between 0 and 1; 0.2 beside experts, 0.15 beside "
            f"skilled people and 0.1 beside a crowd are usual"
        )
    met = [panel.with_others(person) for person in range(len(panel.person_names))]
    own = [
        panel.close(panel.people[items, person], others, there)
        for person, (items, others, there) in enumerate(met)
    ]
    found: list[Alternative] = []
    for model, name in enumerate(panel.model_names):
        wins: list[NDArray[np.int64]] = []
        kept: list[NDArray[np.int64]] = []
        for (items, others, there), mine in zip(met, own, strict=True):
            said = panel.models[items, model]
            spoke = said != ABSTAIN
            close = panel.close(said, others, there)
            # closeness is a sum of likenesses: equal ones may differ in their last digit
            wins.append(np.sign(np.round(mine - close, 9))[spoke].astype(np.int64))
            kept.append(items[spoke])
        found.append(
            Alternative(
                name, epsilon, _comparisons(panel, wins, epsilon), _advantage(panel, wins, kept)
            )
        )
    return found


def _comparisons(panel: Panel, wins: list[NDArray[np.int64]], epsilon: float) -> list[Comparison]:
    better = np.array([_p_below(one, epsilon) for one in wins])
    tested = ~np.isnan(better)
    worse = 1 - better
    for p in (better, worse):
        if tested.any():
            p[tested] = false_discovery_control(p[tested], method="by")
    return [
        Comparison(
            name, len(one),
            float(np.mean(one <= 0)) if len(one) else math.nan,
            float(np.mean(one >= 0)) if len(one) else math.nan,
            float(one.std(ddof=1)) if len(one) > 1 else math.nan,
            float(up), float(down),
        )
        for name, one, up, down in zip(panel.person_names, wins, better, worse, strict=True)
    ]  # fmt: skip


def _p_below(difference: NDArray[np.int64], epsilon: float) -> float:
    """Return the p-value of a mean of ``epsilon`` or more, by Student's t; NaN of too few items."""
    n = len(difference)
    if n < LEAST_ITEMS:
        return math.nan
    short = float(difference.mean()) - epsilon
    error = float(difference.std(ddof=1)) / math.sqrt(n)
    return float(stdtr(n - 1, short / error if error else math.copysign(math.inf, short)))


def _advantage(
    panel: Panel, wins: list[NDArray[np.int64]], kept: list[NDArray[np.int64]]
) -> Interval:
    """Return the mean over people with items enough, and its interval; items are drawn whole."""
    enough = [at for at, one in enumerate(wins) if len(one) >= LEAST_ITEMS]
    if not enough:
        return Interval(math.nan, 0.0, 1.0)
    influence, seen = np.zeros(len(panel.people)), np.zeros(len(panel.people), dtype=np.bool_)
    shares: list[float] = []
    for at in enough:
        as_close = wins[at] <= 0
        shares.append(float(as_close.mean()))
        influence[kept[at]] += (as_close - shares[-1]) / len(as_close) / len(enough)
        seen[kept[at]] = True
    share, n = float(np.mean(shares)), int(seen.sum())
    variance = float(influence @ influence) * n / (n - 1)
    effective = share * (1 - share) / variance if variance > 0 else float(n)
    return wilson(share * effective, effective)
