"""What each span rule does on a batch: how much it marks, with whom, and against whom."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.letters.letters import Places, letters
from labeling.rules.arrow import Table, pa
from labeling.rules.spans.marks import SpanRuleVotes

SLICE = 5_000
"""Texts whose words are counted together."""

COLUMNS = pa.schema(
    [
        pa.field("rule", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("type", pa.string()),
        pa.field("against", pa.bool_()),
        pa.field("version", pa.string()),
        pa.field("spans", pa.int64()),
        pa.field("coverage", pa.float64()),
        pa.field("words", pa.float64()),
        pa.field("overlaps", pa.float64()),
        pa.field("same", pa.float64()),
        pa.field("conflicts", pa.float64()),
        pa.field("by_type", pa.string()),
        pa.field("failures", pa.int64()),
        pa.field("never_fires", pa.bool_()),
    ]
)
"""Columns of the table that :func:`analyse_spans` returns."""


def analyse_spans(result: SpanRuleVotes, texts: Sequence[str | None]) -> Table:
    """Describe every rule of a batch, also those that mark nothing.

    Parameters
    ----------
    result : SpanRuleVotes
        What the rules mark.
    texts : sequence of str or None
        The texts of the batch.

    Returns
    -------
    pa.Table
        :data:`COLUMNS`, a row a rule. ``coverage`` is the share of items in which it marks
        something, ``words`` the share of all words that it marks at least in part, 0..1. Of its
        spans, as shares 0..1 and null where it has none: ``overlaps`` meet a span of another rule,
        ``same`` are marked by another rule from end to end alike, and ``conflicts`` meet a span of
        another rule that cannot be right too: one of another type, or of this type from a rule
        against it. ``by_type`` reads ``Chemical 12, Disease 3``.
    """
    marks, n_rules = result.marks, len(result.rules)
    spans = np.bincount(marks.rule, minlength=n_rules)
    cells = np.unique(marks.rule * np.int64(max(result.n_items, 1)) + marks.item)
    items = np.bincount(cells // max(result.n_items, 1), minlength=n_rules)
    covered, n_words = _words(result, texts)
    meets, same, against = (
        np.bincount(marks.rule, weights=one, minlength=n_rules) for one in _company(result)
    )
    by_type = np.zeros((n_rules, len(result.types)), dtype=np.int64)
    np.add.at(by_type, (marks.rule, marks.type), 1)
    rows: list[dict[str, Any]] = []
    for i, one in enumerate(result.rules):
        many = int(spans[i])
        rows.append(
            {
                "rule": one.name,
                "kind": one.kind,
                "type": one.type,
                "against": one.against,
                "version": one.version,
                "spans": many,
                "coverage": items[i] / max(result.n_items, 1),
                "words": covered[i] / max(n_words, 1),
                "overlaps": meets[i] / many if many else None,
                "same": same[i] / many if many else None,
                "conflicts": against[i] / many if many else None,
                "by_type": ", ".join(
                    f"{'not ' if one.against else ''}{name} {count}"
                    for name, count in zip(result.types, by_type[i].tolist(), strict=True)
                    if count
                ),
                "failures": len(result.failures[i]),
                "never_fires": many == 0,
            }
        )
    return pa.Table.from_pylist(rows, schema=COLUMNS)


def _words(result: SpanRuleVotes, texts: Sequence[str | None]) -> tuple[NDArray[np.int64], int]:
    """Count the words that each rule marks, and all words."""
    marks, n_rules = result.marks, len(result.rules)
    covered, n_words = np.zeros(n_rules, dtype=np.int64), 0
    for first in range(0, len(texts), SLICE):
        some = letters([text or "" for text in texts[first : first + SLICE]])
        starts, ends = some.words
        n_words += len(starts)
        here = np.flatnonzero((marks.item >= first) & (marks.item < first + SLICE))
        begins = some.begins[marks.item[here] - first]
        low = np.searchsorted(ends, begins + marks.start[here], "right")
        high = np.searchsorted(starts, begins + marks.end[here], "left")
        counts = np.bincount(marks.rule[here], weights=high - low, minlength=n_rules)
        covered += counts.astype(np.int64)
    return covered, n_words


def _company(result: SpanRuleVotes) -> tuple[Places, Places, Places]:
    """Tell of each span whether another rule's meets it, is the same, and contradicts it."""
    marks, against = result.marks, result.against()
    width = int(marks.end.max(initial=0)) + 1
    start, end = marks.item * width + marks.start, marks.item * width + marks.end

    def meeting(group: NDArray[np.bool_]) -> Places:
        begun = np.searchsorted(np.sort(start[group]), end, "left")
        return begun - np.searchsorted(np.sort(end[group]), start, "right")

    everywhere = np.ones(len(marks), dtype=np.bool_)
    meets = meeting(everywhere) > 1
    contradicts = np.zeros(len(marks), dtype=np.int64)
    said = meeting(~against)
    for kind in np.unique(marks.type).tolist():
        mine = marks.type == kind
        alike, denied = meeting(mine & ~against), meeting(mine & against)
        yes, no = mine & ~against, mine & against
        contradicts[yes] = (said - alike + denied)[yes]
        contradicts[no] = alike[no]
    claim = np.stack([start, end, marks.type * 2 + against], axis=1)
    _, back, counts = np.unique(claim, axis=0, return_inverse=True, return_counts=True)
    same = counts[back.ravel()] > 1
    return meets.astype(np.int64), same.astype(np.int64), (contradicts > 0).astype(np.int64)
