import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.consensus.counts.confidences import Confidences
from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import compress
from labeling.errors import VotesError
from labeling.votes import Votes

MATRICES = arrays(
    np.int8, st.tuples(st.integers(0, 20), st.integers(1, 4)), elements=st.integers(-1, 2)
)


@settings(deadline=None)
@given(MATRICES, st.randoms(use_true_random=False))
def test_items_share_a_pattern_exactly_if_they_have_the_same_votes(matrix, random):
    votes = Votes.from_matrix(matrix, 3)
    order = list(range(votes.n_votes))
    random.shuffle(order)
    votes = Votes(votes.item[order], votes.voter[order], votes.label[order], *matrix.shape, 3)
    patterns, of_item = compress(votes, Events.of(votes))
    assert patterns.n_patterns == len(np.unique(matrix, axis=0))
    assert patterns.count.sum() == len(matrix)
    fired = patterns.fired.toarray()[of_item].reshape(*matrix.shape, 3)
    assert np.array_equal(np.where(fired.any(axis=2), fired.argmax(axis=2), -1), matrix)


def test_thinned_patterns_stand_for_all_of_them():
    rng = np.random.default_rng(0)
    votes = Votes.from_matrix(rng.integers(-1, 3, (30_000, 9)), 3)
    patterns, _ = compress(votes, Events.of(votes))
    keep = np.zeros(patterns.n_patterns, dtype=bool)
    keep[:7] = True
    part = patterns.thinned(8_000, keep)
    assert 8_000 <= part.n_patterns <= 8_007
    assert np.isin(patterns.key[:7], part.key).all()
    assert part.count.sum() == pytest.approx(30_000)
    whole, thin = patterns.fired.T @ patterns.count, part.fired.T @ part.count
    assert thin == pytest.approx(whole, rel=0.05)


def test_thirds_of_confidence_are_each_voters_own():
    sure = np.array([0.1, 0.2, 0.3, 0.91, 0.92, 0.93, np.nan])
    votes = Votes(
        np.array([0, 1, 2, 0, 1, 2, 3]),
        np.array([0, 0, 0, 1, 1, 1, 1]),
        np.zeros(7, dtype=np.int32),
        4,
        2,
        2,
        sure,
    )
    level = Confidences.of(votes).events(used=True).index(votes) % 4
    assert level.tolist() == [1, 2, 3, 1, 2, 3, 0]


@given(st.lists(st.sampled_from([0.1, 0.25, 0.5, 0.9]), min_size=1, max_size=30))
def test_thirds_are_of_all_votes_and_not_of_their_distinct_values(sure):
    n = len(sure)
    none = np.zeros(n, dtype=np.int32)
    low, high = Confidences.of(Votes(np.arange(n), none, none, n, 1, 2, np.array(sure))).thirds()[0]
    assert (low, high) == (sorted(sure)[n // 3], sorted(sure)[2 * n // 3])


def test_votes_of_another_panel_are_refused():
    events = Events(3, 2)
    with pytest.raises(VotesError, match=r"fitted on 3 voters and 2 classes.*have 2 and 2"):
        events.index(Votes.from_matrix([[0, 1]], 2))
