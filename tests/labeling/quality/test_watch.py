"""A family taken forward batch by batch: the same as a replay, and honest about its promises."""

import math

import numpy as np
import pytest

from labeling.quality.alarms.detector import Detector
from labeling.quality.alarms.watch import Promises, Watch, watch_batch
from labeling.quality.estimates.labelled import MISSING, LabelledBatch, family_of
from labeling.quality.family import Budget, reference_target

CLASSES = ["HAM", "SPAM"]
BUDGET = Budget(100, 0.05)


def batches(rates, seed=0, n=60, items=500):
    rng = np.random.default_rng(seed)
    for at, rate in enumerate(rates):
        truth = rng.integers(0, 2, items).astype(np.int32)
        label = np.where(rng.random(items) < rate, 1 - truth, truth).astype(np.int32)
        drawn = rng.permutation(items)[:n]
        voter = np.where(rng.random(items) < 0.3, label, MISSING).astype(np.int32)
        yield LabelledBatch.uniform(f"b{at:02d}", label, drawn, truth[drawn]), {"rule/a": voter}


def run(stream, promises, watches=None, anew=None):
    watches, found = dict(watches or {}), []
    for batch, voters in stream:
        watches, rows = watch_batch(
            watches,
            family_of(batch, CLASSES, voters),
            promises,
            (anew or {}).get(batch.batch, ()),
        )
        found += rows
    return watches, found


def test_a_series_is_the_detector_of_its_answers_and_of_its_share_of_the_budget():
    stream = list(batches([0.05] * 4 + [0.3] * 3))
    promised = {"labels": 0.9, "class/HAM": 0.9, "class/SPAM": 0.9, "voter/rule/a": 0.9}
    _, found = run(stream, Promises(promised, BUDGET))
    limits = {series.name: series.limit for series in BUDGET.share_out(promised)}
    judged = {
        "labels": lambda batch, _: np.ones(len(batch.label), dtype=bool),
        "class/SPAM": lambda batch, _: batch.label == 1,
        "voter/rule/a": lambda _, voters: voters["rule/a"] != MISSING,
    }
    for name, members in judged.items():
        detector = Detector(0.1, limits[name])
        mine = [w.evidence for w in found if w.series == name]
        assert len(mine) == len(stream)
        for (batch, voters), evidence in zip(stream, mine, strict=True):
            member = members(batch, voters)
            wrong = batch.audited().wrong[member[batch.drawn]]
            detector, alone = detector.update(
                batch.batch, wrong, int(member.sum()), finite=name == "labels"
            )
            assert evidence.log_evidence == pytest.approx(alone.log_evidence, abs=1e-9)
            assert (evidence.fired, evidence.change_batch) == (alone.fired, alone.change_batch)
            assert evidence.reviews == len(wrong)
    assert any(w.evidence.fired for w in found)


def test_the_alarm_names_the_class_that_fell():
    rng = np.random.default_rng(0)
    stream = []
    for t in range(20):
        label = rng.integers(0, 2, 400).astype(np.int32)
        rate = np.where((label == 1) & (t >= 8), 0.4, 0.05)
        truth = np.where(rng.random(400) < rate, 1 - label, label).astype(np.int32)
        drawn = rng.permutation(400)[:50]
        stream.append((LabelledBatch.uniform(f"{t:02}", label, drawn, truth[drawn]), {}))
    promised = dict.fromkeys(("labels", "class/HAM", "class/SPAM"), 0.92)
    _, found = run(stream, Promises(promised, Budget()))
    fired = {w.series: w.evidence for w in found if w.evidence.fired}
    assert set(fired) == {"labels", "class/SPAM"}
    assert all(8 <= int(e.batch) <= 12 for e in fired.values())
    assert abs(int(fired["class/SPAM"].change_batch) - 8) <= 1


def test_a_voter_is_watched_where_it_voted():
    stream = [
        (batch, {"rule/bad": np.where(batch.label == 1, 0, MISSING).astype(np.int32)})
        for batch, _ in batches([0.05] * 12, seed=2)
    ]
    _, found = run(stream, Promises({"labels": 0.92, "voter/rule/bad": 0.9}, BUDGET))
    voter = [w.evidence for w in found if w.series == "voter/rule/bad"]
    assert any(e.fired for e in voter)
    assert all(e.reviews < 60 for e in voter)


