"""Classes that changed: what an answer of then means among today's classes.

Answers are never rewritten. They are read through the list of changes, which only grows: each one
counts for the answers that were given before it, so that a name may be used again later.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

RETIRE = "retire"
"""The one change that is taken back where its class is put into the list again."""

SPLIT = "split"
"""The one change that leaves an answer several classes that it may mean."""

Today = Callable[[str], str | None]
Carried = Callable[[str, Today], str | None]


@dataclass(frozen=True, slots=True)
class ClassChange:
    """One change of a task's classes.

    Parameters
    ----------
    what : str
        ``known`` (classes as they stand, or one more), ``rename``, ``merge``, ``split`` or
        ``retire``.
    moves : mapping of str to str or None
        Each class that is meant, and what its answers mean from now on; None where nobody can say.
    classes : tuple of str
        All classes after it, in the order of their indices, which no edit of a file changes.
    last_review : int
        Id of the newest answer that was given before it, at least 0.
    who, at : str
        Who made it, and when (ISO 8601, UTC).
    detail : mapping
        Whatever else has to be known to carry it out; ``parts`` of a class that was split.
    """

    what: str
    moves: Mapping[str, str | None]
    classes: tuple[str, ...]
    last_review: int = 0
    who: str = ""
    at: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def parts(self) -> set[str]:
        """What a class was split into; empty for other changes, and where it was not recorded."""
        return set(self.detail.get("parts", ()))

    @property
    def taken(self) -> set[str]:
        """Names that are given to classes of another name: no class that was retired comes back."""
        return self.parts | {name for name in self.moves.values() if name is not None}


def class_today(
    changes: Sequence[ClassChange], label: str, review: int | None = None
) -> str | None:
    """Return what a label means among today's classes; None where nobody can say.

    Parameters
    ----------
    changes : sequence of ClassChange
        In the order they were made.
    label : str
        A name that was no class then is taken for one of earlier: it comes from an answer that
        was long under way.
    review : int, optional
        Id of the answer that gave it, from 1; an answer that is given now if not said.

    Examples
    --------
    >>> renamed = ClassChange("rename", {"late": "delay"}, ("delay", "rude"), last_review=40)
    >>> class_today([renamed], "late", 7), class_today([renamed], "rude", 7)
    ('delay', 'rude')
    >>> swapped = ClassChange("rename", {"rude": "late"}, ("delay", "late"), last_review=60)
    >>> [class_today([renamed, swapped], "late", review) for review in (7, 61)]
    ['delay', 'late']
    """
    given = len(changes)
    if review is not None:
        given = next((i for i, c in enumerate(changes) if c.last_review >= review), given)
    start = given
    if given and label not in changes[given - 1].classes:
        start = next((i for i in reversed(range(given)) if label in changes[i].moves), given)
    return _follow(changes, label, start)


def _follow(changes: Sequence[ClassChange], label: str, start: int) -> str | None:
    """Return the one class that an answer can mean: parts that became one again are one."""
    meant: set[str | None] = {label}
    retired: set[str] = set()
    for change in changes[start:]:
        listed = {*change.moves, *(set(change.classes) - change.taken)}
        meant |= retired & listed
        meant |= {None for name in retired if name in change.taken}  # of another class since
        retired -= listed | change.taken
        moved = {name for name in meant if name in change.moves}
        meant -= moved
        if change.what == RETIRE:
            retired |= {name for name in moved if name is not None}
        elif change.what == SPLIT:
            meant |= change.parts or {None} if moved else set()
        else:
            meant |= {change.moves[name] for name in moved if name is not None}
    return meant.pop() if len(meant) == 1 and not retired else None


def _itself(answer: str, today: Today) -> str | None:
    return today(answer)


def readings(
    changes: Sequence[ClassChange], said: Iterable[str] = (), carried: Carried = _itself
) -> Iterator[tuple[str, int, int | None, str | None]]:
    """Say of every name that was ever moved what it means today, by the time of the answer.

    Parameters
    ----------
    changes : sequence of ClassChange
    said : iterable of str
        Further answers, which name classes.
    carried : callable
        Takes an answer, and what says what became of a class; returns what the answer means.

    Yields
    ------
    (label, after, up_to, today)
        For answers with ``after < id <= up_to`` (no end if None), where ``today`` differs.

    Examples
    --------
    >>> list(readings([ClassChange("retire", {"late": None}, ("good", "rude"), last_review=40)]))
    [('late', 0, 40, None), ('late', 40, None, None)]
    """
    ends = sorted({change.last_review for change in changes})
    spans = list(zip([0, *ends], [*ends, None], strict=True))
    for label in sorted({*said, *(name for change in changes for name in change.moves)}):
        for after, up_to in spans:
            if up_to == after:
                continue
            today = carried(label, partial(class_today, changes, review=after + 1))
            if today != label:
                yield label, after, up_to, today


def pooled(
    before: Sequence[str], after: Sequence[str], moves: Mapping[str, str | None]
) -> list[list[int]]:
    """Return for each class afterwards the places, from 0, of those that went into it.

    Examples
    --------
    >>> pooled(["a", "b", "c"], ["a", "c"], {"b": "c"})
    [[0], [1, 2]]
    """
    into = [moves.get(name, name) for name in before]
    return [[place for place, name in enumerate(into) if name == new] for new in after]
