"""What the student thinks of a batch it has learnt nothing from.

Its opinion is worth something beside the voters only where it has not seen what they said. Later
batches are judged by a student of the earlier ones, which costs one fit; where little came before,
the batch is judged by cross-fitting.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from labeling.gold import Gold
from labeling.student.crossfit import FOLDS, blind, folds
from labeling.student.learning.lesson import Lesson, make_lesson
from labeling.student.learning.tricks import Prepared
from labeling.student.others import Judge, Others, drawn, judge_here, take, views
from labeling.student.student import Student
from labeling.votes import Votes

MOST_UNLABELLED = 500
"""Items without a vote that a student with a trick turned on looks at as well."""

MOST_LEARNT = 200_000
"""Items with a label that a student learns from, drawn by chance where there are more: a quarter more of
them no longer changes what it says, and each costs time."""

ENOUGH = 0.5
"""Earlier items with a label, as a share of the batch's, that make a student of them alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """A fitted student, and what students that never saw the batch say of it.

    Attributes
    ----------
    student : Student
        Fitted, not calibrated.
    unseen : float array of shape (n_current, K)
        Not calibrated. Each row comes from a student that saw neither the votes nor the gold of
        the item.
    hidden : float array of shape (n_current, K)
        The same of items without the terms that tell which voter spoke, see
        :mod:`labeling.student.telling`; ``unseen`` itself where votes were not given.
    learnt_from : int array
        Items that ``student`` learnt from.
    out_of_time : bool
        Whether all of them came before the batch; else ``unseen`` is cross-fitted.
    """

    student: Student
    unseen: NDArray[np.float64]
    hidden: NDArray[np.float64]
    learnt_from: NDArray[np.int64]
    out_of_time: bool


def material(
    spoken: NDArray[np.bool_],
    gold: Gold,
    among: NDArray[np.bool_],
    most: int | None = None,
    unlabelled: int = 0,
    *,
    by_chance: bool = False,
) -> NDArray[np.int64]:
    """Choose what to learn from: all gold and all items with a vote, or some of them.

    Parameters
    ----------
    spoken : bool array of shape (n_items,)
        Where a voter spoke; items are in the order of time.
    gold : Gold
    among : bool array of shape (n_items,)
        Items that may be taken.
    most : int, optional
        Items with a label, at most; gold is taken before votes, the newest first.
    by_chance : bool
        Whether ``most`` of the votes are drawn, evenly from all; else they are the newest.
    unlabelled : int
        Items without one that are added, the newest too.

    Examples
    --------
    >>> spoken = np.array([True, True, False, True, False])
    >>> gold = Gold(np.array([0]), np.array([1], dtype=np.int32))
    >>> material(spoken, gold, np.ones(5, dtype=bool), most=2).tolist()
    [0, 3]
    """
    reviewed = np.unique(gold.item[among[gold.item]])
    rest = np.setdiff1d(np.flatnonzero(among & spoken), reviewed)
    if most is not None:
        reviewed = _last(reviewed, most)
        rest = (drawn if by_chance else _last)(rest, most - len(reviewed))
    silent = np.setdiff1d(np.flatnonzero(among & ~spoken), reviewed)
    return np.sort(np.concatenate([reviewed, rest, _last(silent, unlabelled)]).astype(np.int64))


def form(
    student: Student,
    items: Sequence[str] | NDArray[Any],
    posterior: NDArray[np.float64],
    spoken: NDArray[np.bool_],
    gold: Gold,
    current: NDArray[np.bool_],
    *,
    twins: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    unlabelled: int = 0,
    votes: Votes | None = None,
    judge: Judge | None = None,
) -> Opinion | None:
    """Teach a student, and ask students that have not seen the current items what they are.

    Parameters
    ----------
    student : Student
        Unfitted.
    items : sequence of str, or array of images
        In the order of time.
    posterior : float array of shape (n_items, K)
        Consensus.
    spoken, current : bool arrays of shape (n_items,)
        Where a voter spoke, and which items are of the batch.
    gold : Gold
        Of earlier items; what is of the batch itself is left out.
    twins : callable
        Tells near-duplicates among some items, given by their places, by equal numbers; asked only
        where cross-fitting is needed, see :func:`labeling.student.crossfit.folds`.
    unlabelled : int
        See :func:`material`.
    votes : Votes, optional
        On all items, for :attr:`Opinion.hidden`.
    judge : callable, optional
        Asks a student about many items, part by part; :func:`judge_here` by default.

    Returns
    -------
    Opinion or None
        ``None`` where fewer than two classes show, or fewer items than there are folds.

    Notes
    -----
    Judging each batch by what was learnt before it is the prequential principle, Dawid (1984),
    JRSS A 147(2).
    """
    earlier = Gold(gold.item[~current[gold.item]], gold.label[~current[gold.item]])
    judge = judge or judge_here

    def chosen(among: NDArray[np.bool_]) -> NDArray[np.int64]:
        return material(spoken, earlier, among, MOST_LEARNT, unlabelled, by_chance=True)

    past = chosen(~current)
    wanted = ENOUGH * min(np.count_nonzero(spoken & current), MOST_LEARNT)
    if len(past) >= wanted and _teaches(past, posterior, spoken, earlier):
        prepared, lesson = _taught(student, items, posterior, spoken, earlier, past)
        fitted = cast("Student", clone(student)).learn(prepared, lesson)
        batch = Others(fitted, items, np.flatnonzero(current))
        said = batch.judged(None if votes is None else batch.telling(votes), judge)
        return Opinion(fitted, said[0], said[-1], past, True)
    learnt = chosen(np.ones(len(spoken), dtype=bool))
    if not _teaches(learnt, posterior, spoken, earlier):
        return None
    alike = twins(learnt)
    if len(np.unique(alike)) < FOLDS:
        return None
    prepared, lesson = _taught(student, items, posterior, spoken, earlier, learnt)
    fitted = cast("Student", clone(student)).learn(prepared, lesson)
    others = Others(fitted, items, np.setdiff1d(np.flatnonzero(current), learnt))
    terms = None if votes is None else others.telling(votes, prepared.x, learnt)
    at = folds(len(learnt), student.random_state, alike)
    judged = blind(student, prepared, lesson, at, views(prepared.x, terms))
    place = np.cumsum(current) - 1
    here = current[learnt]
    said = []
    for own, other in zip(judged, others.judged(terms, judge), strict=True):
        unseen = np.empty((int(current.sum()), student.n_classes))
        unseen[place[learnt[here]]] = own[here]
        unseen[place[others.at]] = other
        said.append(unseen)
    return Opinion(fitted, said[0], said[-1], learnt, False)


def _taught(
    student: Student,
    items: Any,
    posterior: NDArray[np.float64],
    spoken: NDArray[np.bool_],
    gold: Gold,
    item: NDArray[np.int64],
) -> tuple[Prepared, Lesson]:
    """Turn some items into features, and what is known of them into a lesson."""
    known, weights = _renumbered(gold, item, len(spoken)), spoken[item].astype(np.float64)
    lesson = make_lesson(len(item), student.n_classes, posterior[item], known, weights)
    return student.prepare(take(items, item)), lesson


def _renumbered(gold: Gold, item: NDArray[np.int64], n_items: int) -> Gold:
    place = np.full(n_items, -1)
    place[item] = np.arange(len(item))
    kept = place[gold.item] >= 0
    return Gold(place[gold.item][kept], gold.label[kept])


def _teaches(
    item: NDArray[np.int64],
    posterior: NDArray[np.float64],
    spoken: NDArray[np.bool_],
    gold: Gold,
) -> bool:
    labels = posterior[item[spoken[item]]].argmax(axis=1)
    reviewed = gold.label[np.isin(gold.item, item)]
    return len(np.unique(np.concatenate([labels, reviewed]))) > 1


def _last(item: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return item[max(len(item) - n, 0) :]
