"""What is watched of spans: classes exactly, and the parts of F1, of which recall is told by reviews alone."""

from functools import partial

import numpy as np
import pytest

from bench.quality.spans_alarms import ITEMS, family, year, years
from labeling.kinds.spans.answer import Span, written
from labeling.kinds.spans.kind import SpansOfClasses
from labeling.quality.alarms.detector import Detector
from labeling.quality.alarms.watch import Promises, watch_batch
from labeling.quality.estimates.accuracy import accuracy
from labeling.quality.estimates.labelled import MISSING, LabelledBatch
from labeling.quality.family import Budget
from labeling.quality.spans.mistakes import SpanMistakes, parts_of
from labeling.sampling.audits.audit import draw_audit
from labeling.sampling.audits.design import AuditDesign
from labeling.sampling.audits.draws import open_draws

TYPES = ("Disease", "Drug")
KIND = SpansOfClasses()
DRUG, LONGER, DISEASE = Span(0, 5, "Drug"), Span(0, 6, "Drug"), Span(9, 12, "Disease")
ANSWERS = (*TYPES, *map(written, ([], [DRUG], [LONGER], [DRUG, DISEASE], [DISEASE])))
TOLD = SpanMistakes.of(ANSWERS, TYPES)


def batch_of(given, gold):
    code = {text: at for at, text in enumerate(ANSWERS)}
    said, so = (
        np.array([MISSING if one is None else code[written(one)] for one in of], np.int32)
        for of in (given, gold)
    )
    design = AuditDesign(np.zeros(len(said), np.int64), np.array([len(said)]))
    return LabelledBatch(
        "a", said, design, np.arange(len(said)), so, len(ANSWERS),
        partial(KIND.wrong, answers=ANSWERS), KIND.naming(ANSWERS, TYPES), TOLD.of_class,
    )  # fmt: skip


BATCH = batch_of(
    [[DRUG], [LONGER], [DRUG, DISEASE], [], [DISEASE], None, [DRUG]],
    [[DRUG], [DRUG], [DRUG], [DISEASE], [DRUG, DISEASE], [DRUG], None],
)


def test_an_item_is_wrong_for_a_class_if_one_of_its_spans_is_not_there_exactly():
    drug, disease = (BATCH.audited(of_class=TYPES.index(name)) for name in ("Drug", "Disease"))
    assert drug.inside.tolist() == [True, True, True, False, False, False, True]
    assert drug.wrong.tolist() == [False, True, False, False, False, False, False]
    assert disease.inside.tolist() == [False, False, True, False, True, False, False]
    assert disease.wrong.tolist() == [False, False, True, False, False, False, False]
    seen = BATCH.as_class(TYPES.index("Drug")).audited()
    assert seen.wrong.tolist() == drug.wrong.tolist()


def test_precision_is_of_items_with_marks_and_recall_of_items_that_should_have_some():
    parts = parts_of(BATCH, TOLD)
    precision, recall = parts["precision"], parts["recall"]
    assert precision.inside.tolist() == [True, True, True, False, True, False, True]
    assert precision.wrong.tolist() == [False, True, True, False, False, False, False]
    assert recall.wrong.tolist() == [False, True, False, True, True, False, False]
    assert recall.counts.tolist() == [True, True, True, True, True, True, False]
    assert accuracy([recall]).reviewed == 5
    assert accuracy([recall]).interval.point == pytest.approx(2 / 5)


def test_what_is_wrong_of_a_part_is_what_an_alarm_of_it_is_explained_by():
    for part in ("precision", "recall"):
        told = TOLD.of_part(BATCH, part).audited()
        assert told.wrong.tolist() == parts_of(BATCH, TOLD)[part].wrong.tolist()


def test_every_draw_outside_leaves_the_evidence_as_it_is():
    audited, _ = family(np.random.default_rng(1), "a")
    recall = audited["recall"]
    within = recall.within
    _, evidence = Detector(0.2).update(
        "a", recall.wrong, ITEMS, recall.draw_probability(), within=within
    )
    everyone = np.zeros_like(within.inside)
    _, nothing = Detector(0.2).update(
        "a", recall.wrong, ITEMS, recall.draw_probability(),
        within=type(within)(everyone, within.most),
    )  # fmt: skip
    assert nothing.log_evidence == pytest.approx(0.0)
    assert evidence.log_evidence != pytest.approx(0.0)


def test_no_draw_stands_for_more_than_is_said_before():
    for seed in range(20):
        recall = family(np.random.default_rng(seed), "a")[0]["recall"]
        chance = recall.draw_probability() * ITEMS
        free = open_draws(recall.design, recall.drawn)
        assert (1 / chance[free] <= recall.within.most + 1e-9).all()


def test_bets_on_what_only_reviews_tell_are_fair_where_the_promise_is_kept_exactly():
    rng, gains = np.random.default_rng(3), []
    holds = rng.random(200) < 0.4
    missed = np.zeros(200, bool)
    missed[np.flatnonzero(holds)[: round(0.25 * holds.sum())]] = True
    error = missed.sum() / holds.sum()
    predicted = np.where(missed, 0.5, 0.1)
    ids = np.array([f"{i:03}" for i in range(200)])
    for seed in range(3000):
        sample = draw_audit(ids, 1, seed, predicted)
        q = 200 * sample.design.stratum_weight[sample.design.stratum[sample.item]]
        q = q / (sample.design.stratum_weight @ sample.design.sizes)
        gains.append(((missed - error * holds)[sample.item] / q).item())
    assert abs(np.mean(gains)) < 4 * np.std(gains) / np.sqrt(len(gains))


def test_healthy_years_hardly_alarm_and_a_fall_of_recall_does_by_its_name():
    healthy, worse = years(range(20)), years([98, 99], worse=0.2)
    assert sum(map(bool, healthy)) <= 3
    assert all("recall" in one for one in worse)
    assert worse[1] == year(99, worse=0.2)


def test_a_part_without_a_promise_learns_it_from_items_that_count():
    promises = Promises({"labels": 0.8}, Budget(52, 0.05), reference_reviews=50)
    rng, state = np.random.default_rng(4), {}
    for week in range(3):
        audited, _ = family(rng, str(week))
        counted = {name: audited[name] for name in ("labels", "precision", "recall")}
        before = state.get("recall")
        state, found = watch_batch(state, counted, promises)
        (recall,) = (one.evidence for one in found if one.series == "recall")
        assert recall.reviews == int(audited["recall"].counts.sum()) < 40
    assert before.reviews < state["recall"].reviews
    assert state["recall"].target_error > 0.1
