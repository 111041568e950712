"""Early warnings without reviews: shifts of what the voters do and of what comes in.

They are hints and never accuracy: labels can stay right while these move, and go wrong while
they stand still. A warning needs an effect that is large, and surely so; a p-value alone would
warn about anything on many items and about nothing on few.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from labeling.errors import QualityError
from labeling.quality.alarms.signal_names import voter_signal
from labeling.votes import ABSTAIN

LEVEL = 0.999
"""Confidence that an effect is above its limit; many signals are looked at every batch."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Effects (not p-values) from which a shift is worth a look.

    Parameters
    ----------
    share : float
        Cohen's h of two shares: 0.2 is small, 0.5 medium. 10 % to 17 % is 0.2.
    mean : float
        Difference of means in standard deviations (Cohen's d).
    """

    share: float = 0.2
    mean: float = 0.2


@dataclass(frozen=True, slots=True)
class Signal:
    """One quantity against its reference.

    Parameters
    ----------
    name : str
        ``coverage/VOTER``, ``conflict``, ``votes_per_item``, ``class/NAME``, ``voter/V/CLASS`` (:func:`~labeling.quality.alarms.signal_names.voter_signal`),
        ``estimated_accuracy``, ``length`` …
    reference, current : float
        Its value before and now.
    effect : float
        Signed effect size: Cohen's h for shares, d for means.
    limit : float
        Effect that is worth a look.
    warned : bool
        Whether the effect is surely above the limit; of the estimated accuracy, only its falls.
    """

    name: str
    reference: float
    current: float
    effect: float
    limit: float
    warned: bool


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What is known of one batch without a review; arrays of shape (n_items, …).

    Parameters
    ----------
    votes : int array of shape (n_items, n_voters)
        Class voted for, or :data:`labeling.votes.ABSTAIN`.
    label : int array of shape (n_items,)
        Released labels, ABSTAIN where undecided.
    confidence : float array of shape (n_items,), optional
        Calibrated posterior of the released label, 0..1.
    length : float array of shape (n_items,), optional
        Length of the text, in characters.
    measures : mapping of str to float arrays of shape (n_some,)
        Anything else that is measured on the items, or on some of them, by name.
    """

    votes: NDArray[np.int32]
    label: NDArray[np.int32]
    confidence: NDArray[np.float64] | None = None
    length: NDArray[np.float64] | None = None
    measures: Mapping[str, NDArray[np.float64]] = field(default_factory=dict[str, Any])


def share_signal(
    name: str, hits: tuple[float, float], sizes: tuple[float, float], limit: float
) -> Signal:
    """Compare two shares; ``hits`` and ``sizes`` are (reference, current).

    Examples
    --------
    >>> share_signal("conflict", (100, 170), (1000, 1000), 0.2).warned
    False
    >>> share_signal("conflict", (100, 300), (1000, 1000), 0.2).warned
    True
    """
    if min(sizes) <= 0:
        return Signal(name, math.nan, math.nan, 0.0, limit, warned=False)
    before, now = hits[0] / sizes[0], hits[1] / sizes[1]
    h = 2 * math.asin(math.sqrt(min(now, 1))) - 2 * math.asin(math.sqrt(min(before, 1)))
    error = math.sqrt(1 / sizes[0] + 1 / sizes[1])
    return Signal(name, before, now, h, limit, abs(h) - _z() * error > limit)


def mean_signal(
    name: str, reference: NDArray[np.float64], current: NDArray[np.float64], limit: float
) -> Signal:
    """Compare two means in units of the pooled standard deviation (Cohen's d)."""
    if min(len(reference), len(current)) < 2:
        return Signal(name, math.nan, math.nan, 0.0, limit, warned=False)
    before, now = float(reference.mean()), float(current.mean())
    spread = math.sqrt((float(reference.var(ddof=1)) + float(current.var(ddof=1))) / 2)
    if spread == 0:
        changed = before != now
        effect = math.copysign(math.inf, now - before) if changed else 0.0
        return Signal(name, before, now, effect, limit, warned=changed)
    d = (now - before) / spread
    error = math.sqrt(1 / len(reference) + 1 / len(current) + d * d / 2 / len(current))
    return Signal(name, before, now, d, limit, abs(d) - _z() * error > limit)


def early_warnings(
    reference: Snapshot,
    current: Snapshot,
    voters: Sequence[str],
    classes: Sequence[str],
    limits: Limits | None = None,
) -> list[Signal]:
    """Compare a batch with the reference, the largest excess over its limit first.

    Parameters
    ----------
    reference, current : Snapshot
    voters, classes : sequences of str
        Names, in the order of the columns and codes.
    limits : Limits, optional

    Raises
    ------
    QualityError
        If the votes do not have one column for each voter.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> votes = rng.integers(0, 2, (500, 3)).astype(np.int32)
    >>> silent = votes.copy(); silent[:, 2] = ABSTAIN
    >>> found = early_warnings(Snapshot(votes, votes[:, 0]), Snapshot(silent, votes[:, 0]),
    ...     ["a", "b", "c"], ["HAM", "SPAM"])
    >>> sorted(signal.name for signal in found if signal.warned)
    ['conflict', 'coverage/c', 'votes_per_item']
    """
    for snapshot in (reference, current):
        if snapshot.votes.ndim != 2 or snapshot.votes.shape[1] != len(voters):
            raise QualityError(
                f"{len(voters)} voters, but votes of shape {snapshot.votes.shape}; a column each"
            )
    bound = limits or Limits()
    both = (reference, current)
    sizes = (float(len(reference.label)), float(len(current.label)))
    signals: list[Signal] = []

    def share(name: str, hits: Mapping[int, NDArray[np.bool_]]) -> None:
        counted = (float(hits[0].sum()), float(hits[1].sum()))
        signals.append(share_signal(name, counted, sizes, bound.share))

    for v, voter in enumerate(voters):
        said = [_said(one.votes[:, v], len(classes)) for one in both]
        voted = (float(said[0][1:].sum()), float(said[1][1:].sum()))
        signals.append(share_signal(f"coverage/{voter}", voted, sizes, bound.share))
        for c, name in enumerate(classes, start=1):
            given = (float(said[0][c]), float(said[1][c]))
            signals.append(share_signal(voter_signal(voter, name), given, voted, bound.share))
    share("undecided", {i: s.label == ABSTAIN for i, s in enumerate(both)})
    share("conflict", {i: _conflict(s.votes) for i, s in enumerate(both)})
    for c, name in enumerate(classes):
        share(f"class/{name}", {i: s.label == c for i, s in enumerate(both)})
    counts = [(s.votes != ABSTAIN).sum(1).astype(np.float64) for s in both]
    signals.append(mean_signal("votes_per_item", counts[0], counts[1], bound.mean))
    for name, log in (("confidence", False), ("length", True)):
        before: NDArray[np.float64] | None = getattr(reference, name)
        now: NDArray[np.float64] | None = getattr(current, name)
        if before is not None and now is not None:
            title = "estimated_accuracy" if name == "confidence" else name
            a, b = (np.log1p(x) if log else x for x in (before, now))
            signal = mean_signal(title, a, b, bound.mean)
            if title == "estimated_accuracy":  # doubt that shrinks is no bad news
                signal = replace(signal, warned=signal.warned and signal.effect < 0)
            signals.append(signal)
    for name, was in reference.measures.items():
        if name in current.measures:
            signals.append(mean_signal(name, was, current.measures[name], bound.mean))
    return sorted(signals, key=lambda s: (not s.warned, s.limit - abs(s.effect)))


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """Votes and labels of one batch where an item may have several classes.

    Parameters
    ----------
    votes : int array of shape (n_items, n_classes, n_voters)
        0 for no, 1 for yes, :data:`labeling.votes.ABSTAIN` where nothing was said.
    named : bool array of shape (n_items, n_classes)
        Which classes the released labels name.
    """

    votes: NDArray[np.int32]
    named: NDArray[np.bool_]


def set_warnings(
    reference: Sets,
    current: Sets,
    voters: Sequence[str],
    classes: Sequence[str],
    limits: Limits | None = None,
) -> list[Signal]:
    """Compare how often classes are named, by labels and by votes, and how often voters differ.

    Examples
    --------
    >>> votes = np.ones((400, 1, 2), np.int32)
    >>> often, never = np.ones((400, 1), bool), np.zeros((400, 1), bool)
    >>> found = set_warnings(Sets(votes, often), Sets(votes, never), ["a", "b"], ["late"])
    >>> [signal.name for signal in found if signal.warned]
    ['class/late']
    """
    bound = (limits or Limits()).share
    sizes = (float(len(reference.named)), float(len(current.named)))

    def share(
        name: str,
        count: Callable[[Sets], np.integer[Any]],
        among: Callable[[Sets], np.integer[Any]] | None = None,
    ) -> Signal:
        hits = (float(count(reference)), float(count(current)))
        of = sizes if among is None else (float(among(reference)), float(among(current)))
        return share_signal(name, hits, of, bound)

    found = [share("conflict", _in_conflict)]
    for c, name in enumerate(classes):
        found.append(share(f"class/{name}", lambda one, c=c: one.named[:, c].sum()))
        found += [
            share(
                voter_signal(voter, name),
                lambda one, c=c, v=v: (one.votes[:, c, v] == 1).sum(),
                lambda one, c=c, v=v: (one.votes[:, c, v] != ABSTAIN).sum(),
            )
            for v, voter in enumerate(voters)
        ]
    return found


def _in_conflict(sets: Sets) -> np.integer[Any]:
    """Count items of which a class is both named and denied."""
    both = (sets.votes == 0).any(axis=2) & (sets.votes == 1).any(axis=2)
    return both.any(axis=1).sum()


def _said(votes: NDArray[np.int32], n_classes: int) -> NDArray[np.int64]:
    """Count abstentions, then votes for each class."""
    return np.bincount(votes - ABSTAIN, minlength=n_classes + 1)


def _conflict(votes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return whether an item has two votes that differ."""
    cast = votes != ABSTAIN
    highest = np.where(cast, votes, -1).max(1, initial=-1)
    lowest = np.where(cast, votes, np.iinfo(np.int32).max).min(1, initial=np.iinfo(np.int32).max)
    return cast.any(1) & (highest != lowest)


def _z() -> float:
    return float(norm.ppf(LEVEL))
