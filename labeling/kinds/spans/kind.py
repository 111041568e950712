"""The kind ``spans``: stretches of a text, each of one class.

Whatever counts, queues and watches asks of each class whether an item holds any; the spans
themselves are the answer, and an answer is right if each of them is.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labeling.kinds.asking import Form, Reader, Token
from labeling.kinds.classes import ClassSpec
from labeling.kinds.each_class import EachClass, Said
from labeling.kinds.kind import UNDECIDED
from labeling.kinds.spans import form as forms
from labeling.kinds.spans.answer import (
    NOTHING,
    Marked,
    Span,
    finds,
    marked,
    overlapping,
    refuse,
    written,
)
from labeling.kinds.spans.readable import readable
from labeling.kinds.spans.reader import QuoteReader
from labeling.kinds.units import Units

_NOTHING = Marked()


@dataclass(frozen=True)
class SpansOfClasses(EachClass):
    """Spans of classes.

    Parameters
    ----------
    overlap : bool
        Whether spans of one item may share characters.

    Examples
    --------
    >>> kind = SpansOfClasses()
    >>> kind.checked('[[9, 12, "Drug"], [0, 5, "Disease"]]', ["Drug", "Disease"])
    '[[0, 5, "Disease"], [9, 12, "Drug"]]'
    >>> kind.named('[[0, 5, "Disease"], [9, 12, "Disease"]]')
    ('Disease',)
    >>> kind.misfit('[[0, 5, "Disease"]]', "gout")
    'the span 0..5 ends behind the text, which has 4 characters'
    """

    overlap: bool = False

    name: ClassVar[str] = "spans"
    page: ClassVar[str] = "spans"
    weighs_tokens: ClassVar[bool] = False
    page_keys: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"0": "nothing to mark", "=": "as suggested", "-": "unmark", "+": "one class more"}
    )
    marks_text: ClassVar[bool] = True
    room: ClassVar[int] = 512

    @property
    def nothing(self) -> str | None:
        """The empty list: that no stretch is of any class."""
        return NOTHING

    def meaning(self) -> tuple[object, ...]:
        """Return the name, and whether spans may overlap."""
        return (self.name, self.overlap)

    def says(self, answer: str, classes: Collection[str]) -> Said:
        """Return which classes an answer has spans of."""
        said = marked(answer) or _NOTHING
        found = frozenset(span.name for span in said.found)
        denied = frozenset(span.name for span in said.denied)
        if not found | denied <= frozenset(classes):
            return Said(frozenset())
        return Said(found, frozenset() if said.whole else denied - found, whole=said.whole)

    def assemble(
        self,
        units: Units,
        label: NDArray[np.integer],
        posterior: NDArray[np.float64],
        classes: Sequence[str],
    ) -> list[str | None]:
        """Refuse: which classes a text holds does not tell where."""
        raise NotImplementedError("spans are put together from spans, not from classes")

    def instruction(self, form: Form, classes: Sequence[ClassSpec]) -> str:
        """Tell a model to quote."""
        return forms.instruction(form, classes, overlap=self.overlap)

    def schema(self, form: Form, classes: Sequence[ClassSpec]) -> dict[str, Any]:
        """Return the JSON schema of quotes."""
        return forms.schema(form, classes)

    def example(self, form: Form, answer: str, text: str = "") -> str:
        """Write the quotes of an example with this text."""
        return forms.example(form, answer, text)

    def reader(self, classes: Sequence[ClassSpec]) -> Reader:
        """Return what reads quotes."""
        return QuoteReader(tuple(classes), self.overlap)

    def confidence(
        self, tokens: Sequence[Token], answer: str, classes: Sequence[ClassSpec]
    ) -> float | None:
        """Return nothing: tokens weigh one way of writing quotes, of many."""
        del tokens, answer, classes

    def named(self, answer: str) -> tuple[str, ...]:
        """Return the classes that the answer speaks of, each once."""
        said = marked(answer) or _NOTHING
        return tuple(dict.fromkeys(span.name for span in (*said.found, *said.denied)))

    def checked(self, answer: str, classes: Collection[str]) -> str:
        """Return the spans in their order.

        Examples
        --------
        >>> SpansOfClasses().checked('[[0, 5, "Drug"], [3, 8, "Drug"]]', ["Drug"])
        Traceback (most recent call last):
        ...
        labeling.kinds.kind.AnswerError: the spans 0..5 and 3..8 overlap, and this task allows no \
