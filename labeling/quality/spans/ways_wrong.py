"""In what way marked texts are wrong, in words: where no class can be told from another, this tells what to mend."""

from collections.abc import Iterable
from typing import NamedTuple

from labeling.kinds.spans.answer import Span
from labeling.quality.estimates.labelled import MISSING, LabelledBatch
from labeling.quality.spans.mistakes import SpanMistakes


class WaysWrong(NamedTuple):
    """Reviewed texts that are wrong, each counted in every way that it is.

    Parameters
    ----------
    texts : int
        Wrong ones in all.
    lacking : int
        Those that lack a span where nothing of it is marked.
    beyond : int
        Those that mark a span where people marked nothing.
    borders : int
        Those with a span that begins or ends otherwise than people's.
    """

    texts: int
    lacking: int
    beyond: int
    borders: int

    def told(self, name: str) -> str | None:
        """Say what to mend of marks of a class; None where nothing is wrong.

        Examples
        --------
        >>> WaysWrong(texts=9, lacking=6, beyond=1, borders=3).told("Part")
        'Of 9 wrong texts 6 lack a Part, 1 marks one that is none and 3 differ in where one begins or ends: add terms or rules that find more.'
        """
        if not self.texts:
            return None
        parts = [
            (self.lacking, "lack", "lacks", f"a {name}", "add terms or rules that find more"),
            (self.beyond, "mark", "marks", "one that is none", f"deny what is none by rules `against: {name}`"),
            (
                self.borders, "differ", "differs", "in where one begins or ends",
                "say in its description where it begins and ends",
            ),
        ]  # fmt: skip
        said = [f"{n} {one if n == 1 else many} {what}" for n, many, one, what, _ in parts]
        advice = max(parts, key=lambda part: part[0])[-1]
        of = f"Of {self.texts} wrong texts" if self.texts > 1 else "Of 1 wrong text"
        return f"{of} {', '.join(said[:-1])} and {said[-1]}: {advice}."


def ways_wrong(batches: Iterable[tuple[LabelledBatch, SpanMistakes]]) -> WaysWrong:
    """Count in what ways reviewed texts are wrong, by batches and what their codes mark."""
    texts = lacking = beyond = borders = 0
    for batch, told in batches:
        given = batch.label[batch.drawn]
        for said, gold in zip(given.tolist(), batch.gold.tolist(), strict=True):
            if MISSING in (said, gold):
                continue
            mine, true = told.spans(said), told.spans(gold)
            more, less = mine - true, true - mine
            texts += bool(more or less)
            lacking += any(not _meets(span, more) for span in less)
            beyond += any(not _meets(span, less) for span in more)
            borders += any(_meets(span, less) for span in more)
    return WaysWrong(texts, lacking, beyond, borders)


def _meets(span: Span, others: Iterable[Span]) -> bool:
    return any(
        span.name == one.name and span.start < one.end and one.start < span.end for one in others
    )