def test_batches_out_of_time_order_are_taken_as_given():
    """A clock that jumped moves the moment of change, and breaks nothing."""
    stream = list(batches([0.05] * 6, seed=4))
    shuffled = [stream[i] for i in (3, 0, 5, 1, 4, 2)]
    _, found = run(shuffled, Promises({"labels": 0.92}, BUDGET))
    assert not any(w.evidence.alarm for w in found)


def test_a_missing_answer_counts_as_right_so_that_the_bound_holds():
    missing = LabelledBatch.uniform("m", [0] * 100, range(30), [MISSING] * 30)
    _, found = run([(missing, {})], Promises({"labels": 0.95}, BUDGET))
    assert found[0].evidence.errors == 0
    assert not found[0].evidence.alarm


def test_the_state_goes_through_json_unchanged_in_mid_stream():
    stream = list(batches([0.05] * 3 + [0.3] * 3, seed=1))
    promises = Promises({"labels": 0.9}, BUDGET, reference_reviews=50)
    whole, found = run(stream, promises)
    half, _ = run(stream[:3], promises)
    read = {name: Watch.from_json(watch.to_json()) for name, watch in half.items()}
    again, rest = run(stream[3:], promises, read)
    assert again == whole
    assert rest == found[-len(rest) :]


def test_a_series_without_a_promise_learns_one_and_is_watched_only_then():
    promises = Promises({"labels": 0.9}, BUDGET, reference_reviews=50)
    stream = list(batches([0.02] * 8, seed=2))
    state, found = run(stream, promises)
    ham = [w.evidence for w in found if w.series == "class/HAM"]
    unwatched = [math.isinf(e.log_evidence) for e in ham]
    assert unwatched[0]
    assert not unwatched[-1]
    watch = state["class/HAM"]
    assert watch.reviews >= 50
    assert not watch.promised
    errors = round(watch.wrong / watch.weight * watch.weight**2 / watch.squares)
    learnt = reference_target(errors, watch.weight**2 / watch.squares, series=3)
    assert watch.target_error == pytest.approx(learnt, rel=0.01)


def test_learnt_promises_share_their_risk_and_so_are_looser():
    assert reference_target(5, 100, series=30) > reference_target(5, 100)


def test_learnt_promises_of_a_healthy_family_raise_hardly_ever_an_alarm():
    promises = Promises({"labels": 0.9}, Budget(20, 0.05), reference_reviews=50)
    families = 40
    fired = sum(
        any(
            w.evidence.fired
            for w in run(batches([0.08] * 20, seed=100 + at, items=200), promises)[1]
        )
        for at in range(families)
    )
    assert fired / families <= 0.10


def test_a_reset_forgets_the_evidence_and_keeps_the_promise():
    stream = list(batches([0.4] * 4, seed=3))
    promises = Promises({"labels": 0.9}, BUDGET)
    _, found = run(stream, promises, anew={"b02": {"labels"}})
    labels = [w for w in found if w.series == "labels"]
    assert [w.epoch for w in labels] == [0, 0, 1, 1]
    fired = [w.alarm_id for w in labels if w.alarm_id]
    assert len(fired) == 2
    assert fired[0].endswith("#0")
    assert fired[1].endswith("#1")


def test_a_batch_without_a_review_leaves_every_series_as_it_was():
    stream = list(batches([0.05] * 2, seed=4))
    promises = Promises({"labels": 0.9}, BUDGET)
    state, _ = run(stream, promises)
    empty = LabelledBatch.uniform("c", [0] * 50, [], [])
    after, found = watch_batch(state, family_of(empty, CLASSES, {}), promises)
    assert after["labels"].detector.log_mass == state["labels"].detector.log_mass
    assert not any(w.evidence.fired for w in found)
    assert after["class/HAM"].reviews == state["class/HAM"].reviews


def test_chance_in_batches_of_few_items_is_no_proof_against_a_class():
    """Ten items a batch, nearly all reviewed: a tenth wrong on average, often two or three."""
    promised = {"labels": 0.5, "class/HAM": 0.9, "class/SPAM": 0.9}
    fired = 0
    for seed in range(40):
        stream = list(batches([0.1] * 30, seed=seed, n=18, items=20))
        _, found = run(stream, Promises(promised, Budget(30, 0.05)))
        fired += any(w.evidence.fired for w in found)
    assert fired / 40 <= 0.05
