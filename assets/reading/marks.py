"""Spans that voters and people marked, read back as the engine's arrays."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.reading.coded import answers_in, index_of
from labeling.consensus.spans.said import reviewed_in, votes_in
from labeling.span_votes import ReviewedSpans, SpanVotes
from resources.task.task import Task


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What a window's votes and gold are about, where answers are stretches of texts.

    Parameters
    ----------
    votes : SpanVotes
    gold, audit : ReviewedSpans
        As of a window: all that may teach, and what was drawn at random of it.
    """

    votes: SpanVotes
    gold: ReviewedSpans
    audit: ReviewedSpans

    def of_items(self, kept: NDArray[np.bool_]) -> "Marks":
        """Return those of some items, renumbered from 0; ``kept`` has shape (n_items,)."""
        return Marks(self.votes.of(kept), self.gold.of(kept), self.audit.of(kept))


def marks_in(
    task: Task, n_items: int, votes: pa.Table, voters: list[str], gold: pa.Table, audit: pa.Table
) -> Marks | None:
    """Return the spans in rows (item, voter, label) and (item, label); None of other kinds."""
    if not task.kind.marks_text:
        return None
    who = index_of(votes["voter"], voters)
    overlap = task.spec.overlap == "allowed"
    known = (
        reviewed_in(answers_in(rows), n_items, task.classes, overlap=overlap)
        for rows in (gold, audit)
    )
    return Marks(
        votes_in(answers_in(votes), who, n_items, max(len(voters), 1), task.classes), *known
    )
