"""Spans given and there, counted by item and type."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import QualityError
from labeling.kinds.spans.answer import Span
from labeling.quality.spans.counts import SpanCounts, pairs

TYPES = ["a", "b"]
spans = st.builds(
    lambda start, length, name: Span(start, start + length, name),
    st.integers(0, 12),
    st.integers(1, 6),
    st.sampled_from(TYPES),
)
marks = st.lists(spans, max_size=5, unique=True).map(sorted)


def by_trying(one, other):
    """The most pairs, by trying every way to put the shorter list against the longer."""
    short, long = sorted((one, other), key=len)
    return max(
        sum(a.start < b.end and b.start < a.end for a, b in zip(short, way, strict=False))
        for way in permutations(long, len(short))
    )


@settings(max_examples=150, deadline=None)
@given(marks, marks)
def test_as_many_pairs_are_found_as_by_trying_every_way(one, other):
    assert pairs(one, other) == by_trying(one, other)


@settings(max_examples=100, deadline=None)
@given(marks, marks)
def test_exact_spans_count_by_overlap_too_and_no_span_counts_twice(one, other):
    found = SpanCounts.of([one], [other], TYPES)
    assert (found.strict <= found.overlap).all()
    assert (found.overlap <= np.minimum(found.given, found.gold)).all()
    assert found.strict.sum() == len(set(one) & set(other))
    turned = SpanCounts.of([other], [one], TYPES)
    assert turned.overlap.tolist() == found.overlap.tolist()


def test_a_span_of_another_type_is_neither_right_nor_near():
    found = SpanCounts.of([[Span(0, 5, "a")]], [[Span(0, 5, "b")]], TYPES)
    assert (found.strict.sum(), found.overlap.sum()) == (0, 0)
    assert (found.given.tolist(), found.gold.tolist()) == ([[1, 0]], [[0, 1]])


def test_spans_that_touch_share_no_character():
    assert pairs([Span(0, 5, "a")], [Span(5, 9, "a")]) == 0


def test_more_right_than_given_is_told_with_its_item():
    table = np.ones((1, 2), dtype=np.int64)
    with pytest.raises(QualityError, match="item 0, type 0 has 1 spans right and 1 by overlap"):
        SpanCounts(np.zeros_like(table), table, table, table)


def test_as_many_items_must_be_reviewed_as_marked():
    with pytest.raises(QualityError, match="2 items were marked, but 1 reviewed"):
        SpanCounts.of([[], []], [[]], TYPES)
