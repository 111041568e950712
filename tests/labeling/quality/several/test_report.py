import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.quality.several import FIGURES, WORLDS, figures, intervals, world
from labeling.errors import QualityError
from labeling.quality.estimates.classes import class_report
from labeling.quality.several.batch import SeveralBatch
from labeling.quality.several.clustered import clustered_share
from labeling.quality.several.report import several_report
from labeling.sampling.audits.audit import draw_audit

NAMES = ["a", "b", "c"]


def tables(seed, items=200, k=3, rate=0.1):
    rng = np.random.default_rng(seed)
    truth = rng.random((items, k)) < 0.4
    return truth, truth ^ (rng.random((items, k)) < rate)


def batch_of(truth, label, drawn):
    return SeveralBatch.uniform("a", label.astype(int), drawn, truth[drawn].astype(int))


def every(report):
    parts = [*report.classes, report.micro, report.macro]
    named = [getattr(one, name) for one in parts for name in ("precision", "recall", "f1")]
    return [report.exact_match, report.hamming_loss, *named]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 200))
def test_every_point_lies_in_its_interval_and_that_in_0_to_1(seed, n):
    truth, label = tables(seed)
    report = several_report([batch_of(truth, label, np.arange(n))], NAMES)
    for one in every(report):
        assert 0 <= one.low <= one.high <= 1
        if one.measured:
            assert one.low - 1e-9 <= one.point <= one.high + 1e-9


def test_points_are_those_of_the_definitions():
    truth, label = tables(1)
    report = several_report([batch_of(truth, label, np.arange(200))], NAMES)
    exact, hamming, precision, recall, f1, macro = figures(truth, label)
    assert report.exact_match.point == pytest.approx(exact)
    assert report.hamming_loss.point == pytest.approx(hamming)
    assert report.micro.precision.point == pytest.approx(precision)
    assert report.micro.recall.point == pytest.approx(recall)
    assert report.micro.f1.point == pytest.approx(f1)
    assert report.macro.f1.point == pytest.approx(macro)


def test_a_batch_that_was_reviewed_as_a_whole_is_certain():
    truth, label = tables(2)
    report = several_report([batch_of(truth, label, np.arange(200))], NAMES)
    assert report.exact_match.width == 0
    assert report.hamming_loss.width == 0
    assert report.micro.f1.width == 0


def test_one_class_is_measured_as_a_task_of_that_class_alone_measures_it():
    truth, label = tables(3)
    batch = batch_of(truth, label, np.arange(0, 200, 3))
    alone = class_report([batch.of_class(1)], ["no", "yes"]).classes[1]
    among = several_report([batch], NAMES).classes[1]
    assert among.f1 == alone.f1
    assert among.recall == alone.recall
    assert among.precision.point == pytest.approx(alone.precision.point)


def test_mistakes_that_go_together_make_intervals_wider():
    apart, together = np.zeros((2, 400, 3), dtype=int)
    apart[:60, 0] = apart[60:120, 1] = apart[120:180, 2] = 1
    together[:60] = 1
    truth = np.zeros((400, 3), dtype=int)
    drawn = np.random.default_rng(0).permutation(400)[:100]
    one, other = (
        several_report([SeveralBatch.uniform("a", label, drawn, truth[drawn])], NAMES).hamming_loss
        for label in (apart, together)
    )
    assert other.width > 1.3 * one.width


def test_draws_that_nobody_judged_widen_the_bounds_and_leave_the_points():
    truth, label = tables(4)
    drawn = np.arange(80)
    gold = truth[drawn].astype(int)
    fewer = gold.copy()
    fewer[60:, 1] = -1
    known = several_report([SeveralBatch.uniform("a", label.astype(int), drawn, gold)], NAMES)
    some = several_report([SeveralBatch.uniform("a", label.astype(int), drawn, fewer)], NAMES)
    only = several_report([batch_of(truth, label, drawn[:60])], NAMES)
    assert some.reviewed == 60
    assert some.micro.f1.point == pytest.approx(only.micro.f1.point)
    for unsure, sure in zip(every(some), every(known), strict=True):
        assert unsure.width > sure.width
    worst, best = (some.hamming_loss.high, some.hamming_loss.low)
    assert worst > only.hamming_loss.high + 0.1
    assert best < only.hamming_loss.low


