"""How sure a student may be where nobody spoke is seen where the voters' own words are left out."""

import numpy as np
import pytest
from scipy import sparse

from labeling.gold import Gold
from labeling.student.calibrate import cooled, temperature, where_silent
from labeling.student.opinion import form
from labeling.student.telling import telling, without
from labeling.student.text import TextStudent
from labeling.votes import ABSTAIN, Votes

NO_GOLD = Gold(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32))


def world(n: int, seed: int = 0):
    """Texts of a class: some hold the keyword of a rule, all hold words that hint at the class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    keyed = rng.random(n) < 0.35
    hints = np.where(rng.random((n, 4)) < 0.75, y[:, None], 1 - y[:, None])
    texts = [
        " ".join(
            [f"key{label}"] * key + [f"hint{h}{rng.integers(30)}" for h in some]
            + [f"other{i}" for i in rng.integers(200, size=4)]
        )
        for label, key, some in zip(y.tolist(), keyed.tolist(), hints.tolist(), strict=True)
    ]  # fmt: skip
    votes = np.full((n, 2), ABSTAIN)
    votes[keyed, y[keyed]] = y[keyed]
    return texts, y, Votes.from_matrix(votes, 2), keyed


@pytest.mark.parametrize("first", [0, 2_000])
def test_hidden_words_make_confidence_where_nobody_spoke_more_honest(first):
    texts, y, votes, keyed = world(6_000)
    posterior = np.where(keyed[:, None], np.where(np.arange(2) == y[:, None], 0.9, 0.1), 0.5)
    current = np.arange(len(y)) >= first
    opinion = form(
        TextStudent(2), texts, posterior, keyed, NO_GOLD, current,
        twins=lambda at: np.arange(len(at)), votes=votes,
    )  # fmt: skip
    assert opinion is not None
    assert opinion.out_of_time is (first > 0)
    now, heard, truth = posterior[current], keyed[current], y[current]
    heat = temperature(opinion.unseen, now, heard)
    silent = where_silent(heat, opinion.unseen, opinion.hidden, now, heard)
    right = np.mean(opinion.unseen[~heard].argmax(axis=1) == truth[~heard])
    gaps = [
        right - cooled(opinion.unseen[~heard], t).max(axis=1).mean()
        for t in (heat.value, silent.value)
    ]
    assert gaps[0] > 0.05
    assert abs(gaps[1]) < gaps[0] / 2


def test_words_that_do_not_tell_hide_nothing():
    texts, y, _, _ = world(3_000)
    votes = Votes.from_matrix(y[:, None], 2)
    opinion = form(
        TextStudent(2), texts, np.eye(2)[y] * 0.8 + 0.1, np.ones(len(y), dtype=bool), NO_GOLD,
        np.arange(len(y)) >= 0, twins=lambda at: np.arange(len(at)), votes=votes,
    )  # fmt: skip
    assert opinion is not None
    np.testing.assert_array_equal(opinion.hidden, opinion.unseen)


def test_terms_of_some_items_are_judged_by_the_votes_on_those():
    x = sparse.csr_matrix(np.tile([[1.0, 0.0], [0.0, 1.0]], (10, 1)))
    votes = Votes.from_matrix([[0], [ABSTAIN]] * 10 + [[ABSTAIN]] * 20, n_classes=2)
    assert telling(x, votes, np.arange(20)).tolist() == [False, False]
    wide = sparse.vstack([x, x[1::2], x[1::2]]).tocsr()
    assert telling(wide, votes).tolist() == [True, False]


def test_rows_keep_their_length_without_the_terms():
    x = sparse.csr_matrix([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    left = without(x, np.array([True, False, False])).toarray()
    np.testing.assert_allclose(left, [[0, 1, 0], [0, 0, 1], [0, 0, 0]])
