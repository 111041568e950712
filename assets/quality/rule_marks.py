"""How many of the marks of each rule are right, where answers are stretches of texts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.reading.audited import Audit
from labeling.kinds.spans.answer import Marked, marked
from labeling.quality.estimates.labelled import MISSING

MARKS = (
    "marks_judged",
    "marks_right",
    "marks_accuracy",
    "marks_accuracy_low",
    "marks_accuracy_high",
)
"""Columns of quality.rule_analysis that count marks; null where answers are no marks."""


def with_marks(rows: list[dict[str, Any]], audits: Sequence[Audit]) -> list[dict[str, Any]]:
    """Put into rows of quality.rule_analysis what audits say of the marks of each rule.

    Judged are its marks on audited texts. A mark is right if people marked exactly the same, one that
    denies a class if nothing that people marked as this class meets it. The interval knows that texts
    were drawn, and not marks.
    """
    return [{**row, **_of(f"rule/{row['rule']}", audits)} for row in rows]


def right_of(said: Marked, truth: Marked) -> tuple[int, int]:
    """Return how many of the marks of an answer are right, and how many there are.

    Examples
    --------
    >>> truth = marked('[[0, 5, "Drug"], [9, 12, "Ill"]]')
    >>> right_of(marked('{"found": [[0, 5, "Drug"], [9, 13, "Ill"]], "denied": [[9, 12, "Drug"]]}'), truth)
    (2, 3)
    """
    found = sum(span in truth.found for span in said.found)
    denied = sum(
        not any(
            one.name == span.name and one.start < span.end and span.start < one.end
            for one in truth.found
        )
        for span in said.denied
    )
    return found + denied, len(said.found) + len(said.denied)


def _of(voter: str, audits: Sequence[Audit]) -> dict[str, Any]:
    from labeling.quality.estimates.weighted import draw_weight
    from labeling.quality.several.clustered import clustered_share

    right: list[int] = []
    judged: list[int] = []
    weight: list[NDArray[np.float64]] = []
    for audit in audits:
        batch = audit.batch
        said = audit.votes.of(voter)[batch.drawn]
        for given, gold in zip(said.tolist(), batch.gold.tolist(), strict=True):
            one, truth = (
                None if code == MISSING else marked(audit.answers[code]) for code in (given, gold)
            )
            hits, marks = (0, 0) if one is None or truth is None else right_of(one, truth)
            right.append(hits)
            judged.append(marks)
        weight.append(draw_weight(batch.audited()))
    if not sum(judged):
        return {**dict.fromkeys(MARKS), "marks_judged": 0, "marks_right": 0}
    share = clustered_share(
        np.array(right, dtype=np.float64),
        np.array(judged, dtype=np.float64),
        np.concatenate(weight),
        uneven=True,
    )
    told = (sum(judged), sum(right), share.point, share.low, share.high)
    return dict(zip(MARKS, told, strict=True))
