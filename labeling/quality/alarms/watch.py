"""A family of detectors taken forward batch by batch, with the promise each series is held to.

The state between two batches can be written down, so a long history is not replayed for every new
batch. The bound on false alarms holds for any order of the batches: a clock that jumped only moves
the estimated moment of the change.
"""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labeling.quality.alarms.detector import Detector, Evidence
from labeling.quality.alarms.keys import alarm_key
from labeling.quality.estimates.audited import AuditedBatch
from labeling.quality.family import LABELS, Budget, reference_target

PLACEHOLDER = 0.5
"""Stands for a target that is not known yet, where only shares of the budget are asked for."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Evidence of one series after one batch; ``epoch`` counts its resets."""

    series: str
    epoch: int
    evidence: Evidence

    @property
    def alarm_id(self) -> str | None:
        """Key of the alarm this batch fired, the same at every replay; None if it fired none."""
        e = self.evidence
        return alarm_key(self.series, e.batch, self.epoch) if e.fired else None


@dataclass(frozen=True, slots=True)
class Watch:
    """State of one series between two batches.

    Parameters
    ----------
    target_error : float or None
        Share of wrong answers (0..1) that is held to be well; None while it is being learnt.
    promised : bool
        Whether somebody promised it; else it comes from the series' own first reviews.
    detector : Detector or None
        None until there is a target.
    epoch : int
        How often the series was reset.
    weight, squares, wrong : float
        Sums over the reference reviews: weights, their squares, weights of the wrong ones.
    reviews : int
        Reference reviews so far.
    """

    target_error: float | None
    promised: bool
    detector: Detector | None = None
    epoch: int = 0
    weight: float = 0.0
    squares: float = 0.0
    wrong: float = 0.0
    reviews: int = 0

    def to_json(self) -> str:
        """Write the state as one line of JSON; :meth:`from_json` reads it back exactly."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name != "detector"}
        fields["detector"] = None if self.detector is None else json.loads(self.detector.to_json())
        return json.dumps(fields)

    @classmethod
    def from_json(cls, text: str) -> "Watch":
        """Read a state written by :meth:`to_json`."""
        fields = json.loads(text)
        state = fields.pop("detector")
        return cls(**fields, detector=state and Detector.from_json(json.dumps(state)))


@dataclass(frozen=True, slots=True)
class Promises:
    """What every series of a family is held to.

    Parameters
    ----------
    accuracy : mapping of series to accuracy (0..1, exclusive)
        Promised; has to hold ``labels``. Every other series without a promise learns its own.
    budget : Budget
        False alarms over the whole family.
    reference_reviews : int
        First reviews of a series that set its target; their batches are not watched.
    """

    accuracy: Mapping[str, float]
    budget: Budget
    reference_reviews: int = 50


def watch_batch(
    watches: Mapping[str, Watch],
    audited: Mapping[str, AuditedBatch],
    promises: Promises,
    anew: Collection[str] = (),
) -> tuple[dict[str, Watch], list[Watched]]:
    """Take one batch in for the labels, whatever else is watched of them, and every voter seen so far.

    A voter that comes later joins the family then: the others' limits rise from there on.

    Parameters
    ----------
    watches : mapping of series to Watch
        State after the batch before; empty at the start.
    audited : mapping of series to AuditedBatch
        What the batch's audit says of ``labels`` and of each other series, ``voter/NAME`` for a
        voter; a voter that is known and not here said nothing.
    promises : Promises
    anew : collection of str
        Series whose detector starts anew with this batch, because a fix was made.

    Returns
    -------
    dict, list of Watched
        The new state, and the evidence of each series; a series without a target yet has none.

    Examples
    --------
    >>> bad = AuditedBatch.uniform("a", 100, range(10), [True] * 10)
    >>> promises = Promises({"labels": 0.95}, Budget(100, 0.05))
    >>> state, found = watch_batch({}, {"labels": bad, "class/SPAM": bad.silent()}, promises)
    >>> [(w.series, w.alarm_id) for w in found]
    [('labels', 'labels@a#0'), ('class/SPAM', None)]
    """
    voters = {name for name in (*watches, *audited) if name.startswith("voter/")}
    names = [*(name for name in audited if name not in voters), *sorted(voters)]
    silent = audited[LABELS].silent()
    shares = promises.budget.share_out(dict.fromkeys(names, PLACEHOLDER))
    learning = sum(name not in promises.accuracy for name in names)
    state: dict[str, Watch] = {}
    found: list[Watched] = []
    for series in shares:
        watch = watches.get(series.name) or _start(promises.accuracy.get(series.name))
        if series.name in anew:
            watch = replace(watch, detector=None, epoch=watch.epoch + 1)
        batch = audited.get(series.name, silent)
        wrong, judged = batch.wrong[batch.inside], batch.counts[batch.inside]
        if watch.target_error is None:
            evidence = Evidence(
                batch.batch, -math.inf, math.log(series.limit), False, False, None, None,
                len(wrong), int(wrong.sum()),
            )  # fmt: skip
            watch = _learn(watch, batch, promises.reference_reviews, learning)
        else:
            detector = watch.detector or Detector(watch.target_error, series.limit)
            detector, evidence = replace(detector, limit=series.limit).update(
                batch.batch,
                wrong,
                int(batch.member.sum()),
                batch.draw_probability(),
                finite=series.name == LABELS,
                within=batch.within,
            )
            watch = replace(watch, detector=detector)
        state[series.name] = watch
        found.append(Watched(series.name, watch.epoch, _counted(evidence, judged)))
    return state, found


def _counted(evidence: Evidence, judged: NDArray[np.bool_]) -> Evidence:
    """Count as reviews the draws that people judged; the detector takes in every draw."""
    after = evidence.fired_after
    return replace(
        evidence,
        reviews=int(judged.sum()),
        fired_after=None if after is None else int(judged[:after].sum()),
    )


def _start(promise: float | None) -> Watch:
    if promise is None:
        return Watch(None, promised=False)
    return Watch(1 - promise, promised=True)


def _learn(watch: Watch, batch: AuditedBatch, needed: int, series: int) -> Watch:
    """Add a batch to the reference of a series, and set its target once there is enough."""
    inside = batch.inside
    judged, wrong = batch.counts[inside], batch.wrong[inside]
    stratum = batch.design.stratum[batch.drawn]
    taken = np.bincount(stratum, minlength=len(batch.design.planned))
    w = (batch.design.sizes / np.maximum(taken, 1))[stratum][inside][judged]
    watch = replace(
        watch,
        weight=watch.weight + float(w.sum()),
        squares=watch.squares + float(w @ w),
        wrong=watch.wrong + float(w @ wrong[judged]),
        reviews=watch.reviews + int(judged.sum()),
    )
    if watch.reviews < needed or watch.wrong >= watch.weight:
        return watch
    effective = watch.weight**2 / watch.squares
    error = watch.wrong / watch.weight
    return replace(watch, target_error=reference_target(error * effective, effective, series))
