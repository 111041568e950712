"""A family taken forward batch by batch: the same as a replay, and honest about its promises."""

import math

import numpy as np
import pytest

from labeling.quality.audited import MISSING, AuditedBatch
from labeling.quality.family import Budget, reference_target
from labeling.quality.monitor import monitor
from labeling.quality.watch import Promises, Watch, watch_batch

CLASSES = ["HAM", "SPAM"]
BUDGET = Budget(100, 0.05)


def batches(rates, seed=0, n=60, items=500):
    rng = np.random.default_rng(seed)
    for at, rate in enumerate(rates):
        truth = rng.integers(0, 2, items).astype(np.int32)
        label = np.where(rng.random(items) < rate, 1 - truth, truth).astype(np.int32)
        drawn = rng.permutation(items)[:n]
        voter = np.where(rng.random(items) < 0.3, label, MISSING).astype(np.int32)
        yield AuditedBatch.uniform(f"b{at:02d}", label, drawn, truth[drawn]), {"rule/a": voter}


def run(stream, promises, watches=None, anew=None):
    watches, found = dict(watches or {}), []
    for batch, voters in stream:
        watches, rows = watch_batch(
            watches, batch, CLASSES, voters, promises, (anew or {}).get(batch.batch, ())
        )
        found += rows
    return watches, found


def test_batch_by_batch_gives_what_a_replay_gives():
    stream = list(batches([0.05] * 4 + [0.3] * 3))
    promised = {"labels": 0.9, "class/HAM": 0.9, "class/SPAM": 0.9, "voter/rule/a": 0.9}
    _, found = run(stream, Promises(promised, BUDGET))
    family = BUDGET.share_out({name: 1 - share for name, share in promised.items()})
    replayed = monitor(
        [b for b, _ in stream], family, CLASSES, {"rule/a": [v["rule/a"] for _, v in stream]}
    )
    by_key = {(w.series, w.evidence.batch): w.evidence for w in found}
    assert len(by_key) == len(replayed)
    for one in replayed:
        mine = by_key[one.series, one.evidence.batch]
        assert mine.log_evidence == pytest.approx(one.evidence.log_evidence, abs=1e-9)
        assert (mine.fired, mine.change_batch) == (one.evidence.fired, one.evidence.change_batch)
    assert any(w.evidence.fired for w in found)


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
    empty = AuditedBatch.uniform("c", [0] * 50, [], [])
    after, found = watch_batch(state, empty, CLASSES, {}, promises)
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
