"""Where an alarm comes from: the class, the voter, the slice, the most telling items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.quality.accuracy import accuracy
from labeling.quality.intervals import Interval
from labeling.quality.labelled import MISSING, LabelledBatch, judge
from labeling.quality.planning import plan_for_width
from labeling.quality.signal_names import slice_name
from labeling.quality.weighted import draw_weight, weighted_share

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
        Reviewed items of the slice, and how many of those labels (or votes) were wrong.
    error : Interval
        Error rate: what :func:`labeling.quality.accuracy.accuracy` tells of the slice's items.
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
    slices: Mapping[str, Sequence[NDArray[np.str_]]] | None = None,
    confidence: Sequence[NDArray[np.float64]] | None = None,
    *,
    own_mistakes: bool = False,
) -> Diagnosis:
    """Explain an alarm from the reviews since the estimated change.

    Parameters
    ----------
    batches : sequence of LabelledBatch
        From the change on.
    target_error : float
        Share of wrong labels (0..1) that was promised.
    class_names : sequence of str
    voters : mapping of name to votes, one int array of shape (n_items,) a batch, optional
    slices : mapping of name to values, one str array of shape (n_items,) a batch, optional
        Source, length, cluster of texts …
    confidence : float arrays of shape (n_items,), one a batch, optional
        Posterior of the released label; confident errors are the most telling.
    own_mistakes : bool
        Whether a class is suspected for what is wrong with itself: of answers that name several,
        one may be wrong and the others not.

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
    audited = judge(batches)
    wrong = np.concatenate([b.wrong for b in audited])
    weight = np.concatenate([draw_weight(b) for b in audited]) * judged
    groups: dict[str, list[NDArray[np.bool_]]] = {
        f"class/{name}": [b.names(b.label, c) for b in batches]
        for c, name in enumerate(class_names)
    }
    for name, votes in (voters or {}).items():
        # a voter is suspect where the label followed it
        groups[f"voter/{name}"] = [b.follows(v) for v, b in zip(votes, batches, strict=True)]
    for name, values in (slices or {}).items():
        pairs = list(zip(values, batches, strict=True))
        seen = np.unique(np.concatenate([v[b.drawn] for v, b in pairs]))
        groups |= {
            slice_name(name, value): [v == value for v, _ in pairs] for value in seen.tolist()
        }
    classes = {f"class/{name}": c for c, name in enumerate(class_names) if own_mistakes}
    found = [
        _slice(name, batches, member, wrong, judged, weight, target_error, classes.get(name))
        for name, member in groups.items()
        if sum(int((m[b.drawn] & _judged(b)).sum()) for m, b in zip(member, batches, strict=True))
        >= MIN_REVIEWS
    ]
    ranked = sorted(found, key=lambda s: (-s.suspicion, -s.excess, s.name))
    items = _telling(batches, voters or {}, confidence)
    return Diagnosis(ranked, items, _next_steps(ranked, target_error))


def _judged(batch: LabelledBatch) -> NDArray[np.bool_]:
    return batch.judged & (batch.label[batch.drawn] != MISSING)


def _slice(
    name: str,
    batches: Sequence[LabelledBatch],
    member: Sequence[NDArray[np.bool_]],
    wrong: NDArray[np.bool_],
    judged: NDArray[np.bool_],
    weight: NDArray[np.float64],
    target_error: float,
    of_class: int | None,
) -> Slice:
    """Describe some of the items; of a class that stands beside others, what is wrong with itself."""
    inside = judged & np.concatenate([m[b.drawn] for m, b in zip(member, batches, strict=True)])
    everywhere = float(weight @ wrong) - target_error * float(weight.sum())
    if of_class is None:
        own = [
            np.where(m, b.label, np.int32(MISSING)) for m, b in zip(member, batches, strict=True)
        ]
        audited = judge(batches, own)
    else:
        audited = judge(batches, of_class=of_class)
        wrong = np.where(inside, np.concatenate([b.wrong for b in audited]), wrong)
    found = accuracy(audited)
    right = found.interval
    outside = judged & ~inside
    w, v = weight[inside], weight[outside]
    elsewhere = float(v @ wrong[outside] / v.sum()) if outside.any() else float("nan")
    excess_here = float(w @ wrong[inside]) - target_error * float(w.sum())
    excess = float(np.clip(excess_here / everywhere, 0, 1)) if everywhere > 0 else 0.0
    # draws that nobody judged are no reason to suspect nobody
    surely = weighted_share(wrong, weight, inside).low
    return Slice(
        name,
        found.reviewed,
        found.errors,
        Interval(1 - right.point, 1 - right.high, 1 - right.low),
        elsewhere,
        excess,
        max(surely - (0.0 if np.isnan(elsewhere) else elsewhere), 0.0) * excess,
    )


def _telling(
    batches: Sequence[LabelledBatch],
    voters: Mapping[str, Sequence[NDArray[np.int32]]],
    confidence: Sequence[NDArray[np.float64]] | None,
) -> list[Telling]:
    rows: list[Telling] = []
    followed = [
        {name: batch.follows(votes[at]) for name, votes in voters.items()}
        for at, batch in enumerate(batches)
    ]
    for at, batch in enumerate(batches):
        for place in np.flatnonzero(batch.audited().wrong).tolist():
            item, label = int(batch.drawn[place]), int(batch.label[batch.drawn[place]])
            misled = tuple(name for name, votes in followed[at].items() if votes[item])
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
            steps.append(f"Look at class {name}: {said}; its description or rules may be outdated.")
        else:
            steps.append(f"Look at {suspect.name}: {said}; write a rule or examples for it.")
    if not steps:
        steps.append("No class, voter or slice stands out: read the most telling items one by one.")
    if ranked:
        rate = min(max(1 - ranked[0].error.point, target_error), 1 - target_error)
        more = plan_for_width(SURE_WIDTH, rate).reviews - ranked[0].reviewed
        if more > 0:
            steps.append(
                f"Add {more} reviews of {ranked[0].name} to know its accuracy to "
                f"± {100 * SURE_WIDTH:.0f} points."
            )
    return steps
