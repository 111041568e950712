"""Figures of spans: what they are, and that their intervals hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.quality.spans import FIGURES, TUNING, WORLDS, audit_of, cell, figures, intervals, world
from labeling.errors import QualityError
from labeling.kinds.spans.answer import Span
from labeling.quality.estimates.audited import uniform_design
from labeling.quality.spans.batch import SpansBatch
from labeling.quality.spans.counts import SpanCounts
from labeling.quality.spans.report import spans_report
from labeling.sampling.audits.design import AuditDesign

NAMES = ["0", "1", "2"]
ROWS = ("micro", "micro_overlap", "macro", "macro_overlap")


def drawn_from(seed, n, stratified=False, shape=(3.0, 1.0, 0.1, 0.5)):
    rng = np.random.default_rng(seed)
    predicted, counts = world(rng, *shape)
    return counts, audit_of(rng, predicted, counts, n, stratified)


def every(report):
    parts = [getattr(report, name) for name in ROWS]
    parts += [scores for one in report.types for scores in (one.strict, one.overlap)]
    return [getattr(one, name) for one in parts for name in ("precision", "recall", "f1")]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 200), st.booleans())
def test_every_point_lies_in_its_interval_and_that_in_0_to_1(seed, n, stratified):
    _, batch = drawn_from(seed, n, stratified)
    for one in every(spans_report([batch], NAMES)):
        assert 0 <= one.low <= one.high <= 1
        if one.measured:
            assert one.low - 1e-9 <= one.point <= one.high + 1e-9


def test_points_of_a_batch_reviewed_as_a_whole_are_those_of_the_definitions_and_certain():
    counts, batch = drawn_from(1, 2000)
    found = intervals(batch)
    assert len(found) == len(FIGURES)
    for one, true in zip(found, figures(counts), strict=True):
        assert one.point == pytest.approx(true)
    assert found[0].width == found[2].width == 0


def test_overlap_forgives_borders_and_never_lowers_a_figure():
    _, batch = drawn_from(2, 100)
    found = spans_report([batch], NAMES)
    for name in ("precision", "recall", "f1"):
        assert getattr(found.micro_overlap, name).point > getattr(found.micro, name).point


def test_an_item_that_counts_more_moves_figures_more():
    given, gold = [[Span(0, 5, "a")]] * 40, [[Span(0, 5, "a")]] * 20 + [[]] * 20
    stratum = np.repeat([0, 1], 20)
    stratum = np.concatenate([stratum, np.zeros(160, dtype=np.int64)])
    design = AuditDesign(stratum, np.array([20, 20]))
    batch = SpansBatch.of("a", given + [[Span(0, 5, "a")]] * 160, design, range(40), gold, ["a"])
    assert spans_report([batch], ["a"]).micro.precision.point == pytest.approx(0.9)


def test_intervals_of_spans_that_go_wrong_together_are_wider():
    n = 100
    span = [Span(10 * k, 10 * k + 5, "a") for k in range(5)]
    apart = [[*span[:4], Span(40, 44, "a")]] * n
    together = [span] * (n - n // 5) + [[Span(s, e - 1, "a") for s, e, _ in span]] * (n // 5)
    widths = []
    for given_ in (apart, together):
        batch = SpansBatch.of(
            "a", given_ * 10, uniform_design(10 * n, n), range(n), [span] * n, ["a"]
        )
        found = spans_report([batch], ["a"]).micro.precision
        assert found.point == pytest.approx(0.8)
        widths.append(found.width)
    assert widths[1] > 2 * widths[0]


def test_draws_that_nobody_judged_leave_the_point_and_open_the_bounds():
    _, batch = drawn_from(3, 80)
    judged = np.arange(80) % 8 > 0
    kept = SpansBatch("a", batch.design, batch.decided, batch.drawn, judged, batch.counts)
    alone = spans_report([kept], NAMES).micro.recall
    told = batch.counts.take(judged)
    assert alone.point == pytest.approx(told.strict.sum() / told.gold.sum())
    lost = spans_report([batch], NAMES).micro.recall
    assert alone.low < lost.low
    assert alone.high >= lost.high - 0.02


def test_a_type_without_a_span_is_unmeasured_and_leaves_the_mean_open():
    given_ = [[Span(0, 5, "a")]] * 50
    batch = SpansBatch.of("a", given_, uniform_design(50, 50), range(50), given_, ["a", "b"])
    found = spans_report([batch], ["a", "b"])
    assert not found.types[1].strict.f1.measured
    assert (found.macro.f1.point, found.macro.f1.low, found.macro.f1.high) == (1.0, 0.5, 1.0)


def test_without_a_judged_item_there_is_nothing_to_report():
    batch = SpansBatch.of("a", [[]], uniform_design(1, 1), [0], [None], ["a"])
    with pytest.raises(QualityError, match="no reviewed item"):
        spans_report([batch], ["a"])
    with pytest.raises(QualityError, match="counts 1 types, 2 are named"):
        spans_report([batch], ["a", "b"])


@pytest.mark.parametrize(
    ("shape", "n", "stratified"),
    [
        (WORLDS["3 spans, 2 % wrong, together"], 80, False),
        (TUNING["5 spans, 30 % wrong"], 100, True),
    ],
)
def test_intervals_cover_what_they_are_to(shape, n, stratified):
    covered, _, _ = cell((*shape, n, stratified, 150, 77))
    assert covered.min() > 0.90
    assert covered.mean() > 0.93


def test_counts_of_all_batches_are_taken_together():
    whole, batch = drawn_from(4, 200)
    del whole
    halves = [
        SpansBatch(
            name, uniform_design(1000, 100), np.ones(1000, bool), np.arange(100),
            np.ones(100, bool), part,
        )
        for name, part in (
            ("a", batch.counts.take(np.arange(200) < 100)),
            ("b", batch.counts.take(np.arange(200) >= 100)),
        )
    ]  # fmt: skip
    both = SpanCounts.joined([one.counts for one in halves])
    found = spans_report(halves, NAMES)
    assert found.reviewed == 200
    assert found.micro.precision.point == pytest.approx(both.strict.sum() / both.given.sum())
