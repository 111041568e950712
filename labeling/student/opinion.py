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
from scipy import sparse
from sklearn.base import clone

from labeling.gold import Gold
from labeling.student.crossfit import FOLDS, blind, folds
from labeling.student.learning.lesson import Lesson, make_lesson
from labeling.student.learning.tricks import Prepared
from labeling.student.student import Student
from labeling.student.telling import telling, without
from labeling.votes import Votes

MOST_UNLABELLED = 500
"""Items without a vote that a student with a trick turned on looks at as well."""

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
) -> NDArray[np.int64]:
    """Choose what to learn from: all gold and all items with a vote, or the newest of them.

    Parameters
    ----------
    spoken : bool array of shape (n_items,)
        Where a voter spoke; items are in the order of time.
    gold : Gold
    among : bool array of shape (n_items,)
        Items that may be taken.
    most : int, optional
        Items with a label, at most; gold is taken before votes.
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
        rest = _last(rest, most - len(reviewed))
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
    past = material(spoken, earlier, ~current, unlabelled=unlabelled)
    wanted = ENOUGH * np.count_nonzero(spoken & current)
    if len(past) >= wanted and _teaches(past, posterior, spoken, earlier):
        prepared, lesson = _taught(student, items, posterior, spoken, earlier, past)
        fitted = cast("Student", clone(student)).learn(prepared, lesson)
        now = np.flatnonzero(current)
        x = _read(fitted, take(items, now))
        views = _views(x, None if votes is None else telling(x, votes, now))
        said = [fitted.judge(view) for view in views]
        return Opinion(fitted, said[0], said[-1], past, True)
    learnt = material(spoken, earlier, np.ones(len(spoken), dtype=bool), unlabelled=unlabelled)
    if not _teaches(learnt, posterior, spoken, earlier):
        return None
    alike = twins(learnt)
    if len(np.unique(alike)) < FOLDS:
        return None
    prepared, lesson = _taught(student, items, posterior, spoken, earlier, learnt)
    fitted = cast("Student", clone(student)).learn(prepared, lesson)
    others = np.setdiff1d(np.flatnonzero(current), learnt)
    rest = _read(fitted, take(items, others))
    terms = None
    if votes is not None:
        whole = sparse.csr_matrix(sparse.vstack([prepared.x, rest]))
        terms = telling(whole, votes, np.concatenate([learnt, others]))
    at = folds(len(learnt), student.random_state, alike)
    judged = blind(student, prepared, lesson, at, _views(prepared.x, terms))
    place = np.cumsum(current) - 1
    here = current[learnt]
    said = []
    for own, view in zip(judged, _views(rest, terms), strict=True):
        unseen = np.empty((int(current.sum()), student.n_classes))
        unseen[place[learnt[here]]] = own[here]
        if len(others):
            unseen[place[others]] = fitted.judge(view)
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


def take(items: Sequence[str] | NDArray[Any], at: NDArray[np.int64]) -> Any:
    """Return some of the items, as a student takes them: an array of images, or a list of texts.

    Examples
    --------
    >>> take(["a", "b", "c"], np.array([2, 0]))
    ['c', 'a']
    """
    return items[at] if isinstance(items, np.ndarray) else [items[i] for i in at.tolist()]


def _read(student: Student, items: Any) -> sparse.csr_matrix:
    if len(items):
        return student.read(items)
    n_features = student.pipeline_.named_steps["classifier"].n_features_in_
    return sparse.csr_matrix((0, n_features))


def _views(x: sparse.csr_matrix, terms: NDArray[np.bool_] | None) -> list[sparse.csr_matrix]:
    """Return the items as they are, and without the terms that tell, if there are any."""
    return [x] if terms is None or not terms.any() else [x, without(x, terms)]


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
