"""What a fitted student says of many items that it has not learnt from: part by part, here or elsewhere."""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.student.student import Student
from labeling.student.telling import telling, without
from labeling.texts import Texts
from labeling.votes import Votes

PART = 50_000
"""Items that are turned into features at once."""

Terms = NDArray[np.bool_] | None

Judge = Callable[[Student, Terms, Iterator[Any]], Iterator[list[NDArray[np.float64]]]]
"""Takes a student, the terms that tell, and parts of items as the student takes them; gives what it
says of each part, in order, see :func:`judge_part`."""


def judge_part(student: Student, terms: Terms, items: Any) -> list[NDArray[np.float64]]:
    """Return what a student says of items, shapes (n_items, K): as they are, and without such terms."""
    return [student.judge(view) for view in views(student.read(items), terms)]


def judge_here(
    student: Student, terms: Terms, parts: Iterator[Any]
) -> Iterator[list[NDArray[np.float64]]]:
    """Ask about one part after another, in this process; see :data:`Judge`."""
    return (judge_part(student, terms, part) for part in parts)


@dataclass(frozen=True, eq=False)
class Others:
    """Items that a student is asked about.

    Parameters
    ----------
    student : Student
        Fitted.
    items : sequence of str, Texts, or array of images
    at : int array of shape (n,)
        Which of them.
    """

    student: Student
    items: Any
    at: NDArray[np.int64]

    def telling(
        self,
        votes: Votes,
        x: sparse.csr_matrix | None = None,
        learnt: NDArray[np.int64] | None = None,
    ) -> Terms:
        """Find the terms that tell, see :mod:`labeling.student.telling`, among some where they are many.

        Parameters
        ----------
        votes : Votes
            On all items.
        x : csr_matrix of shape (n_learnt, d), optional
            Features of items that the student learnt from, which count as well.
        learnt : int array of shape (n_learnt,), optional
            Which these are.
        """
        some, read = self._some
        share = len(self.at) / max(len(some), 1)
        if x is None or learnt is None:
            return telling(read, votes, some) if len(some) else None
        whole = sparse.csr_matrix(sparse.vstack([x, read])) if len(some) else x
        weight = np.repeat([1.0, share], [len(learnt), len(some)])
        return telling(whole, votes, np.concatenate([learnt, some]), weight)

    def judged(self, terms: Terms, judge: Judge) -> list[NDArray[np.float64]]:
        """Return what the student says, shapes (n, K): as they are, and without the terms that tell."""
        if len(self.at) <= PART:
            read = self._some[1] if len(self.at) else None
            n_views = 1 if terms is None or not terms.any() else 2
            none = [np.empty((0, self.student.n_classes))] * n_views
            return none if read is None else [self.student.judge(v) for v in views(read, terms)]
        starts = range(0, len(self.at), PART)
        parts = (take(self.items, self.at[start : start + PART]) for start in starts)
        found = list(judge(self.student, terms, parts))
        return [np.concatenate([part[view] for part in found]) for view in range(len(found[0]))]

    @cached_property
    def _some(self) -> tuple[NDArray[np.int64], Any]:
        """Some of them, all where they are few, and their features."""
        some = drawn(self.at, PART)
        return some, self.student.read(take(self.items, some)) if len(some) else None


def take(items: Any, at: NDArray[np.int64]) -> Any:
    """Return some of the items, as a student takes them: an array of images, or a list of texts.

    Examples
    --------
    >>> take(["a", "b", "c"], np.array([2, 0]))
    ['c', 'a']
    """
    if isinstance(items, Texts):
        return items.take(at)
    return items[at] if isinstance(items, np.ndarray) else [items[i] for i in at.tolist()]


def views(x: sparse.csr_matrix, terms: Terms) -> Sequence[sparse.csr_matrix]:
    """Return items as they are, and without the terms that tell, if there are any."""
    return [x] if terms is None or not terms.any() else [x, without(x, terms)]


def drawn(item: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Draw ``n`` items, or all if there are fewer; the same ones whenever it is asked, in their order.

    Examples
    --------
    >>> drawn(np.arange(5), 2).tolist(), drawn(np.arange(5), 9).tolist()
    ([0, 2], [0, 1, 2, 3, 4])
    """
    if len(item) <= n:
        return item
    # a multiplicative hash of the place (Knuth, TAOCP 3, section 6.4): no order of items matters to it
    mixed = item.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return item[np.sort(np.argpartition(mixed, n)[:n])]