overlap; allowed: a list of [start, end, class], [] for nothing, with one of Drug for the class and \
offsets in characters, the end being the first character behind the span
        """
        said = marked(answer)
        if said is None or not said.whole:
            raise refuse(f"{answer[:80]!r} is no list of spans", classes)
        for span in said.found:
            if span.name not in classes:
                raise refuse(f"{span.name[:80]!r} is no class", classes)
            if span.start < 0:
                raise refuse(f"the span {span.start}..{span.end} begins before the text", classes)
            if span.end <= span.start:
                what = f"the span {span.start}..{span.end} does not end after it begins"
                raise refuse(what, classes)
        both = None if self.overlap else overlapping(said.found)
        if both:
            (a, b), (c, d) = both[0][:2], both[1][:2]
            what = f"the spans {a}..{b} and {c}..{d} overlap, and this task allows no overlap"
            raise refuse(what, classes)
        return written(said.found)

    def misfit(self, answer: str, text: str) -> str | None:
        """Say which span lies outside the text; None if all lie in it."""
        for span in (marked(answer) or _NOTHING).found:
            if span.end > len(text):
                many = "1 character" if len(text) == 1 else f"{len(text)} characters"
                return f"the span {span.start}..{span.end} ends behind the text, which has {many}"
        return None

    def readable(self, answer: str, text: str) -> str:
        """Return the words of each span, after its class."""
        said = marked(answer)
        return answer if said is None else readable(said, text)

    def carried(self, answer: str, today: Callable[[str], str | None]) -> str | None:
        """Return the spans with what became of their classes; None where one of them is gone."""
        said = marked(answer)
        if said is None:
            return None
        now = {name: today(name) for name in self.named(answer)}
        if None in now.values():
            return None
        found, denied = (
            [span._replace(name=str(now[span.name])) for span in spans]
            for spans in (said.found, said.denied)
        )
        return written(found) if said.whole else finds(found, denied)

    def mistaken(self, answer: str, classes: Sequence[str], rng: np.random.Generator) -> str:
        """Return the spans with one of another class, one less, or one character longer."""
        spans = list((marked(answer) or _NOTHING).found)
        if not spans:
            return written([Span(0, 1, str(rng.choice(list(classes))))])
        at = int(rng.integers(len(spans)))
        others = [name for name in classes if name != spans[at].name]
        if others and rng.random() < 1 / 2:
            spans[at] = spans[at]._replace(name=str(rng.choice(others)))
        else:
            del spans[at]
        return written(spans)

    def wrong(
        self, given: NDArray[np.int32], gold: NDArray[np.int32], answers: Sequence[str]
    ) -> NDArray[np.bool_]:
        """Tell where a whole answer is not the gold, or gold contradicts what was found."""
        verdict: dict[tuple[int, int], bool] = {}
        pairs = list(zip(given.ravel().tolist(), gold.ravel().tolist(), strict=True))
        for pair in set(pairs):
            one, truth = (marked(answers[code]) if code != UNDECIDED else None for code in pair)
            verdict[pair] = one is None or truth is None or contradicts(one, truth)
        return np.array([verdict[pair] for pair in pairs], dtype=np.bool_).reshape(given.shape)


def contradicts(one: Marked, truth: Marked) -> bool:
    """Tell whether something that an answer says is not so.

    Examples
    --------
    >>> truth = marked('[[0, 5, "Disease"], [9, 12, "Drug"]]')
    >>> contradicts(marked('{"found": [[9, 12, "Drug"]]}'), truth)
    False
    >>> contradicts(marked('[[9, 12, "Drug"]]'), truth)
    True
    """
    if one.whole:
        return one.found != truth.found
    if not set(one.found) <= set(truth.found):
        return True
    return any(
        span.name == no.name and span.start < no.end and no.start < span.end
        for no in one.denied
        for span in truth.found
    )
