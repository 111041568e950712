"""What a pilot tells: how good candidates are, who is better than whom, and what to do."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from labeling.pilots.bounds import Bounds, bounds_of
from labeling.pilots.drawing import FLOOR, least_chance
from labeling.pilots.trial import Trial

ALPHA = 0.05
"""Chance that a pilot ever promotes what is no better, or tells a wrong bound of a difference."""


class Say(StrEnum):
    """What to do."""

    PROMOTE = "promote"
    KEEP = "keep"
    GO_ON = "go on"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, and why.

    Parameters
    ----------
    say : Say
        Promote ``best``, keep the incumbent, or go on.
    best : int
        The candidate that is meant: who leads, where nothing is proven yet.
    more : int or None
        Reviews, about, after which the rest would be told if all goes on as it did; None where
        nothing is left to tell, or nobody knows.
    """

    say: Say
    best: int
    more: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that a pilot tells of its candidates.

    Attributes
    ----------
    accuracy : Bounds
        Of each candidate on all items that models are to be asked about.
    against : int
        The candidate that others are held against: the incumbent, else the leader.
    ahead : Bounds
        How much more accurate each is than that one; each bound is so wide that all hold together.
    items, reviewed : int arrays of shape (n_candidates,)
        Items that tell something of the candidate, and those of them that people answered.
    remaining : bool array of shape (n_candidates,)
        Who may still be the best.
    verdict : Verdict
    """

    accuracy: Bounds
    against: int
    ahead: Bounds
    items: NDArray[np.int64]
    reviewed: NDArray[np.int64]
    remaining: NDArray[np.bool_]
    verdict: Verdict


def compare(
    trial: Trial, incumbent: int | None = None, margin: float = 0.02, floor: float = FLOOR
) -> Comparison:
    """Tell what is known by now.

    Every bound holds at every moment at once: anybody may look after every review, and stop when it
    suits.

    Parameters
    ----------
    trial : Trial
    incumbent : int, optional
        The candidate that is asked of everything today.
    margin : float
        Accuracy, in [0, 1), that is not worth more reviews. Over an incumbent only what is better by more
        than nothing is promoted, whatever the margin.
    floor : float
        Least probability that any item of the trial may have had.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> gold = rng.integers(0, 2, 300)
    >>> wrong = rng.random((300, 2)) < [0.1, 0.3]
    >>> trial = Trial(
    ...     gold[:, None] ^ wrong, gold, np.ones(300), np.ones(300, bool), np.full((300, 2), 0.5)
    ... )
    >>> told = compare(trial, incumbent=1)
    >>> told.verdict.say.value, told.verdict.best
    ('promote', 0)
    """
    n = trial.answers.shape[1]
    inside = trial.judged[:, None] & trial.asked
    right, most = trial.right(), 1 / floor
    accuracy = bounds_of(right, inside, 0.0, most, ALPHA, (0.0, 1.0), trial.weight)
    counted = inside.sum(axis=0)
    reviewed = (inside & trial.chosen[:, None]).sum(axis=0)
    leader = int(np.where(counted > 0, accuracy.value, -1.0).argmax())
    pairs = max(n - 1, 1) * (n if incumbent is None else 1)
    against = leader if incumbent is None else incumbent
    ahead, both = _ahead(trial, right, inside, against, floor, ALPHA / pairs)
    # with an incumbent the leader is looked for among all, and held against everybody
    of_leader = (
        ahead if against == leader else _ahead(trial, right, inside, leader, floor, ALPHA / n**2)[0]
    )
    remaining = of_leader.high >= 0
    best_known = int(np.lexsort((accuracy.value, counted))[-1])
    if counted[best_known] > counted[leader]:  # a leader that came late says little of the others
        of_known = _ahead(trial, right, inside, best_known, floor, ALPHA / n**2)[0]
        remaining &= of_known.high >= 0
    remaining[leader] = True
    told = Comparison(
        accuracy, against, ahead, counted, reviewed, remaining, Verdict(Say.GO_ON, leader)
    )
    verdict = _verdict(told, right, both, incumbent, margin, ALPHA / pairs, most)
    return Comparison(accuracy, against, ahead, counted, reviewed, remaining, verdict)


def _ahead(
    trial: Trial,
    right: NDArray[np.float64],
    inside: NDArray[np.bool_],
    against: int,
    floor: float,
    alpha: float,
) -> tuple[Bounds, NDArray[np.bool_]]:
    both = inside & inside[:, [against]]
    most = 1 / least_chance(trial.share, trial.share[:, [against]], floor)
    # two bounds are told, and a decision rests on one of them
    found = bounds_of(
        right - right[:, [against]], both, -most, most, min(2 * alpha, 0.5), (-1.0, 1.0)
    )
    for one in (found.value, found.low, found.high):
        one[against] = 0.0
    return found, both


def _verdict(
    told: Comparison,
    right: NDArray[np.float64],
    both: NDArray[np.bool_],
    incumbent: int | None,
    margin: float,
    alpha: float,
    most: float,
) -> Verdict:
    others = np.arange(len(told.items)) != told.against
    if incumbent is not None:
        better = others & (told.ahead.low > 0)
        if better.any():
            best = int(np.where(better, told.ahead.value, -np.inf).argmax())
            return Verdict(Say.PROMOTE, best)
    open_ = others & told.remaining & (told.ahead.high > margin)
    if not open_.any():
        return Verdict(Say.PROMOTE if incumbent is None else Say.KEEP, told.against)
    value = np.where(open_, told.ahead.value, -np.inf)
    best = told.against if incumbent is None else int(value.argmax())
    return Verdict(Say.GO_ON, best, _more(told, right, both, open_, incumbent, margin, alpha, most))


def _more(
    told: Comparison,
    right: NDArray[np.float64],
    both: NDArray[np.bool_],
    open_: NDArray[np.bool_],
    incumbent: int | None,
    margin: float,
    alpha: float,
    most: float,
) -> int | None:
    """Reckon the reviews after which what is open would be told, from how evidence grew so far.

    A bettor who knows mean and variance of a difference grows rich by ``gap^2 / (2 variance)`` an item, and
    whatever the variance by ``gap / most`` at most.
    """
    items = both.sum(axis=0)
    apart = np.where(both, right - right[:, [told.against]], 0.0)
    spread = (apart**2).sum(axis=0) / np.maximum(items, 1)
    gap = margin - told.ahead.value
    if incumbent is not None:  # it is told as soon as it is either better, or not by the margin
        gap = np.maximum(gap, told.ahead.value)
    least = float(told.items.max() and (items[open_].min()))
    if least < 1 or (gap[open_] <= 0).any():
        return None
    gap, proof = np.maximum(gap, 1e-6), np.log(1 / alpha)
    needed = np.maximum(2 * spread * proof / gap**2, proof * most / gap)
    more = float(np.max(np.where(open_, needed - items, 0.0)))
    if incumbent is not None:
        better = open_ & (told.ahead.value > margin)
        if better.any():  # the first that is proven better ends it
            more = float(np.min((needed - items)[better]))
    a_review = told.reviewed.sum() / max(int(told.items.sum()), 1)
    return max(1, round(more * a_review))
