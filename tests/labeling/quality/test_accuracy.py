import math

import numpy as np
import pytest

from labeling.errors import QualityError
from labeling.quality.estimates.accuracy import accuracy
from labeling.quality.estimates.intervals import wilson
from labeling.quality.estimates.labelled import MISSING, LabelledBatch, judge
from labeling.sampling.audits.audit import draw_audit


def simulated(rng, name="a", n=60, items=800, rate=0.05, stratified=True):
    g = rng.beta(0.3, 0.3 / rate, items)
    label = rng.integers(0, 2, items).astype(np.int32)
    wrong = rng.random(items) < g
    truth = np.where(wrong, 1 - label, label).astype(np.int32)
    ids = [f"{name}-{i:04}" for i in range(items)]
    sample = draw_audit(ids, n, int(rng.integers(1 << 30)), g if stratified else None)
    batch = LabelledBatch(name, label, sample.design, sample.item, truth[sample.item])
    return batch, 1 - wrong.mean(), truth


def test_a_uniform_audit_is_wilson_with_its_population():
    rng = np.random.default_rng(0)
    batch, _, _ = simulated(rng, stratified=False)
    found = accuracy(judge([batch]))
    reference = wilson(60 - found.errors, 60, 800)
    assert (found.interval.low, found.interval.high) == pytest.approx(
        (reference.low, reference.high)
    )
    assert (found.items, found.reviewed) == (800, 60)


def test_intervals_of_batches_windows_classes_and_voters_cover():
    rng = np.random.default_rng(1)
    hits = {"batch": [], "window": [], "class": [], "voter": []}
    for _ in range(200):
        parts = [simulated(rng, name, n=40, items=400, rate=0.08) for name in "abc"]
        batches = [part[0] for part in parts]
        truths = [part[2] for part in parts]
        votes = [np.where(rng.random(400) < 0.6, truth, MISSING) for truth in truths]
        votes = [np.where(rng.random(400) < 0.15, 1 - v, v).astype(np.int32) for v in votes]
        votes = [np.where(v > 1, MISSING, v).astype(np.int32) for v in votes]

        def inside(found, truth):
            return found.interval.low - 1e-12 <= truth <= found.interval.high + 1e-12

        hits["batch"].append(inside(accuracy(judge(batches[:1])), parts[0][1]))
        hits["window"].append(
            inside(accuracy(judge(batches)), np.mean([part[1] for part in parts]))
        )
        of_class = np.concatenate(
            [truth[batch.label == 1] == 1 for batch, truth in zip(batches, truths, strict=True)]
        )
        hits["class"].append(inside(accuracy(judge(batches, of_class=1)), of_class.mean()))
        voted = np.concatenate(
            [(vote == truth)[vote >= 0] for vote, truth in zip(votes, truths, strict=True)]
        )
        hits["voter"].append(inside(accuracy(judge(batches, votes)), voted.mean()))
    for name, values in hits.items():
        assert np.mean(values) >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 200), name


def test_batches_count_by_their_items():
    small = LabelledBatch.uniform("s", [0] * 10, range(10), [1] * 10)
    large = LabelledBatch.uniform("l", [0] * 990, range(50), [0] * 50)
    assert accuracy(judge([small, large])).interval.point == pytest.approx(0.99)


def test_a_batch_without_reviews_is_unmeasured_and_not_spoken_for():
    empty = LabelledBatch.uniform("e", [0] * 10, [], [])
    full = LabelledBatch.uniform("f", [0] * 100, range(20), [0] * 20)
    alone = accuracy(judge([empty]))
    assert math.isnan(alone.interval.point)
    assert (alone.interval.low, alone.interval.high) == (0, 1)
    both = accuracy(judge([empty, full]))
    assert (both.batches, both.unmeasured, both.items) == (1, 1, 100)


def test_an_empty_batch_is_no_error():
    nothing = LabelledBatch.uniform("n", [], [], [])
    assert accuracy(judge([nothing])).unmeasured == 0


def test_unjudged_draws_widen_the_interval_to_both_extremes():
    judged = LabelledBatch.uniform("j", [0] * 200, range(40), [0] * 36 + [1] * 4)
    some = LabelledBatch.uniform("s", [0] * 200, range(50), [0] * 36 + [1] * 4 + [MISSING] * 10)
    known, found = accuracy(judge([judged])).interval, accuracy(judge([some]))
    assert found.interval.point == pytest.approx(known.point)
    assert found.interval.low == pytest.approx(wilson(36, 50, 200).low)
    assert found.interval.high == pytest.approx(wilson(46, 50, 200).high)
    assert found.missing == 10


def test_undecided_items_are_not_judged():
    batch = LabelledBatch.uniform("u", [0, 0, MISSING, MISSING], range(4), [0, 0, 1, 1])
    found = accuracy(judge([batch]))
    assert (found.items, found.reviewed, found.errors) == (2, 2, 0)


@pytest.mark.parametrize(
    ("label", "drawn", "gold", "message"),
    [
        ([0, 1], [0, 0], [0, 0], "more than once"),
        ([0, 1], [2], [0], "drawn unit 2"),
        ([0, 1], [0], [3], "gold 3"),
        ([0, 5], [0], [0], "label 5"),
        ([0, 1], [0, 1], [0], "2 drawn items, but 1 gold"),
    ],
)
def test_impossible_batches_are_refused(label, drawn, gold, message):
    with pytest.raises(QualityError, match=message):
        LabelledBatch.uniform("a", label, drawn, gold)


def test_answers_must_fit_the_batches():
    batch = LabelledBatch.uniform("a", [0, 1], [0], [0])
    with pytest.raises(QualityError, match="as many answers"):
        accuracy(judge([batch], []))
    with pytest.raises(QualityError, match="2 items, but 3 answers"):
        accuracy(judge([batch], [np.zeros(3, np.int32)]))
