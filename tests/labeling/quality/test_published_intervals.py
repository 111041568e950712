"""Every published interval holds what it promises, over many batches, skewed classes and a change."""

import numpy as np
import pytest

from bench.quality.history import SHARES, history
from bench.quality.published import estimates
from labeling.quality.estimates.classes import class_report
from labeling.quality.estimates.labelled import LabelledBatch

RUNS = 150


@pytest.mark.parametrize(
    ("shares", "n_batches", "reviews", "change"),
    [("skewed", 12, 40, True), ("rare", 20, 20, True), ("rare", 1, 40, False)],
)
def test_every_published_interval_covers_over_a_history(shares, n_batches, reviews, change):
    rng = np.random.default_rng(7)
    hits = {}
    for _ in range(RUNS):
        past = history(rng, SHARES[shares], n_batches, reviews, change=change, items=200)
        for name, interval, truth in estimates(past):
            if interval.measured:
                hit = interval.low - 1e-9 <= truth <= interval.high + 1e-9
                hits.setdefault(name, []).append(hit)
    assert {"macro F1", "recall, smallest class", "voter, rare rule"} <= set(hits)
    short = {
        name: np.mean(h)
        for name, h in hits.items()
        if np.mean(h) < 0.93 - 3 * np.sqrt(0.93 * 0.07 / len(h))
    }
    assert not short
    assert np.mean([np.mean(h) for h in hits.values()]) >= 0.93


def test_splitting_the_same_reviews_over_more_batches_moves_no_figure():
    """A prior for each batch, stratum and label would pull them all towards it."""
    rng = np.random.default_rng(3)
    label = rng.integers(0, 3, 3000).astype(np.int32)
    truth = np.where(rng.random(3000) < 0.3, (label + 1) % 3, label).astype(np.int32)
    drawn = np.arange(0, 3000, 5)
    whole = LabelledBatch.uniform("all", label, drawn, truth[drawn], 3)
    parts = [
        LabelledBatch.uniform(
            str(at), label[at : at + 30], range(0, 30, 5), truth[at : at + 30 : 5], 3
        )
        for at in range(0, 3000, 30)
    ]
    one, many = (class_report(batches, ["a", "b", "c"]) for batches in ([whole], parts))
    assert many.confusion == pytest.approx(one.confusion)
    for before, after in zip(one.classes, many.classes, strict=True):
        for name in ("precision", "recall", "f1", "share"):
            was, became = getattr(before, name), getattr(after, name)
            assert (became.point, became.low, became.high) == pytest.approx(
                (was.point, was.low, was.high)
            )


def test_a_class_without_a_hit_leaves_the_macro_open_as_far_as_it_is_open_itself():
    label = [1] * 5 + [0] * 35
    gold = [0] * 5 + [1] * 2 + [0] * 33
    report = class_report(
        [LabelledBatch.uniform("a", label * 20, range(40), gold)], ["ham", "spam"]
    )
    ham, spam = (one.f1 for one in report.classes)
    assert (spam.point, spam.low) == (0, 0)
    assert spam.high > 0.3
    assert report.macro_f1.high >= (ham.point + spam.high) / 2 - 1e-9
    assert report.macro_f1.low <= ham.point / 2


def test_accuracy_is_the_diagonal_and_precision_its_column():
    rng = np.random.default_rng(4)
    past = history(rng, SHARES["rare"], 6, 30)
    report = class_report(past.batches, ["a", "b", "c", "d"])
    assert np.trace(report.confusion) == pytest.approx(report.accuracy.point)
    assert report.confusion.sum() == pytest.approx(1)
    hits = np.diag(report.confusion)
    for c, one in enumerate(report.classes):
        assert one.precision.point == pytest.approx(hits[c] / report.confusion[:, c].sum())
        assert one.recall.point == pytest.approx(hits[c] / report.confusion[c].sum())
        assert one.share.point == pytest.approx(report.confusion[c].sum())
