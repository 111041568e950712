"""Legal sets are legal and best; chains and pieces agree with what they abbreviate."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.consensus.spans.candidates import Candidates
from labeling.consensus.spans.chains import Chains
from labeling.consensus.spans.decoding import best_set
from labeling.consensus.spans.longest import longest_credible
from labeling.consensus.spans.majority import by_span, by_token
from labeling.consensus.spans.pieces import Pieces
from labeling.span_votes import SpanVotes
from labeling.spans import Spans

ROW = st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(1, 6), st.integers(0, 1)).map(
    lambda row: (row[0], row[1], row[1] + row[2], row[3])
)


def legal(spans):
    return all(
        not (a[0] == b[0] and a[1] < b[2] and b[1] < a[2])
        for a, b in itertools.combinations(spans.rows(), 2)
    )


@st.composite
def panels(draw):
    cells = draw(st.lists(st.tuples(ROW, st.integers(0, 3), st.booleans()), max_size=14))
    cells = list({(row, voter): no for row, voter, no in cells}.items())
    marks = Spans.of([row for (row, _), _ in cells], 3, 2)
    voter = np.array([voter for (_, voter), _ in cells], dtype=np.int32)
    return SpanVotes(marks, voter, 4, against=np.array([no for _, no in cells], dtype=bool))


@settings(deadline=None)
@given(st.lists(ROW, max_size=9, unique=True), st.randoms(use_true_random=False))
def test_no_legal_set_is_worth_more_than_the_one_that_is_taken(rows, random):
    spans = Spans.of(rows, 3, 2)
    worth = np.array([random.uniform(-0.5, 1) for _ in rows])
    taken = best_set(spans, worth)
    assert legal(spans.take(taken))
    best = max(
        worth[list(chosen)].sum()
        for size in range(len(rows) + 1)
        for chosen in itertools.combinations(range(len(rows)), size)
        if legal(spans.take(np.array(chosen, dtype=np.int64)))
    )
    assert np.isclose(worth[taken].sum(), best)


@settings(deadline=None)
@given(panels())
def test_every_majority_is_a_legal_set_that_nobody_else_could_join(votes):
    candidates = Candidates.of(votes)
    for take in (by_span, longest_credible):
        taken = take(candidates)
        found = candidates.spans.take(taken)
        assert legal(found)
        for at in np.flatnonzero(~taken & (candidates.balance > 0)):
            assert not legal(found.joined(candidates.spans.take(np.array([at]))))
    assert legal(by_token(Pieces.of(votes)))


@settings(deadline=None)
@given(panels())
def test_pieces_give_back_the_spans_they_are_tagged_with(votes):
    candidates, pieces = Candidates.of(votes), Pieces.of(votes)
    spans = candidates.spans.take(by_span(candidates))
    assert sorted(pieces.spans_of(pieces.tags_of(spans)).rows()) == sorted(spans.rows())


def test_forward_backward_and_the_best_path_are_those_of_all_paths():
    rng = np.random.default_rng(0)
    joined = np.array([False, True, True, False, False, True])
    move, seen = rng.dirichlet(np.ones(3), 3), rng.uniform(0.1, 1, (6, 3))
    posterior, moves = Chains.of(joined).posterior(seen, move)
    path = Chains.of(joined).best_path(np.log(seen), np.log(move))
    expected, total_moves = np.zeros((6, 3)), np.zeros((3, 3))
    for first, last in ((0, 3), (3, 4), (4, 6)):
        weights = {}
        for states in itertools.product(range(3), repeat=last - first):
            way = [0, *states, 0]
            weight = np.prod([move[a, b] for a, b in itertools.pairwise(way)])
            weights[states] = weight * np.prod([seen[first + i, s] for i, s in enumerate(states)])
        total = sum(weights.values())
        for states, weight in weights.items():
            for i, state in enumerate(states):
                expected[first + i, state] += weight / total
            for a, b in itertools.pairwise([0, *states, 0]):
                total_moves[a, b] += weight / total
        assert path[first:last].tolist() == list(max(weights, key=weights.get))
    np.testing.assert_allclose(posterior, expected)
    np.testing.assert_allclose(moves, total_moves)


def test_a_vote_against_undoes_a_vote_for_and_nothing_of_another_type():
    marks = Spans.of([(0, 0, 5, 0), (0, 2, 3, 0), (0, 10, 15, 0), (0, 10, 15, 1)], 1, 2)
    against = np.array([False, True, False, True])
    votes = SpanVotes(marks, np.array([0, 1, 0, 1]), 2, against=against)
    candidates = Candidates.of(votes)
    assert candidates.balance.tolist() == [0, 1]
    assert candidates.spans.take(by_span(candidates)).rows() == [(0, 10, 15, 0)]
