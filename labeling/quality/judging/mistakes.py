"""Where a model differs from most people, and whether people themselves agree there."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.kinds.spans.answer import Span
from labeling.quality.judging.likeness import Codes, Part
from labeling.quality.judging.panel import Panel
from labeling.votes import ABSTAIN


@dataclass(frozen=True, slots=True)
class Mistake:
    """What most people say and the model does not.

    Parameters
    ----------
    people, model : str or None
        A class; None where one side says nothing of the kind: a class of a set, or a span of a
        class, that is missed or added.
    agreed, divided : int
        How often, on items where all people say the same, and on others.
    """

    people: str | None
    model: str | None
    agreed: int
    divided: int


@dataclass(frozen=True, slots=True)
class Against:
    """A model against what more than half of the people of an item say.

    Parameters
    ----------
    model : str
    agreed, agreed_same : int
        Items of at least two people who all say the same, and those where the model does too.
    divided, divided_same : int
        Items where people differ and more than half say the same, and those where the model does too.
    open : int
        Items where no answer has more than half of the people.
    mistakes : list of Mistake
        The most frequent first.
    """

    model: str
    agreed: int
    agreed_same: int
    divided: int
    divided_same: int
    open: int
    mistakes: list[Mistake]


def against_people(panel: Panel) -> list[Against]:
    """Compare each model with the majority of people.

    Examples
    --------
    >>> people = [["x", "x", "x"], ["x", "y", "y"], ["y", "y", "y"]]
    >>> [found] = against_people(Panel.of(people, ["y", "x", "y"], list("abc"), ["m"]))
    >>> found.agreed, found.agreed_same, found.divided, found.divided_same
    (2, 1, 1, 0)
    >>> [(one.people, one.model, one.agreed, one.divided) for one in found.mistakes]
    [('x', 'y', 1, 0), ('y', 'x', 0, 1)]
    """
    there = panel.people != ABSTAIN
    n = there.sum(axis=1)
    votes = _counted(panel.people, len(panel.answers))
    top, most = _likeliest(votes)
    held = (votes @ panel.like.parts).tocsr()
    major = _over(held, n / 2)
    found: list[Against] = []
    for at, name in enumerate(panel.model_names):
        said = panel.models[:, at]
        judged = (n >= 2) & (said != ABSTAIN)
        agreed, clear = judged & (most == n), judged & (most > n / 2)
        divided = clear & ~agreed
        same = said == top
        if panel.kind == "single":
            mistakes = _swapped(panel, top, said, clear & ~same, agreed)
        else:
            mistakes = _missed_and_added(panel, major, said, judged, agreed)
        found.append(
            Against(
                name, int(agreed.sum()), int((agreed & same).sum()), int(divided.sum()),
                int((divided & same).sum()), int((judged & ~clear).sum()), mistakes,
            )
        )  # fmt: skip
    return found


def _counted(said: Codes, n_answers: int) -> Any:
    """Return how many of an item's people gave each answer, sparse (n_items, n_answers)."""
    item, column = np.nonzero(said != ABSTAIN)
    ones = np.ones(len(item))
    shape = (len(said), n_answers)
    return sparse.coo_array((ones, (item, said[item, column])), shape=shape).tocsr()


def _likeliest(votes: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    top = np.asarray(votes.argmax(axis=1), dtype=np.int64).ravel()
    return top, np.asarray(votes.max(axis=1).toarray(), dtype=np.float64).ravel()


def _over(held: Any, limit: NDArray[np.float64]) -> Any:
    """Keep the parts that more people name than the limit of their item."""
    named = held.tocoo()
    kept = named.data > limit[named.row]
    at = (named.row[kept], named.col[kept])
    return sparse.coo_array((np.ones(int(kept.sum())), at), shape=held.shape).tocsr()


def _swapped(
    panel: Panel,
    top: NDArray[np.int64],
    said: Codes,
    wrong: NDArray[np.bool_],
    agreed: NDArray[np.bool_],
) -> list[Mistake]:
    rows = (top[wrong].tolist(), said[wrong].tolist(), agreed[wrong].tolist())
    pairs: Counter[tuple[int, int, bool]] = Counter(zip(*rows, strict=True))
    of = [_name(next(iter(answer), "")) for answer in panel.answers]
    kinds = {(people, model) for people, model, _ in pairs}
    return _ranked(Mistake(of[p], of[m], pairs[p, m, True], pairs[p, m, False]) for p, m in kinds)


def _missed_and_added(
    panel: Panel, major: Any, said: Codes, judged: NDArray[np.bool_], agreed: NDArray[np.bool_]
) -> list[Mistake]:
    model = _counted(np.where(judged, said, ABSTAIN)[:, None], len(panel.answers))
    differs = (major - model @ panel.like.parts).tocoo()
    here = judged[differs.row] & (differs.data != 0)
    parts: list[int] = differs.col[here].tolist()
    missed: list[bool] = (differs.data[here] > 0).tolist()
    sure = agreed[differs.row[here]].tolist()
    names = [_name(panel.like.part_names[part]) for part in parts]
    counts: Counter[tuple[str, bool, bool]] = Counter(zip(names, missed, sure, strict=True))
    kinds = {(name, gone) for name, gone, _ in counts}
    return _ranked(
        Mistake(
            name if gone else None,
            None if gone else name,
            counts[name, gone, True],
            counts[name, gone, False],
        )
        for name, gone in kinds
    )


def _name(part: Part) -> str:
    return part.name if isinstance(part, Span) else part


def _ranked(mistakes: Iterable[Mistake]) -> list[Mistake]:
    def rank(one: Mistake) -> tuple[int, str, str]:
        return -(one.agreed + one.divided), one.people or "", one.model or ""

    return sorted(mistakes, key=rank)
