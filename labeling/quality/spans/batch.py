"""Spans of one batch whose audit drew whole items."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.kinds.spans.answer import Span
from labeling.quality.estimates.audited import AuditedBatch, check_draw
from labeling.quality.spans.counts import Marks, SpanCounts
from labeling.sampling.audits.design import AuditDesign


@dataclass(frozen=True, slots=True, eq=False)
class SpansBatch:
    """The draw of an audit, and how many spans of each drawn item were right.

    Parameters
    ----------
    batch : str
        Name of the batch.
    design : AuditDesign
        Strata of all its items, and reviews planned.
    decided : bool array of shape (n_items,)
        Items that were marked, be it with nothing.
    drawn : int array of shape (n_drawn,)
        Items in the order they were drawn.
    judged : bool array of shape (n_drawn,)
        Draws whose spans people settled.
    counts : SpanCounts
        Of each draw; rows of draws that nobody judged tell what was given alone.

    Raises
    ------
    QualityError
        If lengths differ, an index is out of range, or an item was drawn twice.

    Examples
    --------
    >>> from labeling.kinds.spans.answer import Span
    >>> design = AuditDesign(np.zeros(3, np.int64), np.array([2]))
    >>> batch = SpansBatch.of("2026-01", [[Span(0, 5, "Drug")], [], None], design, [1, 0],
    ...     [[], [Span(0, 4, "Drug")]], ["Drug"])
    >>> batch.audited().wrong.tolist()
    [False, True]
    """

    batch: str
    design: AuditDesign
    decided: NDArray[np.bool_]
    drawn: NDArray[np.int64]
    judged: NDArray[np.bool_]
    counts: SpanCounts

    def __post_init__(self) -> None:
        check_draw(self.batch, self.design, len(self.decided), self.drawn)
        if not len(self.drawn) == len(self.judged) == len(self.counts.given):
            raise QualityError(
                f"batch {self.batch!r} has {len(self.drawn)} drawn items, but says of "
                f"{len(self.judged)} whether they were judged, and counts spans of "
                f"{len(self.counts.given)}"
            )

    @classmethod
    def of(
        cls,
        batch: str,
        given: Sequence[Marks | None],
        design: AuditDesign,
        drawn: NDArray[np.int64] | Sequence[int],
        gold: Sequence[Marks | None],
        types: Sequence[str],
    ) -> "SpansBatch":
        """Count the spans of a batch.

        Parameters
        ----------
        given : sequence of spans, n_items long
            Spans of each item before its gold was used; None where undecided.
        gold : sequence of spans, n_drawn long
            What people settled on for each draw; None where they could not or did not yet.
        types : sequence of str
            Types to count.
        """
        found, none = np.asarray(drawn, dtype=np.int64), tuple[Span, ...]()
        places: list[int] = found.tolist()
        said = [given[at] or none for at in places]
        counts = SpanCounts.of(said, [one or none for one in gold], types)
        judged = np.array([one is not None for one in gold], dtype=np.bool_)
        decided = np.array([one is not None for one in given], dtype=np.bool_)
        return cls(batch, design, decided, found, judged, counts)

    def audited(self) -> AuditedBatch:
        """Return what the audit says of whole answers: one wrong or missed span makes an answer wrong."""
        counts = self.counts
        same = (counts.strict == counts.given) & (counts.strict == counts.gold)
        wrong = ~same.all(axis=1) & self.judged & self.decided[self.drawn]
        return AuditedBatch(self.batch, self.design, self.decided, self.drawn, self.judged, wrong)
