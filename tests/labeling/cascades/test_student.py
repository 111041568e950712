"""A student of an earlier batch as the cheap side: which one, and that the promise holds for it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from labeling.cascades.cheap import of_classifier, taught_before
from labeling.cascades.promise import Promise
from labeling.cascades.threshold import SILENT, Gold, find_threshold

BATCHES, SIZE, AUDITED, RUNS = 6, 120, 40, 300
PROMISE = Promise(0.82, 0.15)
NAMES = ["A", "B"]


@given(
    kept=st.lists(st.integers(1, 9), unique=True).map(sorted),
    gold=st.lists(st.integers(1, 9), max_size=60),
    least=st.integers(1, 40),
)
def test_the_newest_student_is_taken_that_leaves_half_of_gold_and_enough_after_it(
    kept, gold, least
):
    kept, gold = [str(one) for one in kept], [str(one) for one in gold]
    found = taught_before(kept, gold, least)
    after = {one: sum(of > one for of in gold) for one in kept}
    enough = [one for one in kept if after[one] >= least and 2 * after[one] >= len(gold)]
    assert found == (max(enough) if enough else kept[0] if kept else None)


def stream(seed):
    """Noisy labels of a linear rule, batch after batch, and a dear side that is right in 95 %."""
    rng = np.random.default_rng(seed)
    n, width = BATCHES * SIZE, 25
    x = rng.normal(size=(n, width))
    true = x @ np.r_[2.0, 1.5, 1.0, np.zeros(width - 3)] + rng.logistic(size=n) > 0
    dear = rng.random(n) < 0.95
    batch = np.repeat(np.arange(BATCHES), SIZE)
    audited = (rng.permuted(np.tile(np.arange(SIZE), (BATCHES, 1)), axis=1) < AUDITED).ravel()
    return x, true, dear, batch, audited, rng.random(n)


def missed(seed, honest):
    """Return whether the last batch misses the target: by one earlier student, or by the newest of all."""
    x, true, dear, batch, audited, tie = stream(seed)
    now, gold = batch == BATCHES - 1, audited & (batch < BATCHES - 1)
    of = 1
    if honest:
        kept = [str(b) for b in range(BATCHES - 1)]
        of = int(taught_before(kept, [str(b) for b in batch[gold]], 20) or 0)
        gold &= batch > of
    taught = batch <= of if honest else batch < BATCHES - 1
    student = LogisticRegression(C=100).fit(x[taught], true[taught])
    said = of_classifier(student.predict_proba(x), NAMES, np.ones(len(x), bool), NAMES)
    cheap = np.array([label == NAMES[int(t)] for label, t in zip(said.label, true, strict=True)])
    known = Gold(said.score[gold], tie[gold], cheap[gold], dear[gold])
    found = find_threshold(known, SIZE, PROMISE)
    asked = found.asked(said.score[now], tie[now])
    return found.proven and np.where(asked, dear[now], cheap[now]).mean() < PROMISE.target


def test_the_promise_holds_for_a_student_of_an_earlier_batch_and_breaks_for_one_that_gold_taught():
    runs = range(RUNS)
    earlier = np.mean([missed(seed, honest=True) for seed in runs])
    newest = np.mean([missed(seed, honest=False) for seed in runs])
    error = np.sqrt(PROMISE.risk * (1 - PROMISE.risk) / RUNS)
    assert earlier <= PROMISE.risk + 2 * error
    assert newest > PROMISE.risk + 2 * error


def test_what_could_not_be_looked_at_and_what_is_no_class_is_silent():
    sure = np.array([[0.3, 0.7], [0.9, 0.1], [0.6, 0.4]])
    said = of_classifier(sure, ["A", "gone"], np.array([True, True, False, True]), {"A", "B"})
    assert said.label == [None, "A", None, "A"]
    assert said.score.tolist() == [SILENT, 0.9, SILENT, 0.6]
