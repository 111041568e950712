"""The student: what it learns from, and what it must never learn from."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from labeling.errors import LabelingError, TooFewSamplesError
from labeling.gold import Gold
from labeling.student.altered import altered_texts
from labeling.student.crossfit import cross_fit, folds
from labeling.student.export import model_card, portable
from labeling.student.image import ImageStudent
from labeling.student.learning.soft import soft_logistic
from labeling.student.text import TextStudent

HAM = ["see you at lunch", "call me tonight", "love this song", "great voice", "good morning"]
SPAM = ["win a free prize", "subscribe to my channel", "cheap loans now", "click here", "free cash"]


def comments(n: int, seed: int = 0):
    """Return texts, true labels, and consensus that is right with probability 0.8."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    texts = [
        f"{(SPAM if label else HAM)[rng.integers(5)]} {(SPAM if label else HAM)[rng.integers(5)]}"
        for label in y
    ]
    seen = np.where(rng.random(n) < 0.8, y, 1 - y)
    return texts, y, np.where(seen[:, None] == [0, 1], 0.8, 0.2)


def test_soft_labels_at_one_hot_are_scikit_learns_logistic_regression():
    rng = np.random.default_rng(0)
    for k in (2, 4):
        x, y = rng.normal(size=(200, 6)), rng.integers(0, k, 200)
        ours = soft_logistic(x, np.eye(k)[y], np.ones(200), penalty=0.5)
        theirs = LogisticRegression(C=2.0, tol=1e-8, max_iter=1000).fit(x, y)
        np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=2e-3)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_probabilities_sum_to_one_and_the_same_seed_gives_the_same_ones(seed):
    texts, _, soft = comments(40, seed)
    first, again = (TextStudent(2, seed).fit(texts, soft).predict_proba(texts) for _ in range(2))
    np.testing.assert_allclose(first.sum(axis=1), 1)
    np.testing.assert_array_equal(first, again)


def test_it_is_better_than_the_consensus_that_taught_it():
    texts, y, soft = comments(400)
    student = TextStudent(2).fit(texts, soft)
    fresh, truth, _ = comments(300, seed=9)
    assert np.mean(soft.argmax(axis=1) == y) < 0.85
    assert np.mean(student.predict(fresh) == truth) > 0.95


def test_gold_overrules_voters_who_are_wrong():
    texts, y, soft = comments(400)
    upside_down = soft[:, ::-1]
    fresh, truth, _ = comments(300, seed=9)
    gold = Gold(np.arange(60), y[:60].astype(np.int32))
    misled = TextStudent(2).fit(texts, upside_down)
    corrected = TextStudent(2).fit(texts, upside_down, gold)
    assert np.mean(misled.predict(fresh) == truth) < 0.1
    assert np.mean(corrected.predict(fresh) == truth) > 0.9


def test_gold_alone_is_enough_where_no_voter_spoke():
    texts, y, soft = comments(200)
    gold = Gold(np.arange(60), y[:60].astype(np.int32))
    student = TextStudent(2).fit(texts, soft, gold, weights=np.zeros(200))
    assert student.n_trained_ == 0
    assert student.n_gold_ == 60
    fresh, truth, _ = comments(300, seed=9)
    assert np.mean(student.predict(fresh) == truth) > 0.9


def test_what_is_held_out_teaches_nothing_in_any_form():
    texts, y, soft = comments(200)
    gold = Gold(np.arange(50), y[:50].astype(np.int32))
    judged = np.arange(30)
    honest = TextStudent(2).fit(texts, soft, gold, held_out=judged).predict_proba(texts)
    lied_gold = Gold(gold.item, np.where(gold.item < 30, 1 - gold.label, gold.label))
    lied_soft = soft.copy()
    lied_soft[judged] = soft[judged][:, ::-1]
    lied = TextStudent(2).fit(texts, lied_soft, lied_gold, held_out=judged).predict_proba(texts)
    np.testing.assert_array_equal(honest, lied)


def test_uncovered_items_teach_nothing():
    texts, _, soft = comments(200)
    covered = (np.arange(200) % 2).astype(float)
    lied = soft.copy()
    lied[covered == 0] = [0.99, 0.01]
    a, b = (
        TextStudent(2).fit(texts, s, weights=covered).predict_proba(texts) for s in (soft, lied)
    )
    np.testing.assert_array_equal(a, b)


def test_cross_fitting_never_shows_an_item_its_own_label():
    texts = [f"word{i} other{i}" for i in range(60)]
    y = np.random.default_rng(0).integers(0, 2, 60)
    unseen = cross_fit(TextStudent(2), texts, np.eye(2)[y])
    assert abs(np.mean(unseen.argmax(axis=1) == y) - 0.5) < 0.25
    assert np.mean(TextStudent(2).fit(texts, np.eye(2)[y]).predict(texts) == y) > 0.95


def test_cross_fitting_hides_gold_from_its_own_item_alone():
    """Each item has a twin in its own fold; one of them is reviewed, and nobody voted."""
    texts = [f"word{i // 2} other{i // 2}" for i in range(80)]
    y = np.random.default_rng(0).integers(0, 2, 40)
    reviewed = np.arange(0, 80, 2)
    gold = Gold(reviewed, y.astype(np.int32))
    alike = np.arange(80) // 2
    nobody = np.zeros(80)
    label = cross_fit(
        TextStudent(2), texts, np.full((80, 2), 0.5), gold, nobody, groups=alike
    ).argmax(axis=1)
    assert np.mean(label[1::2] == y) > 0.95, "an item without gold is judged by all of it"
    assert abs(np.mean(label[::2] == y) - 0.5) < 0.25, "one with gold by that of other folds"


