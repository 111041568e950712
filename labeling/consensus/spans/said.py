"""Written answers as votes on spans and as reviewed items, and spans as written answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.kinds.kind import Answers
from labeling.kinds.spans.answer import Marked, Span, marked, written
from labeling.span_votes import ReviewedSpans, SpanVotes
from labeling.spans import Spans


def votes_in(
    rows: Answers, voter: NDArray[np.int32], n_items: int, n_voters: int, classes: Sequence[str]
) -> SpanVotes:
    """Return what voters marked; spans of no class say nothing.

    Parameters
    ----------
    rows : Answers
    voter : int array of shape (n_rows,)
    n_items, n_voters : int
    classes : sequence of str

    Notes
    -----
    Who gave whole answers speaks of every class, others of those they were seen to speak of.

    Examples
    --------
    >>> said = Answers.of([0, 0], ['[[0, 5, "Drug"]]', '{"found": [[0, 5, "Drug"]]}'])
    >>> votes = votes_in(said, np.array([0, 1], dtype=np.int32), 1, 2, ["Drug", "Disease"])
    >>> votes.spans.rows(), votes.speaks.tolist()
    ([(0, 0, 5, 0), (0, 0, 5, 0)], [[True, True], [True, False]])
    """
    number = {name: at for at, name in enumerate(classes)}
    read: list[Marked | None] = [marked(text) for text in rows.texts]
    scope = np.zeros((n_voters, len(classes)), dtype=np.bool_)
    marks: dict[tuple[int, int, int, int, int], bool] = {}
    for item, code, who in zip(rows.item.tolist(), rows.said.tolist(), voter.tolist(), strict=True):
        one = read[int(code)]
        if one is None:
            continue
        scope[who] |= one.whole
        for spans, against in ((one.found, False), (one.denied, True)):
            for span in spans:
                if span.name in number:
                    key = (item, span.start, span.end, number[span.name], who)
                    marks.setdefault(key, against)
    table = np.array(list(marks), dtype=np.int64).reshape(-1, 5)
    spans = Spans.of([(i, a, b, t) for i, a, b, t, _ in marks], n_items, len(classes))
    who = table[:, 4].astype(np.int32)
    scope[who, spans.type] = True
    return SpanVotes(spans, who, n_voters, scope, np.array(list(marks.values()), dtype=np.bool_))


def reviewed_in(
    rows: Answers, n_items: int, classes: Sequence[str], *, overlap: bool = False
) -> ReviewedSpans:
    """Return what reviews settled on: of spans that overlap the longest, of answers none can read none.

    With ``overlap`` spans of different classes may share characters.

    Examples
    --------
    >>> said = Answers.of([2], ['[[0, 5, "Drug"], [0, 9, "Drug"]]'])
    >>> reviewed_in(said, 3, ["Drug"]).spans.rows()
    [(2, 0, 9, 0)]
    """
    number = {name: at for at, name in enumerate(classes)}
    items: list[int] = []
    found: list[tuple[int, int, int, int]] = []
    for item, code in zip(rows.item.tolist(), rows.said.tolist(), strict=True):
        one = marked(rows.texts[code])
        if one is None or not one.whole:
            continue
        items.append(item)
        found += [
            (item, span.start, span.end, number[span.name])
            for span in (each_apart(one.found) if overlap else apart(one.found))
            if span.name in number
        ]
    return ReviewedSpans(Spans.of(found, n_items, len(classes)), np.array(items, dtype=np.int64))


def apart(spans: Sequence[Span]) -> list[Span]:
    """Return spans of which no two overlap: the longest first, then the earlier."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start - one.end, one.start, one.name)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept)


def each_apart(spans: Sequence[Span]) -> list[Span]:
    """Return spans of which no two of one class overlap; see :func:`apart`."""
    names = dict.fromkeys(span.name for span in spans)
    return sorted(
        kept for name in names for kept in apart([span for span in spans if span.name == name])
    )


@dataclass(frozen=True, slots=True, eq=False)
class BelievedSpans:
    """Spans and how likely each is; what is given of the items they are in.

    Parameters
    ----------
    spans : Spans
    probability : float array of shape (n_spans,)
        0..1.

    Examples
    --------
    >>> spans = Spans.of([(1, 0, 5, 0), (1, 9, 12, 1)], n_items=2, n_types=2)
    >>> one = BelievedSpans(spans, np.array([0.9, 0.5]))
    >>> one.answers(["Drug", "Disease"])
    ['[]', '[[0, 5, "Drug"], [9, 12, "Disease"]]']
    >>> one.presence().tolist(), one.all_right().tolist()
    ([[0.0, 0.0], [0.9, 0.5]], [1.0, 0.45])
    """

    spans: Spans
    probability: NDArray[np.float64]

    def answers(self, classes: Sequence[str]) -> list[str]:
        """Return the whole answer of each item."""
        by_item: list[list[Span]] = [[] for _ in range(self.spans.n_items)]
        for item, start, end, kind in self.spans.rows():
            by_item[item].append(Span(start, end, classes[kind]))
        return [written(spans) for spans in by_item]

    def presence(self, missed: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return how likely each item holds a span of each class, shape (n_items, n_classes).

        ``missed``, of shape (n_classes,), is how likely one is there that was not found; 0 by default.
        """
        n_items, n_types = self.spans.n_items, self.spans.n_types
        none = np.ones((n_items, n_types)) * (1.0 if missed is None else 1 - missed)
        np.multiply.at(none, (self.spans.item, self.spans.type), 1 - self.probability)
        return 1 - none

    def all_right(self) -> NDArray[np.float64]:
        """Return how likely all spans of each item are right, where they are independent; (n_items,)."""
        right = np.ones(self.spans.n_items)
        np.multiply.at(right, self.spans.item, self.probability)
        return right

    def of_items(self, kept: NDArray[np.bool_]) -> "BelievedSpans":
        """Return those of some items, renumbered from 0; ``kept`` has shape (n_items,)."""
        return BelievedSpans(self.spans.of_items(kept), self.probability[kept[self.spans.item]])

    def joined(self, more: "BelievedSpans", least: float) -> "BelievedSpans":
        """Return these, and others of at least some probability that overlap none of them."""
        stretch = max(self.spans.stretch, more.spans.stretch)
        start, end = self.spans.line(stretch)
        by_end = np.argsort(end)
        first, last = more.spans.line(stretch)
        next_end = np.searchsorted(end[by_end], first, side="right")
        begins = np.append(start[by_end], np.iinfo(np.int64).max)
        begins = np.minimum.accumulate(begins[::-1])[::-1]
        free = (begins[next_end] >= last) & (more.probability >= least)
        return BelievedSpans(
            self.spans.joined(more.spans.take(free)),
            np.concatenate([self.probability, more.probability[free]]),
        )
