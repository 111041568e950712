"""Which answers are wrong about the spans of a class, which mark too much, which miss something."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labeling.kinds.spans.answer import Span, marked
from labeling.quality.estimates.audited import AuditedBatch
from labeling.quality.estimates.labelled import MISSING, Codes, LabelledBatch
from labeling.quality.family import PRECISION, RECALL


@dataclass(frozen=True, slots=True)
class SpanMistakes:
    """Answers of spans compared by their codes; of an answer that is none, nothing is marked.

    Parameters
    ----------
    found : tuple of sets of Span
        What each answer marks, in the order of the codes.
    types : tuple of str

    Examples
    --------
    >>> told = SpanMistakes.of(['[[0, 5, "Drug"], [7, 9, "Drug"]]', '[[0, 5, "Drug"]]'], ["Drug"])
    >>> more, less = np.array([0], np.int32), np.array([1], np.int32)
    >>> told.of_class(0, more, less).tolist(), told.of_class(0, less, more).tolist()
    ([True], [False])
    """

    found: tuple[frozenset[Span], ...]
    types: tuple[str, ...]

    @classmethod
    def of(cls, answers: Sequence[str], types: Sequence[str]) -> "SpanMistakes":
        """Read the answers."""
        said = [marked(text) for text in answers]
        found = (frozenset[Span]() if one is None else frozenset(one.found) for one in said)
        return cls(tuple(found), tuple(types))

    def spans(self, code: int) -> frozenset[Span]:
        """Return what an answer marks."""
        return frozenset() if code == MISSING else self.found[code]

    def marks(self, answer: Codes) -> NDArray[np.bool_]:
        """Tell which answers mark anything."""
        return np.array([bool(self.spans(one)) for one in answer.tolist()], dtype=np.bool_)

    def of_class(self, which: int, given: Codes, gold: Codes) -> NDArray[np.bool_]:
        """Tell which answers mark a span of a class that gold does not mark exactly."""
        name = self.types[which]
        return np.array(
            [any(span.name == name for span in more) for more in self._beyond(given, gold)],
            dtype=np.bool_,
        )

    def beyond(self, given: Codes, gold: Codes) -> NDArray[np.bool_]:
        """Tell which answers mark any span that gold does not mark exactly."""
        return np.array([bool(more) for more in self._beyond(given, gold)], dtype=np.bool_)

    def missed(self, given: Codes, gold: Codes) -> NDArray[np.bool_]:
        """Tell which answers lack a span that gold marks."""
        return self.beyond(gold, given)

    def of_part(self, batch: LabelledBatch, part: str) -> LabelledBatch:
        """Return a batch whose labels are wrong where they mark too much, or where they miss something."""
        if part == RECALL:
            return replace(batch, differs=self.missed)
        marks = np.where(self.marks(batch.label), batch.label, MISSING).astype(np.int32)
        return replace(batch, label=marks, differs=self.beyond)

    def _beyond(self, given: Codes, gold: Codes) -> list[frozenset[Span]]:
        pairs = zip(given.tolist(), gold.tolist(), strict=True)
        return [self.spans(one) - self.spans(other) for one, other in pairs]


def parts_of(batch: LabelledBatch, told: SpanMistakes) -> dict[str, AuditedBatch]:
    """Return what is watched of F1: items with marks, and items that should have some.

    Precision is of items whose label marks something, wrong if one mark is; recall of items of
    whose spans people found any, wrong if one of them was missed. Which items these are, only
    their reviews tell (:class:`labeling.quality.estimates.audited.Within`).
    """
    precision, recall = (told.of_part(batch, part).audited() for part in (PRECISION, RECALL))
    return {PRECISION: precision, RECALL: replace(recall, counted=told.marks(batch.gold))}
