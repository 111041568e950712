"""Properties that hold for any votes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.consensus.label_model import LabelModel
from labeling.gold import Gold
from labeling.votes import Votes

CLASSES = 3
MATRICES = arrays(
    np.int8,
    st.tuples(st.integers(0, 40), st.integers(1, 6)),
    elements=st.integers(-1, CLASSES - 1),
)
METHODS = st.sampled_from(
    ["auto", "majority", "weighted_majority", "dawid_skene", "one_coin", "pattern_ds"]
)


def fit(matrix, method="auto", gold=None):
    votes = Votes.from_matrix(matrix, CLASSES)
    model = LabelModel(CLASSES, method=method).fit(votes, gold)
    return model.predict_proba(votes), model.predict(votes)


def gold_for(matrix, data):
    n = data.draw(st.integers(0, len(matrix)))
    label = data.draw(st.lists(st.integers(0, CLASSES - 1), min_size=n, max_size=n))
    return Gold(np.arange(n), np.array(label, dtype=np.int32), np.full(n, 0.5))


@settings(deadline=None)
@given(MATRICES, METHODS, st.data())
def test_posteriors_are_probabilities(matrix, method, data):
    posterior, label = fit(matrix, method, gold_for(matrix, data))
    assert posterior.shape == (len(matrix), CLASSES)
    assert np.isfinite(posterior).all()
    assert (posterior >= 0).all()
    assert posterior.sum(axis=1) == pytest.approx(np.ones(len(matrix)))
    assert ((label >= -1) & (label < CLASSES)).all()


@settings(deadline=None)
@given(MATRICES)
def test_what_all_who_spoke_agree_on_is_the_label(matrix):
    _, label = fit(matrix)
    for row, said in zip(matrix, label, strict=True):
        spoken = np.unique(row[row >= 0])
        if len(spoken) == 1:
            assert said == spoken[0]


@settings(deadline=None)
@given(MATRICES, st.data())
def test_two_or_more_who_agree_are_not_overruled_even_with_gold(matrix, data):
    _, label = fit(matrix, gold=gold_for(matrix, data))
    for row, said in zip(matrix, label, strict=True):
        if (row >= 0).sum() >= 2 and len(np.unique(row[row >= 0])) == 1:
            assert said == row[row >= 0][0]


@settings(deadline=None)
@given(MATRICES, METHODS, st.data())
def test_without_votes_the_answer_is_the_prior_and_undecided(matrix, method, data):
    votes = Votes.from_matrix(matrix, CLASSES)
    model = LabelModel(CLASSES, method=method).fit(votes, gold_for(matrix, data))
    silent = (matrix < 0).all(axis=1)
    assert (model.predict(votes)[silent] == -1).all()
    for row in model.predict_proba(votes)[silent]:
        assert row == pytest.approx(model.class_balance_)


@settings(deadline=None)
@given(MATRICES, METHODS, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(matrix, method, random):
    order = list(range(len(matrix)))
    random.shuffle(order)
    before, _ = fit(matrix, method)
    after, _ = fit(matrix[order], method)
    assert after == pytest.approx(before[order], abs=1e-7)


@settings(deadline=None)
@given(MATRICES, METHODS, st.randoms(use_true_random=False))
def test_the_order_of_voters_does_not_matter(matrix, method, random):
    order = list(range(matrix.shape[1]))
    random.shuffle(order)
    before, _ = fit(matrix, method)
    after, _ = fit(matrix[:, order], method)
    assert after == pytest.approx(before, abs=1e-7)


@settings(deadline=None)
@given(MATRICES, METHODS, st.permutations(range(CLASSES)))
def test_the_names_of_classes_do_not_matter(matrix, method, names):
    renamed = np.where(matrix >= 0, np.array([*names, -1])[matrix], -1)
    before, said = fit(matrix, method)
    after, said_again = fit(renamed, method)
    assert after[:, names] == pytest.approx(before, abs=1e-7)
    decided = (said >= 0) & (said_again >= 0)
    assert np.array_equal(np.array(names)[said[decided]], said_again[decided])


@settings(max_examples=30, deadline=None)
@given(MATRICES, METHODS, st.data())
def test_the_same_votes_and_seed_give_the_same_bytes(matrix, method, data):
    gold = gold_for(matrix, data)
    assert fit(matrix, method, gold)[0].tobytes() == fit(matrix, method, gold)[0].tobytes()
