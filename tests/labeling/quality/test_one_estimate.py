"""Whoever asks for a share of audited items is told the same number with the same interval."""

from dataclasses import replace

import numpy as np
import pytest

from labeling.quality.alarms.diagnosis import diagnose
from labeling.quality.alarms.watch import Promises, watch_batch
from labeling.quality.estimates.accuracy import accuracy
from labeling.quality.estimates.classes import class_report
from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.labelled import MISSING, LabelledBatch, family_of, judge
from labeling.quality.family import Budget
from labeling.sampling.audits.audit import draw_audit

CLASSES = ("a", "b", "c")


def audited(seed: int, answered: float, classes: tuple[int, ...] = (0, 1, 2)) -> LabelledBatch:
    """Audit 60 of 400 labels, doubtful ones more often; people answered a share of them."""
    rng = np.random.default_rng(seed)
    doubt = rng.beta(0.5, 3, 400)
    label = rng.choice(classes, 400).astype(np.int32)
    truth = np.where(rng.random(400) < doubt, (label + 1) % 3, label).astype(np.int32)
    sample = draw_audit([f"{seed}-{at:03}" for at in range(400)], 60, seed, doubt)
    said = rng.random(60) < answered
    gold = np.where(said, truth[sample.item], MISSING).astype(np.int32)
    return LabelledBatch(f"b{seed}", label, sample.design, sample.item, gold, 3)


@pytest.fixture(params=[1.0, 0.7], ids=["all answered", "some answered"])
def batches(request) -> list[LabelledBatch]:
    return [audited(1, request.param), audited(2, request.param, (0, 1)), audited(3, 0.0)]


def test_precision_of_a_class_is_the_accuracy_of_the_labels_that_say_it(batches):
    report = class_report(batches, CLASSES)
    for at, row in enumerate(report.classes):
        assert row.precision == accuracy(judge(batches, of_class=at)).interval
    assert report.accuracy == accuracy(judge(batches)).interval


def test_a_suspect_class_is_as_wrong_as_it_is_measured_in_every_alarm_that_names_it(batches):
    batches = batches[:2]
    of_labels = {one.name: one for one in diagnose(batches, 0.05, CLASSES).slices}
    for at, name in enumerate(CLASSES):
        found = accuracy(judge(batches, of_class=at))
        right = found.interval
        only = [
            replace(b, label=np.where(b.label == at, b.label, MISSING).astype(np.int32))
            for b in batches
        ]
        of_class = {one.name: one for one in diagnose(only, 0.05, CLASSES).slices}
        for told in (of_labels, of_class):
            one = told[f"class/{name}"]
            assert (one.reviewed, one.errors) == (found.reviewed, found.errors)
            assert one.error == Interval(1 - right.point, 1 - right.high, 1 - right.low)


def test_whatever_people_would_have_said_of_the_other_draws_lies_in_the_intervals():
    batch = audited(4, 0.8)
    report = class_report([batch], CLASSES)
    open_ = batch.gold == MISSING
    assert 5 < open_.sum() < 20
    rng = np.random.default_rng(0)
    every = [rng.integers(0, 3, open_.sum()) for _ in range(30)]
    every += [np.full(open_.sum(), at) for at in range(3)] + [batch.label[batch.drawn][open_]]
    for guess in every:
        gold = batch.gold.copy()
        gold[open_] = guess
        full = class_report([replace(batch, gold=gold)], CLASSES)
        for mine, theirs in zip(report.classes, full.classes, strict=True):
            for name in ("precision", "recall", "f1", "share"):
                wide, narrow = getattr(mine, name), getattr(theirs, name)
                assert wide.low - 1e-9 <= narrow.low, name
                assert narrow.high <= wide.high + 1e-9, name


def test_draws_that_nobody_answered_widen_recall_as_they_widen_accuracy():
    full = class_report([audited(4, 1.0)], CLASSES)
    some = class_report([audited(4, 0.8)], CLASSES)
    for few, many in zip(some.classes, full.classes, strict=True):
        assert few.recall.high - few.recall.low > 1.5 * (many.recall.high - many.recall.low)


def test_a_watched_series_counts_the_reviews_that_its_accuracy_rests_on():
    batch = audited(5, 0.6)
    promises = Promises({"labels": 0.99}, Budget(100, 0.05))
    voter = np.where(np.arange(400) % 2, batch.label, MISSING).astype(np.int32)
    _, watched = watch_batch({}, family_of(batch, CLASSES, {"v": voter}), promises)
    found = {one.series: one.evidence for one in watched}
    measured = {
        "labels": accuracy(judge([batch])),
        "voter/v": accuracy(judge([batch], [voter])),
        **{
            f"class/{name}": accuracy(judge([batch], of_class=at))
            for at, name in enumerate(CLASSES)
        },
    }
    for series, one in measured.items():
        assert (found[series].reviews, found[series].errors) == (one.reviewed, one.errors)


def test_an_alarm_goes_off_after_so_many_answers_and_not_after_so_many_draws():
    gold = np.array(([1] * 2 + [MISSING] * 2) * 15, dtype=np.int32)
    batch = LabelledBatch.uniform("a", [0] * 400, range(60), gold.tolist())
    promises = Promises({"labels": 0.95}, Budget(100, 0.05))
    _, watched = watch_batch({}, family_of(batch, CLASSES[:2], {}), promises)
    labels = next(one.evidence for one in watched if one.series == "labels")
    assert labels.fired
    _, alone = watch_batch(
        {},
        family_of(LabelledBatch.uniform("a", [0] * 400, range(30), [1] * 30), CLASSES[:2], {}),
        promises,
    )
    at_least = next(one.evidence.fired_after for one in alone if one.series == "labels")
    assert at_least <= labels.fired_after <= labels.reviews == 30