def test_an_item_with_an_undecided_class_is_not_spoken_for():
    truth, label = tables(5)
    said = label.astype(int)
    said[:100, 2] = -1
    drawn = np.arange(0, 200, 2)
    report = several_report(
        [SeveralBatch.uniform("a", said, drawn, truth[drawn].astype(int))], NAMES
    )
    assert report.reviewed == 50
    assert report.hamming_loss.point == pytest.approx((truth != label)[100::2].mean())


def test_a_class_that_nobody_gave_or_found_leaves_the_macro_bounds_open_by_its_part():
    truth, label = tables(6)
    truth[:, 2] = label[:, 2] = False
    report = several_report([batch_of(truth, label, np.arange(100))], NAMES)
    assert not report.classes[2].f1.measured
    assert report.macro.f1.measured
    assert report.macro.f1.width > 1 / 3


def test_batches_add_up_whatever_their_order():
    parts = [batch_of(*tables(seed), np.arange(40)) for seed in (7, 8)]
    one, other = (several_report(some, NAMES) for some in (parts, parts[::-1]))
    for a, b in zip(every(one), every(other), strict=True):
        assert (a.point, a.low, a.high) == pytest.approx((b.point, b.low, b.high))


def test_without_a_judged_draw_there_is_nothing_to_report():
    batch = SeveralBatch.uniform("a", [[1, 0, 0]], [0], [[-1, 0, 0]])
    with pytest.raises(QualityError, match="nothing to report"):
        several_report([batch], NAMES)


@pytest.mark.parametrize(
    ("label", "drawn", "gold", "told"),
    [
        ([1, 0], [0], [[1]], "a column a class"),
        ([[1, 0]], [0], [[1]], "2 classes, but gold of shape"),
        ([[1, 2]], [0], [[1, 0]], "label of row 0, class 1 is 2"),
        ([[1, 0]], [0], [[1, -2]], "gold of row 0, class 1 is -2"),
        ([[1, 0]], [3], [[1, 0]], "outside"),
        ([[1, 0]], [0, 0], [[1, 0], [1, 0]], "more than once"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused(label, drawn, gold, told):
    with pytest.raises(QualityError, match=told):
        SeveralBatch.uniform("a", label, drawn, gold)


def test_other_classes_than_are_named_are_refused():
    with pytest.raises(QualityError, match="3 classes, 2 are named"):
        several_report([batch_of(*tables(9), np.arange(9))], ["a", "b"])


def test_more_hits_than_parts_are_refused():
    with pytest.raises(QualityError, match="at most as many"):
        clustered_share(np.array([2.0]), np.array([1.0]), np.array([1.0]))


@pytest.mark.parametrize(
    ("name", "stratified"),
    [
        ("5 classes, 3 % wrong, together", True),
        ("10 classes, 10 % wrong, together", False),
    ],
)
def test_intervals_cover_what_they_promise(name, stratified):
    runs, rng = 100, np.random.default_rng(11)
    ids = np.array([f"{i:05}" for i in range(2000)])
    inside = np.zeros(len(FIGURES))
    for _ in range(runs):
        predicted, truth, label = world(rng, *WORLDS[name])
        seed = int(rng.integers(1 << 31))
        sample = draw_audit(ids, 60, seed, predicted if stratified else None)
        gold = truth[sample.item].astype(np.int32)
        batch = SeveralBatch("a", label.astype(np.int32), sample.design, sample.item, gold)
        for at, (true, one) in enumerate(zip(figures(truth, label), intervals(batch), strict=True)):
            inside[at] += one.low - 1e-12 <= true <= one.high + 1e-12
    assert (inside >= 0.88 * runs).all()  # three standard errors under 95 %
