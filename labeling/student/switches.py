"""Which tricks and selections to turn on: those that cross-validated gold says help, no others."""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from labeling.errors import TooFewSamplesError
from labeling.gold import Gold
from labeling.student.crossfit import FOLDS, folds
from labeling.student.learning.lesson import make_lesson
from labeling.student.learning.selection import SELECTIONS
from labeling.student.learning.tricks import TRICKS
from labeling.student.paired import Paired, inverse_probability, paired
from labeling.student.student import Student

SWITCHES = (*TRICKS, *SELECTIONS)
"""Parameters of the student that gold decides on."""

MIN_GOLD = 100
"""Reviews below which no trick can be told from chance, so none is tried."""

LOOK_AFTER = 2
"""Folds after which a trick that has gained nothing yet is given up."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One trick: kept or not, and why.

    Attributes
    ----------
    name : str
        Parameter of the student.
    kept : bool
    gain : Paired or None
        Against the student without it; ``None`` where gold was too small to ask.
    """

    name: str
    kept: bool
    gain: Paired | None

    def __str__(self) -> str:
        word = "on" if self.kept else "off"
        if self.gain is None:
            return f"{self.name}: {word}, not tried: it takes {MIN_GOLD} gold items to tell"
        return f"{self.name}: {word}, {self.gain}"


def choose(
    student: Student,
    items: Any,
    posteriors: NDArray[np.float64],
    gold: Gold | None,
    weights: NDArray[np.float64] | None = None,
    groups: NDArray[np.int64] | None = None,
    queue_gold: Gold | None = None,
    held_out: NDArray[np.int64] | None = None,
    names: Sequence[str] = SWITCHES,
) -> tuple[Student, list[Switch]]:
    """Turn on the tricks that pay on this task.

    Parameters
    ----------
    student : Student
        Unfitted, all tricks off.
    items, posteriors, weights, held_out
        As in :meth:`labeling.student.student.Student.fit`.
    gold : Gold or None
        Drawn with known probabilities. Each item is judged by students that have seen neither its
        gold nor its posterior.
    groups : int array of shape (n_items,), optional
        Near-duplicates, kept in one fold.
    queue_gold : Gold, optional
        Teaches in every fold and judges in none.
    names : sequence of str
        Switches to ask about, of :data:`SWITCHES`.

    Returns
    -------
    student : Student
        Unfitted, with those tricks on.
    report : list of Switch
        One a trick, in words by ``str``.

    Raises
    ------
    GoldError
        If ``gold`` has no inclusion probabilities.

    Notes
    -----
    A trick is given up after two of five folds if it has gained nothing by then: stochastic
    curtailment (Lan, Simon & Halperin 1982, Sequential Analysis 1(3)). One that would be kept four
    times in five is given up once in seventeen; one that does not help is never kept for it.
    """
    if gold is not None:
        weight = inverse_probability(gold, "what a trick gains")
        if held_out is not None:
            keep = ~np.isin(gold.item, held_out)
            weight = weight[keep]
            gold = Gold(gold.item[keep], gold.label[keep], 1 / weight)
        if gold.n_gold >= MIN_GOLD:
            gains = _cross_validate(
                student, items, posteriors, gold, weights, groups, queue_gold, held_out, names
            )
            report = [Switch(name, gains[name].better, gains[name]) for name in names]
            on = {switch.name: switch.kept for switch in report}
            return cast("Student", clone(student)).set_params(**on), report
    return cast("Student", clone(student)), [Switch(name, False, None) for name in names]


def _cross_validate(
    student: Student,
    items: Any,
    posteriors: NDArray[np.float64],
    gold: Gold,
    weights: NDArray[np.float64] | None,
    groups: NDArray[np.int64] | None,
    queue_gold: Gold | None,
    held_out: NDArray[np.int64] | None,
    names: Sequence[str],
) -> dict[str, Paired]:
    """Return what each trick gained over the student without it, on the folds that it was tried on."""
    own = gold.item if groups is None else groups[gold.item]
    if len(np.unique(own)) < FOLDS:
        raise TooFewSamplesError(f"gold is {FOLDS - 1} or fewer items and their near-duplicates")
    at = folds(gold.n_gold, student.random_state, own)
    known = gold
    if queue_gold is not None:
        new = ~np.isin(queue_gold.item, gold.item)
        known = Gold(
            np.concatenate([gold.item, queue_gold.item[new]]),
            np.concatenate([gold.label, queue_gold.label[new]]),
        )
    lesson = make_lesson(len(items), student.n_classes, posteriors, known, weights, held_out)
    prepared = student.prepare(items)
    weight = inverse_probability(gold, "what a trick gains")
    right = {trick: np.zeros(gold.n_gold, dtype=bool) for trick in ("", *names)}
    gains: dict[str, Paired] = {}
    tried = list(names)
    for fold in range(FOLDS):
        judged = at == fold
        seen = lesson.without(gold.item[judged])
        plain = student.from_voters(prepared, seen)
        for trick in ("", *tried):
            pupil = cast("Student", clone(student)).set_params(**({trick: True} if trick else {}))
            said = pupil.learn(prepared, seen, plain).judge(prepared.x[gold.item[judged]])
            right[trick][judged] = said.argmax(axis=1) == gold.label[judged]
        if fold + 1 >= LOOK_AFTER:
            so_far = at <= fold
            for trick in tried:
                gains[trick] = paired(right[""][so_far], right[trick][so_far], weight[so_far])
            tried = [trick for trick in tried if gains[trick].gain > 0]
            if not tried:
                break
    return gains
