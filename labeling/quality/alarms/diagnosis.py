"""Where an alarm comes from: the class, the voter, the slice, the most telling items."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.quality.alarms.signal_names import slice_name
from labeling.quality.estimates.accuracy import accuracy
from labeling.quality.estimates.audited import AuditedBatch
from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.labelled import MISSING, LabelledBatch, judge
from labeling.quality.estimates.weighted import draw_weight, weighted_share
from labeling.quality.planning import plan_for_width

MIN_REVIEWS = 5
"""Reviews of a slice below which it is not named."""

TELLING = 10
"""Items shown."""

SURE_WIDTH = 0.05
"""Half width to which a suspected slice should be measured."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the items: ``class/SPAM``, ``voter/rule/link``, ``source=blog``.

    Parameters
    ----------
    name : str
    reviewed, errors : int
        Reviewed items of the slice, and how many of those labels were wrong; of a voter and of a class
        beside others, how many were wrong about what it said, or about that class.
    error : Interval
        Error rate: what :func:`labeling.quality.estimates.accuracy.accuracy` tells of the slice's items.
    elsewhere : float
        Error rate of all other reviewed items, NaN if there are none.
    excess : float
        Share of all errors beyond the target that lie in this slice, 0..1.
    suspicion : float
        How far the slice is surely above the rest by what was reviewed, times what it explains.
    """

    name: str
    reviewed: int
    errors: int
    error: Interval
    elsewhere: float
    excess: float
    suspicion: float


@dataclass(frozen=True, slots=True)
class Telling:
    """A wrong item: its batch and place, label and gold, how sure the model was, who misled it."""

    batch: str
    item: int
    label: int
    gold: int
    confidence: float
    misled_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Suspects, the largest share of the excess errors first, evidence, and what to do."""

    slices: list[Slice]
    items: list[Telling]
    next_steps: list[str]


def diagnose(
    batches: Sequence[LabelledBatch],
    target_error: float,
    class_names: Sequence[str],
    voters: Mapping[str, Sequence[NDArray[np.int32]]] | None = None,
    slices: Mapping[str, Sequence[NDArray[np.object_]]] | None = None,
    confidence: Sequence[NDArray[np.float64]] | None = None,
    about: Callable[[LabelledBatch, int], AuditedBatch] | None = None,
) -> Diagnosis:
    """Explain an alarm from the reviews since the estimated change.

    Parameters
    ----------
    batches : sequence of LabelledBatch
        From the change on.
    target_error : float
        Share of wrong labels (0..1) that was promised.
    class_names : sequence of str
        Of a single class nothing is told: whatever is wrong is wrong about it.
    voters : mapping of name to votes, one int array of shape (n_items,) a batch, optional
    slices : mapping of name to values, one array of str of shape (n_items,) a batch, optional
        Source, length, cluster of texts …
    confidence : float arrays of shape (n_items,), one a batch, optional
        Posterior of the released label; confident errors are the most telling.
    about : callable, optional
        Of answers that name several classes one may be wrong and the others not. It takes a batch and
        a class and tells what is wrong about that class (:meth:`LabelledBatch.about`): the class is
        suspected for that alone, compared with what is wrong about the other classes.

    Returns
    -------
    Diagnosis
        Without a reviewed item: nothing suspected, and the advice to review.

    Examples
    --------
    >>> batch = LabelledBatch.uniform("a", [0] * 50 + [1] * 50, range(0, 100, 2), [0] * 50)
    >>> found = diagnose([batch], 0.05, ["HAM", "SPAM"])
    >>> found.slices[0].name, found.slices[0].errors
    ('class/SPAM', 25)
    """
    judged = np.concatenate([_judged(b) for b in batches] or [np.zeros(0, np.bool_)])
    if not judged.any():
        return Diagnosis([], [], ["Nothing was reviewed yet: review the audit sample."])
    wrong = np.concatenate([b.wrong for b in judge(batches)])
    weight = np.concatenate([draw_weight(b) for b in judge(batches)]) * judged

    def within(members: Sequence[NDArray[np.bool_]]) -> list[AuditedBatch]:
        own = [
            np.where(m, b.label, np.int32(MISSING)) for m, b in zip(members, batches, strict=True)
        ]
        return judge(batches, own)

    groups: dict[str, list[AuditedBatch]] = {}
    for name, votes in (voters or {}).items():
        # a voter is suspect where the label followed it, for what it said itself
        followed = [
            np.where(b.follows(v), v, np.int32(MISSING))
            for v, b in zip(votes, batches, strict=True)
        ]
        groups[f"voter/{name}"] = judge(batches, followed)
    for name, values in (slices or {}).items():
        pairs = list(zip(values, batches, strict=True))
        seen = np.unique(np.concatenate([v[b.drawn] for v, b in pairs]))
        groups |= {
            slice_name(name, value): within([v == value for v, _ in pairs])
            for value in seen.tolist()
        }
    rest = _Rest(wrong, judged, weight, target_error)
    found = [_slice(name, audited, weight, rest.of(audited)) for name, audited in groups.items()]
    if about is None:
        named = [within([b.names(b.label, c) for b in batches]) for c in range(len(class_names))]
        of_class = [rest.of(audited) for audited in named]
    else:
        named = [[about(b, c) for b in batches] for c in range(len(class_names))]
        of_class = _beside(named, weight)
    if len(class_names) > 1:
        found += [
            _slice(f"class/{name}", audited, weight, other)
            for name, audited, other in zip(class_names, named, of_class, strict=True)
        ]
    ranked = sorted(
        (one for one in found if one.reviewed >= MIN_REVIEWS),
        key=lambda s: (-s.suspicion, -s.excess, s.name),
    )
    items = _telling(batches, voters or {}, confidence)
    return Diagnosis(ranked, items, _next_steps(ranked, target_error))


