"""Every rule that marks spans, in the columns that rules about whole items have."""

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from labeling.rules.analysis import COLUMNS, Cells, near_duplicates
from labeling.rules.spans.analysis import analyse_spans
from labeling.rules.spans.marks import Marks
from labeling.rules.spans.rule import SpanRule
from labeling.rules.spans.votes import marks_in
from resources.store.table import as_arrow
from resources.store.tables import RULE_SUGGESTIONS
from resources.task.task import Task

if TYPE_CHECKING:
    from labeling.rules.spans.suggestions import TermSuggestion


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


def suggestions(task: Task, texts: pa.Table, taken: list[str]) -> pa.Table:
    """Suggest terms from gold of the queue and from what is given; gold that measures suggests none.

    Returns
    -------
    pa.Table
        As :data:`RULE_SUGGESTIONS`; those of gold first, for people were asked.
    """
    from labeling.rules.spans.suggestions import suggest_terms

    known = texts["gold"].is_valid()
    names, rows = set(taken), list[dict[str, Any]]()
    for source, some, column in (
        ("gold", texts.filter(known), "gold"),
        ("released", texts, "given"),
    ):
        for one in suggest_terms(
            [str(text) for text in some["text"].to_pylist()],
            [str(answer) for answer in some[column].to_pylist()],
            [[str(x) for x in row or ()] for row in some["said"].to_pylist()],
            task.classes,
        ):
            if any((row["phrase"], row["label"]) == (one.term, one.type) for row in rows):
                continue
            rows.append(
                {
                    "rank": len(rows) + 1,
                    "phrase": one.term,
                    "label": one.type,
                    "items": one.places,
                    "correct": float(one.correct),
                    "new_items": one.new,
                    "precision_low": one.low,
                    "lift_low": None,
                    "source": source,
                    "yaml": as_yaml(one, source, names),
                }
            )
    return as_arrow(RULE_SUGGESTIONS, rows)


def as_yaml(one: "TermSuggestion", source: str, names: set[str]) -> str:
    """Write a suggestion as a rule to paste under ``rules:``; its name is put among ``names``."""
    stem = name = "marks_" + "_".join(re.findall(r"\w+", one.term))
    while name in names:
        name = f"{stem}_{len(names)}"
    names.add(name)
    return (
        f"  # stands in {one.places} places, in {one.correct} of them {source} has it as {one.type}: "
        f"right at least {one.low:.1%};\n  # {one.new} of these no rule marks\n  - name: {name}\n"
        f"    type: {json.dumps(one.type, ensure_ascii=False)}\n"
        f"    keyword: [{json.dumps(one.term, ensure_ascii=False)}]"
    )
