"""The kind ``several``: any of the classes at once; a unit is an item and a class."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labeling.kinds.asking import Form, Reader, Token
from labeling.kinds.classes import ClassSpec
from labeling.kinds.each_class import YES, EachClass, Said
from labeling.kinds.kind import UNDECIDED
from labeling.kinds.several import form as forms
from labeling.kinds.several.answer import (
    NOT,
    NOTHING,
    classes_only,
    denied,
    listed,
    refuse,
    said,
    written,
)
from labeling.kinds.several.limits import ANYTHING, Limits
from labeling.kinds.several.reader import SetReader
from labeling.kinds.units import Units


@dataclass(frozen=True)
class Several(EachClass):
    """A yes-or-no question about each class.

    Parameters
    ----------
    limits : Limits
        Which sets of classes are allowed.

    Examples
    --------
    >>> from labeling.kinds.kind import Answers
    >>> kind, classes = Several(), ("late", "broken")
    >>> rows = Answers.of([0, 1, 1], ['["late"]', "broken", "not late"])
    >>> units = kind.units(2, rows, classes)
    >>> cast = kind.cast(units, rows, classes)
    >>> list(zip(cast.row.tolist(), cast.unit.tolist(), cast.label.tolist()))
    [(0, 0, 1), (0, 1, 0), (1, 3, 1), (2, 2, 0)]
    >>> sure = np.array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.3], [0.5, 0.5]])
    >>> kind.assemble(units, np.array([1, 0, 0, -1]), sure, classes)
    ['["late"]', None]
    """

    limits: Limits = ANYTHING

    name: ClassVar[str] = "several"
    page: ClassVar[str] = "several"
    weighs_tokens: ClassVar[bool] = False
    page_keys: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"0": "none of the classes", "=": "as suggested"}
    )

    many: ClassVar[bool] = True

    @property
    def nothing(self) -> str | None:
        """The empty list, where it is allowed."""
        return NOTHING if self.limits.none_allowed else None

    def meaning(self) -> tuple[object, ...]:
        """Return the name and the limits."""
        limits = self.limits
        return (self.name, limits.at_most, limits.none_allowed, *map(list, limits.excludes))

    def marks(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Return each class, and each with ``not`` before it."""
        return (*classes, *map(denied, classes))

    def says(self, answer: str, classes: Collection[str]) -> Said:
        """Return what an answer says of the classes."""
        return said(answer, classes)

    def assemble(
        self,
        units: Units,
        label: NDArray[np.integer],
        posterior: NDArray[np.float64],
        classes: Sequence[str],
    ) -> list[str | None]:
        """Return the likeliest set that is allowed; None where a class is undecided."""
        n_classes = len(classes)
        table = label.reshape(units.n_items, n_classes)
        share = posterior[:, YES].reshape(units.n_items, n_classes)
        known = (table != UNDECIDED).all(axis=1).tolist()
        found: dict[bytes, str] = {}
        texts: list[str | None] = []
        for at, decided in enumerate(known):
            if not decided:
                texts.append(None)
                continue
            yes = table[at] == YES
            key = yes.tobytes()
            if key not in found:
                names = [name for name, one in zip(classes, yes.tolist(), strict=True) if one]
                if self.limits.problem(names):
                    texts.append(written(self.limits.likeliest(share[at], classes)))
                    continue
                found[key] = written(names)
            texts.append(found[key])
        return texts

    def instruction(self, form: Form, classes: Sequence[ClassSpec]) -> str:
        """Tell a model to answer with a list of classes."""
        return forms.instruction(form, classes, self.limits)

    def schema(self, form: Form, classes: Sequence[ClassSpec]) -> dict[str, Any]:
        """Return the JSON schema of an answer; only names of classes pass in its list."""
        return forms.schema(form, classes)

    def example(self, form: Form, answer: str, text: str = "") -> str:
        """Write an example's list."""
        del text
        return forms.example(form, answer)

    def reader(self, classes: Sequence[ClassSpec]) -> Reader:
        """Return what reads answers into a set of classes."""
        return SetReader(tuple(classes), self.limits)

    def confidence(
        self, tokens: Sequence[Token], answer: str, classes: Sequence[ClassSpec]
    ) -> float | None:
        """Return nothing: tokens weigh one way of writing a list, of many."""
        del tokens, answer, classes

    def named(self, answer: str) -> tuple[str, ...]:
        """Return the classes in the list."""
        names = listed(answer)
        return (answer.removeprefix(NOT),) if names is None else tuple(names)

    def chosen(self, names: Sequence[str]) -> str:
        """Return the list of whatever was chosen, sorted by name."""
        return written(names)

    def checked(self, answer: str, classes: Collection[str]) -> str:
        """Return the list, sorted by name; a class alone stands for a list of one.

        Examples
        --------
        >>> Several().checked('["late", "broken"]', ["late", "broken"])
        '["broken", "late"]'
        >>> Several(Limits(at_most=1)).checked('["late", "broken"]', ["late", "broken"])
        Traceback (most recent call last):
        ...
        labeling.kinds.kind.AnswerError: 2 classes are named, and at most 1 may be; \
allowed: late, broken, as a list of names, [] for none
        """
        names = [answer] if answer in classes else listed(answer)
        allowed = list(classes)
        if names is None:
            raise refuse(f"{answer!r} is no list of classes", allowed)
        if not classes_only(names, classes):
            strangers = sorted(set(names) - set(classes))
            raise refuse(f"{', '.join(map(repr, strangers))} names no class", allowed)
        problem = self.limits.problem(names)
        if problem:
            raise refuse(problem, allowed)
        return written(names)

    def carried(self, answer: str, today: Callable[[str], str | None]) -> str | None:
        """Return the list with what became of each class; None where one is gone, or merged into what is not allowed."""
        names = listed(answer)
        if names is None:
            name = today(answer.removeprefix(NOT))
            return name if name is None or not answer.startswith(NOT) else denied(name)
        now = [today(name) for name in names]
        kept = {name for name in now if name is not None}
        merged = kept != set(names)
        return None if None in now or (merged and self.limits.problem(kept)) else written(kept)

    def mistaken(self, answer: str, classes: Sequence[str], rng: np.random.Generator) -> str:
        """Return the list with one class more or less."""
        names = set(self.named(answer))
        for name in rng.permutation(list(classes)).tolist():
            other = names ^ {name}
            if not self.limits.problem(other):
                return written(other)
        return answer

    def wrong(
        self, given: NDArray[np.int32], gold: NDArray[np.int32], answers: Sequence[str]
    ) -> NDArray[np.bool_]:
        """Tell where another set was given, or a vote on some classes that gold contradicts."""
        names = frozenset(name for text in answers for name in _mentioned(text))
        meaning = [said(text, names) for text in answers]
        verdict: dict[tuple[int, int], bool] = {}
        pairs = list(zip(given.ravel().tolist(), gold.ravel().tolist(), strict=True))
        for pair in set(pairs):
            one, truth = (meaning[code] if code != UNDECIDED else None for code in pair)
            verdict[pair] = one is None or truth is None or _contradicts(one, truth, names)
        return np.array([verdict[pair] for pair in pairs], dtype=np.bool_).reshape(given.shape)


def _mentioned(text: str) -> Sequence[str]:
    names = listed(text)
    return [text.removeprefix(NOT)] if names is None else names


def _contradicts(one: Said, truth: Said, names: Collection[str]) -> bool:
    return any(one.of(name) is not None and one.of(name) != truth.of(name) for name in names)