def _judged(batch: LabelledBatch) -> NDArray[np.bool_]:
    return batch.judged & (batch.label[batch.drawn] != MISSING)


def _inside(audited: Sequence[AuditedBatch]) -> NDArray[np.bool_]:
    return np.concatenate([b.inside & b.counts for b in audited])


def _wrong(audited: Sequence[AuditedBatch]) -> NDArray[np.bool_]:
    return np.concatenate([b.wrong & b.counts for b in audited])


@dataclass(frozen=True, slots=True)
class _Other:
    """What a suspect is compared with: the error rate elsewhere, and its share of what is wrong."""

    elsewhere: float
    excess: float


@dataclass(frozen=True, slots=True)
class _Rest:
    """All reviewed items, of which a suspect is a part."""

    wrong: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    weight: NDArray[np.float64]
    target_error: float

    def of(self, audited: Sequence[AuditedBatch]) -> _Other:
        inside = _inside(audited)
        outside = self.judged & ~inside
        w, v = self.weight[inside], self.weight[outside]
        elsewhere = float(v @ self.wrong[outside] / v.sum()) if outside.any() else float("nan")
        here = float(w @ _wrong(audited)[inside]) - self.target_error * float(w.sum())
        everywhere = float(self.weight @ self.wrong) - self.target_error * float(self.weight.sum())
        return _Other(elsewhere, float(np.clip(here / everywhere, 0, 1)) if everywhere > 0 else 0.0)


def _beside(named: Sequence[Sequence[AuditedBatch]], weight: NDArray[np.float64]) -> list[_Other]:
    """Compare what is wrong about each class with what is wrong about the others."""
    sizes = np.array([weight @ _inside(audited) for audited in named])
    errors = np.array([weight @ _wrong(audited) for audited in named])
    others, all_errors = sizes.sum() - sizes, float(errors.sum())
    return [
        _Other(
            (all_errors - error) / other if other > 0 else float("nan"),
            error / all_errors if all_errors > 0 else 0.0,
        )
        for error, other in zip(errors.tolist(), others.tolist(), strict=True)
    ]


def _slice(
    name: str, audited: Sequence[AuditedBatch], weight: NDArray[np.float64], other: _Other
) -> Slice:
    found = accuracy(audited)
    right = found.interval
    # draws that nobody judged are no reason to suspect nobody
    surely = weighted_share(_wrong(audited), weight, _inside(audited)).low
    elsewhere = 0.0 if np.isnan(other.elsewhere) else other.elsewhere
    return Slice(
        name,
        found.reviewed,
        found.errors,
        Interval(1 - right.point, 1 - right.high, 1 - right.low),
        other.elsewhere,
        other.excess,
        max(surely - elsewhere, 0.0) * other.excess,
    )


def _telling(
    batches: Sequence[LabelledBatch],
    voters: Mapping[str, Sequence[NDArray[np.int32]]],
    confidence: Sequence[NDArray[np.float64]] | None,
) -> list[Telling]:
    rows: list[Telling] = []
    # who is right about what it said misled nobody, whatever else the label says
    mislead = {
        name: [
            batch.follows(said)[batch.drawn] & batch.audited(said).wrong
            for said, batch in zip(votes, batches, strict=True)
        ]
        for name, votes in voters.items()
    }
    for at, batch in enumerate(batches):
        for place in np.flatnonzero(batch.audited().wrong).tolist():
            item, label = int(batch.drawn[place]), int(batch.label[batch.drawn[place]])
            misled = tuple(name for name, wrong in mislead.items() if wrong[at][place])
            sure = float("nan") if confidence is None else float(confidence[at][item])
            rows.append(Telling(batch.batch, item, label, int(batch.gold[place]), sure, misled))
    rows.sort(key=lambda row: -row.confidence if row.confidence == row.confidence else 0.0)
    return rows[:TELLING]


def _next_steps(ranked: Sequence[Slice], target_error: float) -> list[str]:
    """Say what to do about the first suspects, in plain words."""
    steps: list[str] = []
    for suspect in ranked[:3]:
        if not suspect.suspicion:
            continue
        kind, _, name = suspect.name.partition("/")
        said = f"{suspect.errors} of {suspect.reviewed} reviewed items wrong"
        if kind == "voter" and name.startswith("rule/"):
            steps.append(f"Mend {name}: {said} where the label followed it.")
        elif kind == "voter":
            steps.append(f"Check the prompt and model of {name}: {said} where the label followed.")
        elif kind == "class":
            steps.append(
                f"Look at class {name}: {said} about it; its description or rules may be outdated."
            )
        else:
            steps.append(f"Look at {suspect.name}: {said}; write a rule or examples for it.")
    if not steps:
        steps.append(
            "Nothing that was looked at stands out: read the most telling items one by one."
        )
    if ranked:
        rate = min(max(1 - ranked[0].error.point, target_error), 1 - target_error)
        more = plan_for_width(SURE_WIDTH, rate).reviews - ranked[0].reviewed
        if more > 0:
            steps.append(
                f"Add {more} reviews of {ranked[0].name} to know its accuracy to "
                f"± {100 * SURE_WIDTH:.0f} points."
            )
    return steps
