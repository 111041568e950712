"""The kind ``single``: an item is of one class; a unit is an item."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labeling.kinds.asking import Form, Reader, Token
from labeling.kinds.classes import ClassSpec
from labeling.kinds.kind import UNDECIDED, AnswerError, Answers, Cast, Kind
from labeling.kinds.single import form as written
from labeling.kinds.single.logprobs import from_logprobs
from labeling.kinds.single.reader import ClassReader
from labeling.kinds.units import Units


class Single(Kind):
    """One question, one class.

    Examples
    --------
    >>> kind, classes = Single(), ("HAM", "SPAM")
    >>> rows = Answers.of([2, 0, 2], ["SPAM", "HAM", "gone"])
    >>> units = kind.units(3, rows, classes)
    >>> cast = kind.cast(units, rows, classes)
    >>> cast.row.tolist(), cast.unit.tolist(), cast.label.tolist()
    ([0, 1], [2, 0], [1, 0])
    >>> kind.assemble(units, np.array([0, -1, 1]), np.empty((3, 2)), classes)
    ['HAM', None, 'SPAM']
    """

    name: ClassVar[str] = "single"
    page: ClassVar[str] = "single"

    def answers(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Return the classes."""
        return tuple(classes)

    def units(self, n_items: int, rows: Answers, classes: Sequence[str]) -> Units:
        """Return a unit an item."""
        del rows, classes
        return Units.each(n_items)

    def cast(self, units: Units, rows: Answers, classes: Sequence[str]) -> Cast:
        """Return a vote for each answer that is a class."""
        del units
        code = {name: at for at, name in enumerate(classes)}
        codes = np.array([code.get(text, UNDECIDED) for text in rows.texts], dtype=np.int32)
        label = codes[rows.said]
        if UNDECIDED not in codes:
            return Cast(np.arange(len(label)), rows.item, label)
        row = np.flatnonzero(label != UNDECIDED)
        return Cast(row, rows.item[row], label[row])

    def assemble(
        self,
        units: Units,
        label: NDArray[np.integer],
        posterior: NDArray[np.float64],
        classes: Sequence[str],
    ) -> list[str | None]:
        """Return the class of each item."""
        del units, posterior
        codes: list[int] = label.tolist()
        return [None if code == UNDECIDED else classes[code] for code in codes]

    def certainty(self, units: Units, confidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what there is: a unit is an item."""
        del units
        return confidence

    def instruction(self, form: Form, classes: Sequence[ClassSpec]) -> str:
        """Tell a model to answer with one class."""
        return written.instruction(form, classes)

    def schema(self, form: Form, classes: Sequence[ClassSpec]) -> dict[str, Any]:
        """Return the JSON schema of an answer; only the names of classes pass as label."""
        return written.schema(form, classes)

    def example(self, form: Form, answer: str, text: str = "") -> str:
        """Write an example's class."""
        del text
        return written.example(form, answer)

    def reader(self, classes: Sequence[ClassSpec]) -> Reader:
        """Return what reads answers into one class."""
        return ClassReader(tuple(classes))

    def confidence(
        self, tokens: Sequence[Token], answer: str, classes: Sequence[ClassSpec]
    ) -> float | None:
        """Return the probability of a class among the classes."""
        return from_logprobs(tokens, answer, classes)

    def named(self, answer: str) -> tuple[str, ...]:
        """Return the class."""
        return (answer,)

    def checked(self, answer: str, classes: Collection[str]) -> str:
        """Return the class.

        Examples
        --------
        >>> Single().checked("ham", ["HAM", "SPAM"])
        Traceback (most recent call last):
        ...
        labeling.kinds.kind.AnswerError: 'ham' is no class; allowed: HAM, SPAM
        """
        if answer not in classes:
            raise AnswerError(f"{answer!r} is no class; allowed: {', '.join(classes)}")
        return answer

    def carried(self, answer: str, today: Callable[[str], str | None]) -> str | None:
        """Return what became of the class."""
        return today(answer)

    def wrong(
        self, given: NDArray[np.int32], gold: NDArray[np.int32], answers: Sequence[str]
    ) -> NDArray[np.bool_]:
        """Tell where another class was given."""
        del answers
        return given != gold
