import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.errors import VotesError
from labeling.votes import Votes


def votes(item, voter, label, n_items=3, n_voters=2, n_classes=2, confidence=None):
    return Votes(
        np.array(item, dtype=np.int64),
        np.array(voter, dtype=np.int32),
        np.array(label, dtype=np.int32),
        n_items,
        n_voters,
        n_classes,
        None if confidence is None else np.array(confidence, dtype=float),
    )


@settings(deadline=None)
@given(
    arrays(np.int8, st.tuples(st.integers(0, 9), st.integers(1, 5)), elements=st.integers(-1, 3))
)
def test_a_matrix_survives_the_round_trip(matrix):
    assert np.array_equal(Votes.from_matrix(matrix, 4).to_matrix(), matrix)


def test_a_label_outside_the_classes_is_told_with_item_and_voter():
    with pytest.raises(VotesError, match=r"item 1, voter 0.* label 5, but it runs 0\.\.1; 1 such"):
        votes([0, 1], [0, 0], [1, 5])


def test_not_asked_is_no_label():
    with pytest.raises(VotesError, match=r"label -2"):
        Votes.from_matrix([[0, -2]], 2)


def test_two_votes_of_one_voter_on_one_item_are_refused_wherever_they_stand():
    with pytest.raises(VotesError, match=r"voter 1 voted 2 times on item 0.*1 vote too many"):
        votes([0, 2, 0], [1, 0, 1], [0, 0, 1])


def test_unsorted_votes_are_fine():
    assert votes([2, 0, 1], [1, 0, 1], [0, 0, 1]).n_votes == 3


@pytest.mark.parametrize("wrong", [1.2, -0.1])
def test_a_confidence_outside_0_to_1_is_refused(wrong):
    with pytest.raises(VotesError, match=r"voter 0 gave item 1 confidence .* lie in 0\.\.1"):
        votes([0, 1], [0, 0], [1, 0], confidence=[0.5, wrong])


def test_confidences_of_nan_0_and_1_are_allowed():
    assert votes([0, 1, 2], [0, 0, 0], [1, 0, 1], confidence=[np.nan, 0, 1]).n_votes == 3


def test_too_few_confidences_are_refused():
    with pytest.raises(VotesError, match="2 votes but 1 confidences"):
        votes([0, 1], [0, 0], [1, 0], confidence=[0.5])


def test_one_class_is_no_choice():
    with pytest.raises(VotesError, match="at least 2 classes, got 1"):
        votes([0], [0], [0], n_classes=1)


def test_broken_numbers_in_a_matrix_are_told():
    with pytest.raises(VotesError, match=r"voter 1 gave item 0 the label 0\.5"):
        Votes.from_matrix([[0, 0.5]], 2)
    with pytest.raises(VotesError, match=r"the label nan"):
        Votes.from_matrix([[0, np.nan]], 2)


def test_labels_that_are_not_whole_numbers_are_refused():
    with pytest.raises(VotesError, match="label must be a 1-D array of whole numbers, got float64"):
        Votes(np.array([0]), np.array([0]), np.array([1.0]), 1, 1, 2)


def test_lists_of_different_length_are_refused():
    with pytest.raises(VotesError, match="equally long, got 2, 1 and 2"):
        votes([0, 1], [0], [1, 1])


def test_a_matrix_has_two_dimensions():
    with pytest.raises(VotesError, match=r"2-D .*shape \(3,\)"):
        Votes.from_matrix([0, 1, 1], 2)
