"""Written answers as votes on spans, and spans as written answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.consensus.spans.certainty import certain, certainty
from labeling.consensus.spans.said import BelievedSpans, reviewed_in, votes_in
from labeling.kinds.kind import Answers
from labeling.kinds.spans.answer import Span, finds, marked, overlapping, written
from labeling.span_votes import ReviewedSpans
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
        found = marked(now).found
        assert overlapping(found) is None
        assert set(marked(before).found) <= set(found)
    added = joined.spans.n_spans - first.spans.n_spans
    assert (joined.probability[first.spans.n_spans :] >= least).all()
    if not first.spans.n_spans:
        assert added == (more.probability >= least).sum()


def test_answers_are_held_for_right_as_often_as_gold_finds_them_right():
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.3, 1, 4000)
    right = rng.random(4000) < 0.6 * sure
    item = np.arange(2000)
    found = certainty(sure, item, right[:2000])
    assert found[2000:].mean() == pytest.approx(right[2000:].mean(), abs=0.03)
    top = found > np.quantile(found, 0.8)
    assert found[2000:][top[2000:]].mean() == pytest.approx(
        right[2000:][top[2000:]].mean(), abs=0.06
    )


@given(st.integers(0, 10_000), st.integers(0, 40), st.floats(0, 1))
def test_no_answer_is_surer_than_what_it_says_of_a_class(seed, reviewed, right):
    rng = np.random.default_rng(seed)
    rows = [(i, 0, 5, int(rng.integers(3))) for i in range(60) if rng.random() < 0.7]
    found = BelievedSpans(Spans.of(rows, 60, 3), rng.uniform(0.2, 1, len(rows)))
    kept = [row for row in rows if row[0] < reviewed and rng.random() < right]
    missed = [(i, 7, 9, 2) for i in range(reviewed) if rng.random() > right]
    gold = ReviewedSpans(Spans.of(kept + missed, 60, 3), np.arange(reviewed))
    sure = certain(found, gold)
    here = np.zeros((60, 3), dtype=bool)
    here[found.spans.item, found.spans.type] = True
    of_class = np.where(here, sure.holds, 1 - sure.holds)
    assert (sure.answer[:, None] <= of_class + 1e-12).all()
    assert ((sure.holds >= 0) & (sure.holds <= 1)).all()


def test_an_empty_answer_is_as_sure_as_gold_shows_nothing_to_be_missing():
    found = BelievedSpans(Spans.of([], 300, 2), np.zeros(0))
    missing = Spans.of([(i, 0, 5, 1) for i in range(80)], 300, 2)
    sure = certain(found, ReviewedSpans(missing, np.arange(200)))
    assert sure.answer == pytest.approx(np.full(300, 0.6), abs=0.01)
    assert sure.holds[250] == pytest.approx([0.0, 0.4], abs=0.01)
