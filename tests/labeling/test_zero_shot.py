"""Zero-shot classes: the nearest words win, probabilities are such, and doubt abstains."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.zero_shot import class_vectors, nearest_class

SEEDS = st.integers(0, 2**32 - 1)


def vectors(rng: np.random.Generator, n: int, d: int = 8) -> np.ndarray:
    found = rng.normal(size=(n, d))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@given(SEEDS, st.integers(2, 9), st.floats(0.1, 200), st.floats(0, 0.99))
def test_the_nearest_class_wins_or_nobody_does(seed, n_classes, scale, margin):
    rng = np.random.default_rng(seed)
    items, classes = vectors(rng, 20), vectors(rng, n_classes)
    label, confidence = nearest_class(items, classes, scale, margin)
    sure = label >= 0
    assert (label[sure] == (items @ classes.T).argmax(axis=1)[sure]).all()
    assert ((confidence[sure] >= 1 / n_classes - 1e-9) & (confidence[sure] <= 1)).all()
    assert np.isnan(confidence[~sure]).all()
    assert (confidence[sure] >= margin).all(), "whoever leads by so much has at least so much"


@given(SEEDS)
def test_a_wider_margin_only_takes_votes_away(seed):
    rng = np.random.default_rng(seed)
    items, classes = vectors(rng, 30), vectors(rng, 3)
    every, _ = nearest_class(items, classes, 5)
    some, _ = nearest_class(items, classes, 5, 0.4)
    assert (every >= 0).all()
    assert (some[some >= 0] == every[some >= 0]).all()


@given(SEEDS)
def test_the_order_of_the_classes_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    items, classes = vectors(rng, 20), vectors(rng, 5)
    order = rng.permutation(5)
    label, confidence = nearest_class(items, classes, 10)
    other, as_sure = nearest_class(items, classes[order], 10)
    np.testing.assert_array_equal(order[other], label)
    np.testing.assert_allclose(as_sure, confidence)


def test_an_item_without_a_vector_gets_no_vote_and_the_others_theirs():
    items = np.array([[1.0, 0.0], [np.nan, np.nan]])
    assert nearest_class(items, np.eye(2), 10)[0].tolist() == [0, -1]
    assert nearest_class(np.full((3, 0), np.nan), np.eye(2), 10)[0].tolist() == [-1, -1, -1]
    assert nearest_class(np.empty((0, 2)), np.eye(2), 10)[0].tolist() == []


def test_several_phrases_are_averaged_and_of_length_one():
    rng = np.random.default_rng(0)
    phrases = vectors(rng, 6)
    found = class_vectors(phrases, [0, 0, 0, 1, 1, 2])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
    np.testing.assert_allclose(found[2], phrases[5])
    assert found[0] @ phrases[:3].mean(axis=0) == pytest.approx(
        np.linalg.norm(phrases[:3].mean(axis=0))
    )


def test_phrases_that_err_at_random_find_the_class_better_together_than_alone():
    rng = np.random.default_rng(3)
    truth, n = vectors(rng, 4, 32), 400
    label = rng.integers(0, 4, n)
    items = truth[label] + rng.normal(size=(n, 32)) * 0.35
    items /= np.linalg.norm(items, axis=1, keepdims=True)
    phrases = np.repeat(truth, 8, axis=0) + rng.normal(size=(32, 32)) * 0.35
    phrases /= np.linalg.norm(phrases, axis=1, keepdims=True)
    together, _ = nearest_class(items, class_vectors(phrases, np.repeat(range(4), 8)), 20)
    alone, _ = nearest_class(items, phrases[::8], 20)
    assert np.mean(together == label) > np.mean(alone == label) + 0.05