@given(st.integers(0, 1000), st.integers(5, 60))
def test_folds_are_even_and_keep_groups_together(seed, n):
    groups = np.arange(n) // 2
    if groups.max() + 1 < 5:
        with pytest.raises(TooFewSamplesError, match="near-duplicates"):
            folds(n, seed, groups)
        return
    at = folds(n, seed, groups)
    assert all(len(set(at[groups == g])) == 1 for g in groups)
    assert np.bincount(at, minlength=5).min() >= 1


@given(st.lists(st.text(min_size=1, max_size=40), max_size=10), st.integers(0, 99))
def test_altered_copies_are_never_emptied(texts, seed):
    copies = altered_texts(texts, np.random.default_rng(seed))
    assert len(copies) == len(texts)
    assert all(copy.strip() or not text.strip() for text, copy in zip(texts, copies, strict=True))


def test_it_is_a_scikit_learn_estimator_that_pickles_and_clones():
    texts, _, soft = comments(80)
    student = TextStudent(2, classes=["ham", "spam"], self_training=True).fit(texts, soft)
    copied = pickle.loads(pickle.dumps(student))
    assert copied.predict(["win a free prize"]).tolist() == ["spam"]
    assert clone(student).get_params() == student.get_params()
    assert not hasattr(clone(student), "pipeline_")


def test_an_embedding_takes_the_place_of_tf_idf():
    texts, y, soft = comments(200)
    asked = []

    def embed(batch):
        asked.append(len(batch))
        return np.array(
            [["free" in t, "win" in t, "lunch" in t, len(t) / 50] for t in batch], float
        )

    student = TextStudent(2, embed=embed, copies=False).fit(texts, soft)
    assert student.predict_proba(texts).shape == (200, 2)
    assert np.mean(student.predict(texts) == y) > 0.6
    assert asked[0] == 200


def test_the_exported_file_predicts_where_this_product_is_not_installed(tmp_path: Path):
    texts, _, soft = comments(200)
    student = TextStudent(2, classes=["ham", "spam"]).fit(texts, soft)
    path = tmp_path / "student.joblib"
    path.write_bytes(pickle.dumps(portable(student)))
    code = (
        "import sys\n"
        "sys.modules['labeling'] = None\n"
        "import joblib\n"
        f"model = joblib.load({str(path)!r})\n"
        "print(model.predict(['win a free prize', 'see you at lunch']).tolist())\n"
        "print(model.predict_proba(['win a free prize']).shape)\n"
        "assert not [m for m in sys.modules if m.startswith('labeling.')]\n"
    )
    # -I: neither this folder nor PYTHONPATH; blocking the name covers the editable install.
    out = subprocess.run(
        [sys.executable, "-I", "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert out.stdout.splitlines() == ["['spam', 'ham']", "(1, 2)"], out.stderr


def test_the_model_card_states_classes_numbers_and_limits():
    texts, _, soft = comments(60)
    student = TextStudent(2, classes=["ham", "spam"]).fit(texts, soft)
    card = model_card(student, "comments", {"accuracy": 0.91}, ["self_training: off"])
    for text in ("# Student of comments", "ham, spam", "| accuracy | 0.91 |", "self_training: off"):
        assert text in card
    assert "inherits mistakes" in card


def test_images_go_through_the_same_interface():
    digits = load_digits()
    rng = np.random.default_rng(0)
    order = rng.permutation(len(digits.target))
    images, y = digits.images[order], digits.target[order]
    wrong = rng.random(1200) < 0.25
    soft = np.full((1200, 10), 0.02)
    soft[np.arange(1200), np.where(wrong, rng.integers(0, 10, 1200), y[:1200])] = 0.82
    student = ImageStudent(10, classes=[str(k) for k in range(10)]).fit(images[:1200], soft)
    right = np.mean(student.predict(images[1200:]) == y[1200:].astype(str))
    assert np.mean(soft.argmax(axis=1) == y[:1200]) < 0.82
    assert right > 0.9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"posteriors": np.ones((3, 2))}, "there are 5 items and 2 classes"),
        ({"posteriors": np.ones((5, 2))}, "sum to 1, but row 0"),
        ({"weights": -np.ones(5)}, "weights are numbers >= 0"),
        ({"gold": Gold(np.array([9]), np.array([0]))}, "gold has items 9..9, but they run 0..4"),
        ({"gold": Gold(np.array([1]), np.array([7]))}, "gold has labels 7..7, but they run 0..1"),
        ({"weights": np.zeros(5)}, "no voter spoke and there is no gold"),
        ({"items": ["", " ", "", "", ""]}, "all 5 texts are empty"),
    ],
)
def test_what_cannot_teach_is_said(change, message):
    texts, _, soft = comments(5)
    material = {"items": texts, "posteriors": soft} | change
    with pytest.raises(LabelingError, match=message):
        TextStudent(2).fit(**material)


def test_what_is_no_image_is_said():
    with pytest.raises(LabelingError, match="one array of shape"):
        ImageStudent(2).fit(["not an image"], np.array([[0.5, 0.5]]))


def test_an_unfitted_student_and_one_on_embeddings_are_not_exported():
    texts, _, soft = comments(20)
    with pytest.raises(LabelingError, match="fit it first"):
        portable(TextStudent(2))
    embedded = TextStudent(2, embed=lambda batch: np.array([[len(t)] for t in batch], float))
    with pytest.raises(LabelingError, match="embedding"):
        portable(embedded.fit(texts, soft))
