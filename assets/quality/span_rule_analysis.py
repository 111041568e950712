"""Every rule that marks spans, in the columns that rules about whole items have."""

from typing import Any

import numpy as np
import pyarrow as pa

from labeling.rules.analysis import COLUMNS, Cells, near_duplicates
from labeling.rules.spans.analysis import analyse_spans
from labeling.rules.spans.marks import Marks
from labeling.rules.spans.rule import SpanRule
from labeling.rules.spans.votes import marks_in
from resources.task.task import Task


def analyse(
    task: Task, rules: list[SpanRule], votes: pa.Table, failures: pa.Table, n_items: int
) -> pa.Table:
    """Return a row a rule; ``votes`` are its spans, ``overlaps`` and ``conflicts`` shares of them.

    A rule conflicts with a span that cannot be right too. Near-duplicates mark nearly the same spans.
    """
    found = marks_in(votes, failures, rules, task.classes, n_items)
    rows: list[dict[str, Any]] = analyse_spans(found, ()).to_pylist()
    twins = near_duplicates(
        _cells(found.marks, list(task.classes)),
        np.array([row["spans"] for row in rows], dtype=np.int64),
    )
    for at, row in enumerate(rows):
        twin = twins.get(at)
        row |= {
            "label": row["type"],
            "votes": row["spans"],
            "by_class": row["by_type"],
            "overlaps": row["overlaps"] or 0.0,
            "conflicts": row["conflicts"] or 0.0,
            "gold": 0,
            "correct": 0,
            "near_duplicate_of": rules[twin[0]].name if twin else None,
            "likeness": twin[1] if twin else None,
        }
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in COLUMNS.names} for row in rows], schema=COLUMNS
    )


def _cells(marks: Marks, types: list[str]) -> Cells:
    """Count each stretch as an item."""
    stretches = np.stack([marks.item, marks.start, marks.end], axis=1)
    known, stretch = np.unique(stretches, axis=0, return_inverse=True)
    return Cells(
        stretch.ravel(), marks.rule.astype(np.int64), marks.type.astype(np.int64), known, types
    )
