"""Very many items: all of them teach, by steps that look at some rows each."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits

from labeling.errors import LabelingError
from labeling.gold import Gold
from labeling.sampling.duplicates import same_words
from labeling.student.crossfit import cross_fit
from labeling.student.export import portable
from labeling.student.image import ImageStudent
from labeling.student.learning.soft import soft_logistic
from labeling.student.learning.stochastic import stochastic_logistic
from labeling.student.opinion import form
from labeling.student.student import MANY
from labeling.student.text import TextStudent

NO_GOLD = Gold(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32))


def messages(n: int, seed: int = 0):
    """Return texts of one telling word among others, true classes, and voters right in 4 of 5."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    texts = [
        " ".join(["abc"[label] + str(rng.integers(200)), *(f"w{i}" for i in rng.integers(400, size=6))])
        for label in y.tolist()
    ]  # fmt: skip
    said = np.where(rng.random(n) < 0.8, y, rng.integers(0, 3, n))
    return texts, y, np.where(np.arange(3) == said[:, None], 0.8, 0.1)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_many_steps_end_where_a_full_search_does(n_classes):
    rng = np.random.default_rng(0)
    x = sparse.random(6_000, 300, density=0.05, format="csr", random_state=0)
    signal = rng.normal(size=(300, n_classes))
    logits = x @ signal * 3
    soft = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    weights = rng.random(6_000)
    weights[:1_000] = 0
    full = soft_logistic(x, soft, weights, 1.0).predict_proba(x)
    steps = stochastic_logistic(x, soft, weights, 1.0).predict_proba(x)
    assert np.abs(full - steps).mean() < 0.02
    assert np.mean(full.argmax(axis=1) == steps.argmax(axis=1)) > 0.95


def test_rows_of_no_weight_teach_nothing_and_the_same_seed_gives_the_same():
    x = sparse.random(3_000, 50, density=0.1, format="csr", random_state=1)
    soft = np.tile([0.3, 0.7], (3_000, 1))
    weights = (np.arange(3_000) % 2).astype(float)
    lied = np.where(weights[:, None] > 0, soft, [1.0, 0.0])
    first, other = (stochastic_logistic(x, t, weights, 0.3, blank=0.3) for t in (soft, lied))
    np.testing.assert_array_equal(first.coef_, other.coef_)
    with pytest.raises(LabelingError, match="none of the 3000 rows has a label"):
        stochastic_logistic(x, soft, np.zeros(3_000), 0.3)


def test_every_item_with_a_label_teaches_the_oldest_too():
    n = 3 * MANY
    texts, y, soft = messages(n)
    texts[:60] = [f"zebra w{i}" for i in range(60)]
    soft[:60], y[:60] = [0.9, 0.05, 0.05], 0
    texts[-1] = "zebra"
    current = np.arange(n) >= n - 100
    opinion = form(
        TextStudent(3), texts, soft, np.ones(n, dtype=bool), NO_GOLD, current,
        twins=lambda at: same_words([texts[i] for i in at]),
    )  # fmt: skip
    assert opinion is not None
    assert opinion.student.n_trained_ == n - 100
    assert opinion.unseen[-1].argmax() == 0
    assert np.mean(opinion.unseen.argmax(axis=1)[:-1] == y[current][:-1]) > 0.9


def test_more_items_teach_more():
    texts, _, soft = messages(4 * MANY)
    fresh, truth, _ = messages(1_000, seed=9)
    right = [
        np.mean(TextStudent(3).fit(texts[:n], soft[:n]).predict(fresh) == truth)
        for n in (500, 4 * MANY)
    ]
    assert right[0] < 0.85
    assert right[1] > 0.95


def test_a_large_first_batch_is_judged_blind_to_its_own_labels():
    n = MANY + 500
    texts = [f"word{i // 2} other{i // 2}" for i in range(n)]
    y = np.random.default_rng(0).integers(0, 2, n)
    unseen = cross_fit(TextStudent(2), texts, np.eye(2)[y])
    assert unseen.std() > 0.01
    assert abs(np.mean(unseen.argmax(axis=1) == y) - 0.5) < 0.05


def test_gold_corrects_what_many_voters_taught():
    texts, y, soft = messages(2 * MANY)
    turned = soft[:, [1, 2, 0]]
    gold = Gold(np.arange(600), y[:600].astype(np.int32))
    fresh, truth, _ = messages(500, seed=9)
    misled = np.mean(TextStudent(3).fit(texts, turned).predict(fresh) == truth)
    corrected = np.mean(TextStudent(3).fit(texts, turned, gold).predict(fresh) == truth)
    assert misled < 0.1
    assert corrected > misled + 0.4


def test_it_says_what_its_file_says():
    texts, _, soft = messages(MANY + 1)
    student = TextStudent(3, classes=["a", "b", "c"]).fit(texts, soft)
    fresh, _, _ = messages(50, seed=9)
    fresh[0] = "never seen"
    np.testing.assert_allclose(
        student.predict_proba(fresh), portable(student).predict_proba(fresh), atol=1e-12
    )


def test_many_pictures_are_learnt_from_too():
    digits = load_digits()
    twice = np.concatenate([digits.images, np.roll(digits.images, 1, axis=1)])
    soft = np.eye(10)[np.concatenate([digits.target, digits.target])] * 0.8 + 0.02
    assert len(twice) > MANY
    taught = np.arange(len(twice)) % 3 > 0
    student = ImageStudent(10).fit(twice, soft, weights=taught.astype(float))
    assert np.mean(student.predict(twice[~taught]) == soft[~taught].argmax(axis=1)) > 0.9


def test_many_texts_without_spaces_are_read_by_letters():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, MANY + 500)
    signs = [chr(0x4E00 + i) for i in range(300)]
    texts = [
        "".join(rng.choice(signs, 12)) + ("\u826f\u597d" if good else "\u7cdf\u7cd5")
        + "".join(rng.choice(signs, 12))
        for good in y.tolist()
    ]  # fmt: skip
    taught = np.arange(len(y)) % 2
    student = TextStudent(2).fit(texts, np.eye(2)[y], weights=taught.astype(float))
    assert np.mean(student.predict(texts)[taught == 0] == y[taught == 0]) > 0.95


def test_texts_of_the_same_words_stay_together_in_folds():
    number = same_words(["Pay £5 now", "now: pay £9", "pay later", ""])
    assert number.tolist() == [0, 0, 1, 2]
