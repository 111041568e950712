"""Predictions of the student for items whose label it has not seen."""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.errors import TooFewSamplesError
from labeling.gold import Gold
from labeling.student.learning.lesson import Lesson, make_lesson
from labeling.student.learning.tricks import Prepared
from labeling.student.student import Student

FOLDS = 5

MANY_FOLDS, MANY = 2, 100_000
"""Folds of so many items: half of them teach nearly as well as four fifths do, in two fits instead of five."""


def folds(
    n_items: int, seed: int, groups: NDArray[np.int64] | None = None, n_folds: int | None = None
) -> NDArray[np.int64]:
    """Assign each item to a fold; items of one group stay together.

    Parameters
    ----------
    n_items, seed : int
    groups : int array of shape (n_items,), optional
        Near-duplicates, see :func:`labeling.sampling.duplicates.groups`: with a twin in the
        other folds, an item is not unseen.
    n_folds : int, optional
        At least 2; :data:`FOLDS` if not said, :data:`MANY_FOLDS` from :data:`MANY` items on.

    Returns
    -------
    int array of shape (n_items,)
        ``0 .. n_folds - 1``.

    Raises
    ------
    TooFewSamplesError
        If there are fewer groups than folds.

    Examples
    --------
    >>> at = folds(6, seed=0, groups=np.array([0, 0, 1, 1, 2, 2]), n_folds=3)
    >>> bool((at[::2] == at[1::2]).all())
    True
    """
    n_folds = n_folds or (FOLDS if n_items < MANY else MANY_FOLDS)
    own = np.arange(n_items) if groups is None else np.unique(groups, return_inverse=True)[1]
    n_groups = int(own.max()) + 1 if n_items else 0
    if n_groups < n_folds:
        raise TooFewSamplesError(
            f"{n_folds} folds need at least {n_folds} items that are no near-duplicates of each "
            f"other, got {n_groups}"
        )
    return (np.random.default_rng(seed).permutation(n_groups) % n_folds)[own]


def cross_fit(
    student: Student,
    items: Any,
    posteriors: NDArray[np.float64],
    gold: Gold | None = None,
    weights: NDArray[np.float64] | None = None,
    groups: NDArray[np.int64] | None = None,
    held_out: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Predict each item by a student that learnt from the other folds only.

    Parameters
    ----------
    student : Student
        Not fitted here; clones of it are.
    items, posteriors, gold, weights, held_out
        As in :meth:`labeling.student.student.Student.fit`.
    groups : int array of shape (n_items,), optional
        See :func:`folds`.

    Returns
    -------
    float array of shape (n_items, n_classes)

    Notes
    -----
    Features are fitted on the texts of all items, which holds no label.
    """
    at = folds(len(items), student.random_state, groups)
    lesson = make_lesson(len(items), student.n_classes, posteriors, gold, weights, held_out)
    prepared = student.prepare(items)
    return blind(student, prepared, lesson, at, [prepared.x])[0]


def blind(
    student: Student,
    prepared: Prepared,
    lesson: Lesson,
    at: NDArray[np.int64],
    views: Sequence[sparse.csr_matrix],
) -> list[NDArray[np.float64]]:
    """Predict prepared items, each by a student that has not seen what is said of it.

    Voters teach it the other folds, and so does gold where an item has gold of its own; an item
    that has none is judged by a student of all gold.

    Parameters
    ----------
    student, prepared, lesson
        As in :meth:`labeling.student.student.Student.learn`.
    at : int array of shape (n_items,)
        Folds, see :func:`folds`.
    views : sequence of csr_matrix of shape (n_items, d)
        What the items look like when they are judged: ``prepared.x``, or parts of it.

    Returns
    -------
    list of float arrays of shape (n_items, n_classes)
        One for each view.
    """
    said = [np.empty((len(at), student.n_classes)) for _ in views]
    for fold in range(int(at.max(initial=-1)) + 1):
        unseen = np.flatnonzero(at == fold)
        rest = lesson.without(unseen)
        taught = student.from_voters(prepared, rest)
        reviewed = np.isin(unseen, lesson.gold_item)
        for some, known in ((unseen[reviewed], rest), (unseen[~reviewed], lesson)):
            if not len(some):
                continue
            model = student.correct(prepared, taught, known.gold_item, known.gold_label)
            for proba, view in zip(said, views, strict=True):
                proba[some] = model.predict_proba(view[some])
    return said
