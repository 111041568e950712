import math

import numpy as np
import pytest

from labeling.errors import QualityError
from labeling.quality.audited import MISSING, AuditedBatch
from labeling.quality.detector import Detector
from labeling.quality.family import LABELS, Budget, Series, reference_target, target_names
from labeling.quality.monitor import monitor


def batches(rng, count, wrong_from, n=50, items=400, bad=0.4):
    made = []
    for t in range(count):
        label = rng.integers(0, 2, items).astype(np.int32)
        rate = np.where(label == 1, bad if t >= wrong_from else 0.05, 0.05)
        truth = np.where(rng.random(items) < rate, 1 - label, label)
        drawn = rng.permutation(items)[:n]
        made.append(AuditedBatch.uniform(f"{t:02}", label, drawn, truth[drawn].astype(np.int32)))
    return made


def test_the_alarm_names_the_class_that_fell():
    made = batches(np.random.default_rng(0), 20, wrong_from=8)
    family = Budget().share_out({LABELS: 0.08, "class/HAM": 0.08, "class/SPAM": 0.08})
    found = monitor(made, family, ["HAM", "SPAM"])
    fired = {w.series: w.evidence for w in found if w.evidence.fired}
    assert set(fired) == {LABELS, "class/SPAM"}
    assert all(8 <= int(e.batch) <= 12 for e in fired.values())
    assert abs(int(fired["class/SPAM"].change_batch) - 8) <= 1


def test_a_series_of_all_labels_is_the_detector_itself():
    made = batches(np.random.default_rng(1), 5, wrong_from=99)
    found = monitor(made, [Series(LABELS, 0.08, 2000)], ["HAM", "SPAM"])
    detector = Detector(0.08)
    for batch, watched in zip(made, found, strict=True):
        detector, evidence = detector.update(batch.batch, batch.wrong(), 400)
        assert watched.evidence.log_evidence == pytest.approx(evidence.log_evidence)


def test_a_voter_is_watched_where_it_voted():
    made = batches(np.random.default_rng(2), 12, wrong_from=99)
    votes = [np.where(b.label == 1, 0, MISSING).astype(np.int32) for b in made]
    found = monitor(
        made, [Series("voter/rule/bad", 0.1, 2000)], ["HAM", "SPAM"], {"rule/bad": votes}
    )
    assert any(w.evidence.fired for w in found)
    assert all(w.evidence.reviews < 50 for w in found)


def test_a_reset_starts_anew_and_a_new_alarm_has_another_id():
    made = [AuditedBatch.uniform(f"{t}", [0] * 100, range(20), [1] * 20) for t in range(4)]
    found = monitor(made, [Series(LABELS, 0.05, 2000)], ["HAM", "SPAM"], resets={LABELS: ["1"]})
    assert [w.alarm_id for w in found] == ["labels@0#0", None, "labels@2#1", None]


def test_replaying_gives_the_same_alarm_ids():
    made = batches(np.random.default_rng(3), 12, wrong_from=4)
    family = Budget().share_out({LABELS: 0.08})
    ids = [[w.alarm_id for w in monitor(made, family, ["HAM", "SPAM"])] for _ in range(2)]
    assert ids[0] == ids[1]


def test_batches_out_of_time_order_are_taken_as_given():
    """A clock that jumped moves the moment of change, and breaks nothing."""
    made = batches(np.random.default_rng(4), 6, wrong_from=99)
    family = [Series(LABELS, 0.08, 2000)]
    shuffled = [made[i] for i in (3, 0, 5, 1, 4, 2)]
    assert not any(w.evidence.alarm for w in monitor(shuffled, family, ["HAM", "SPAM"]))


def test_a_missing_answer_counts_as_right_so_that_the_bound_holds():
    missing = AuditedBatch.uniform("m", [0] * 100, range(30), [MISSING] * 30)
    found = monitor([missing], [Series(LABELS, 0.05, 2000)], ["HAM", "SPAM"])
    assert found[0].evidence.errors == 0
    assert not found[0].evidence.alarm


def test_an_unknown_series_and_a_batch_standing_twice_are_refused():
    batch = AuditedBatch.uniform("a", [0] * 9, [0], [0])
    with pytest.raises(QualityError, match="'class/EGGS' cannot be watched"):
        monitor([batch], [Series("class/EGGS", 0.1, 2000)], ["HAM", "SPAM"])
    with pytest.raises(QualityError, match="'a' stands twice"):
        monitor([batch, batch], [Series(LABELS, 0.1, 2000)], ["HAM", "SPAM"])


def test_the_shares_of_a_family_add_up_to_its_budget():
    names = target_names(["HAM", "SPAM"], [f"rule/{i}" for i in range(9)])
    family = Budget(52, 0.05).share_out(dict.fromkeys(names, 0.08))
    assert len(family) == 12
    assert sum(52 / series.limit for series in family) == pytest.approx(0.05)
    assert family[0].limit == pytest.approx(2080)
    alone = Budget(52, 0.05).share_out({LABELS: 0.1})
    assert alone[0].limit == pytest.approx(1040)


def test_e_bh_reports_more_when_much_is_wrong():
    budget = Budget(52, 0.05)
    enough_for_two = math.log(52 * 12 / (0.05 * 2)) + 0.01
    evidence = dict.fromkeys((f"s{i}" for i in range(10)), 0.0)
    assert budget.e_bh(evidence | {"a": enough_for_two, "b": 0.0}) == []
    assert budget.e_bh(evidence | {"a": enough_for_two, "b": enough_for_two}) == ["a", "b"]


def test_a_target_from_reference_reviews_is_the_published_one():
    assert reference_target(80, 1000) == pytest.approx(0.099, abs=0.001)
    assert reference_target(24, 300) == pytest.approx(0.117, abs=0.001)
    with pytest.raises(QualityError, match="at least one right"):
        reference_target(5, 5)
    with pytest.raises(QualityError, match="budget"):
        Budget(0, 0.05)
