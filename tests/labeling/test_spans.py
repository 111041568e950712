"""Spans, votes on them and reviews of them say what is wrong with what they are given."""

import numpy as np
import pytest

from labeling.consensus.spans.said import reviewed_in
from labeling.errors import VotesError
from labeling.kinds.kind import Answers
from labeling.kinds.spans.kind import SpansOfClasses
from labeling.span_votes import ReviewedSpans, SpanVotes
from labeling.spans import Spans


def spans(*rows, n_items=3, n_types=2):
    return Spans.of(list(rows), n_items, n_types)


def votes(marks, voter, n_voters=2, **more):
    return SpanVotes(marks, np.array(voter, dtype=np.int32), n_voters, **more)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ((0, 5, 5, 0), "does not end after it begins"),
        ((0, 7, 5, 0), "does not end after it begins"),
        ((0, -1, 5, 0), "begins before the text"),
        ((3, 0, 5, 0), r"has item 3, but it runs 0\.\.2"),
        ((0, 0, 5, 2), r"has type 2, but it runs 0\.\.1"),
    ],
)
def test_a_span_that_cannot_be_is_refused_with_its_place(row, told):
    with pytest.raises(VotesError, match=r"span 1 \(item .*" + told):
        spans((0, 0, 5, 0), row)


def test_columns_of_unlike_length_and_of_fractions_are_refused():
    one = np.zeros(1, dtype=np.int32)
    with pytest.raises(VotesError, match="equally long"):
        Spans(np.zeros(2, dtype=np.int64), one, one + 1, one, 1, 1)
    with pytest.raises(VotesError, match="start must hold whole numbers"):
        Spans(np.zeros(1, dtype=np.int64), one + 0.5, one + 1, one, 1, 1)


def test_items_too_long_for_their_numbers_are_refused():
    with pytest.raises(VotesError, match="take fewer items"):
        spans((0, 0, 2**31 - 2, 0), n_items=10**6).key(2**31 - 1)


def test_a_voter_that_marks_the_same_twice_or_outside_its_scope_is_refused():
    twice = spans((0, 0, 5, 0), (0, 0, 5, 0))
    with pytest.raises(VotesError, match=r"voter 1 marked 0\.\.5 of item 0 twice"):
        votes(twice, [1, 1])
    with pytest.raises(VotesError, match="voter 1 marked type 0 in item 0, but its scope"):
        votes(twice, [0, 1], scope=np.array([[True, True], [False, True]]))
    with pytest.raises(VotesError, match=r"has voter 2, but they run 0\.\.1"):
        votes(twice, [0, 2])


def test_a_voter_speaks_of_the_types_it_marks_if_nothing_else_is_said():
    said = votes(spans((0, 0, 5, 0), (1, 0, 5, 1)), [0, 1])
    assert said.speaks.tolist() == [[True, False], [False, True]]
    assert said.of(np.array([True, False, False])).speaks.tolist() == said.speaks.tolist()


def test_reviews_that_overlap_or_lie_elsewhere_are_refused():
    with pytest.raises(VotesError, match="overlaps another"):
        ReviewedSpans(spans((0, 0, 5, 0), (0, 4, 9, 0)), np.array([0]))
    with pytest.raises(VotesError, match="item 1 has reviewed spans but is not among"):
        ReviewedSpans(spans((1, 0, 5, 0)), np.array([0]))
    with pytest.raises(VotesError, match="stands twice among the reviewed"):
        ReviewedSpans(spans(), np.array([0, 0]))
    touching = ReviewedSpans(spans((0, 0, 5, 0), (0, 5, 9, 1)), np.array([0]))
    assert touching.mask.tolist() == [True, False, False]


def test_answers_that_overlap_since_the_task_allows_none_stand_and_their_longest_spans_teach():
    given = '[[0, 5, "Drug"], [0, 9, "Place"], [12, 14, "Drug"]]'
    assert SpansOfClasses().carried(given, lambda name: name) == given
    taught = reviewed_in(Answers.of([0], [given]), 1, ["Drug", "Place"])
    assert taught.spans.rows() == [(0, 0, 9, 1), (0, 12, 14, 0)]
