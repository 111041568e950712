"""Written answers as votes on spans, and spans as written answers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labeling.consensus.spans.said import BelievedSpans, reviewed_in, votes_in
from labeling.kinds.kind import Answers
from labeling.kinds.spans.answer import Span, finds, marked, overlapping, written
from labeling.spans import Spans

CLASSES = ("Drug", "Disease")
NESTED = '[[0, 9, "Drug"], [2, 5, "Disease"], [3, 4, "Drug"]]'
SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from(CLASSES)), max_size=6
).map(lambda rows: [Span(a, a + n, name) for a, n, name in rows])


def test_of_gold_that_overlaps_the_longest_is_kept_and_where_it_may_the_longest_of_each_class():
    rows = Answers.of([0], [NESTED])
    assert reviewed_in(rows, 1, CLASSES).spans.rows() == [(0, 0, 9, 0)]
    both = reviewed_in(rows, 1, CLASSES, overlap=True)
    assert both.spans.rows() == [(0, 0, 9, 0), (0, 2, 5, 1)]


def test_a_whole_answer_speaks_of_every_class_and_a_find_of_those_it_names():
    said = ['[[0, 5, "Drug"]]', finds([], [Span(1, 3, "Disease")]), "[]", "unreadable"]
    votes = votes_in(
        Answers.of([0, 0, 1, 1], said), np.array([0, 1, 2, 3], np.int32), 2, 4, CLASSES
    )
    assert votes.speaks.tolist() == [[True, True], [False, True], [True, True], [False, False]]
    assert votes.is_against.tolist() == [False, True]


@given(SPANS, SPANS, SPANS, st.floats(0, 1))
def test_spans_that_are_added_overlap_none_that_stand_there(one, other, third, least):
    def believed(*of):
        rows = [
            (item, span.start, span.end, CLASSES.index(span.name))
            for item, spans in enumerate(of)
            for span in reviewed_in(Answers.of([0], [written(spans)]), 1, CLASSES).spans.rows()
            for span in [Span(span[1], span[2], CLASSES[span[3]])]
        ]
        return BelievedSpans(
            Spans.of(rows, 2, 2), np.linspace(0.1, 0.9, max(len(rows), 1))[: len(rows)]
        )

    first, more = believed(one, third), believed(other, one)
    joined = first.joined(more, least)
    for before, now in zip(first.answers(CLASSES), joined.answers(CLASSES), strict=True):
        was, told = marked(before), marked(now)
        assert was is not None
        assert told is not None
        assert overlapping(told.found) is None
        assert set(was.found) <= set(told.found)
    added = joined.spans.n_spans - first.spans.n_spans
    assert (joined.probability[first.spans.n_spans :] >= least).all()
    if not first.spans.n_spans:
        assert added == (more.probability >= least).sum()
