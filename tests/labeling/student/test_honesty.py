"""Switches, calibration, votes and the pool: nothing is believed that gold does not say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import GoldError, LabelingError, VotesError
from labeling.gold import Gold
from labeling.student import switches
from labeling.student.calibrate import cooled, temperature
from labeling.student.learning.tricks import Prepared, consistency, self_training, spreading
from labeling.student.paired import paired
from labeling.student.switches import choose
from labeling.student.text import TextStudent
from labeling.student.trust import settle_trust
from labeling.student.vote import TRUST, Trust, covered, with_student
from labeling.votes import Votes


def texts_of(n: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    words = [["lunch", "song", "voice", "home"], ["free", "prize", "click", "channel"]]
    return [" ".join(rng.choice(words[k], 3)) for k in y], y


def test_the_interval_of_a_paired_gain_covers_the_truth():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(600):
        a = rng.random(100) < 0.8
        b = np.where(rng.random(100) < 0.2, rng.random(100) < 0.9, a)
        found = paired(a, b, np.ones(100), confidence=0.9)
        held += found.low <= 0.02 <= found.high
    # 0.9 less three standard errors of 600 repeats.
    assert held / 600 >= 0.863


def test_no_difference_is_not_a_gain():
    right = np.ones(200, dtype=bool)
    found = paired(right, right, np.ones(200))
    assert found.gain == 0
    assert not found.better
    assert not found.worse
    with pytest.raises(LabelingError, match="no gold"):
        paired(right[:0], right[:0], np.ones(0))


def test_switches_stay_off_and_say_so_without_enough_gold():
    texts, y = texts_of(150)
    gold = Gold(np.arange(50), y[:50].astype(np.int32), np.full(50, 0.5))
    student, report = choose(TextStudent(2), texts, np.full((150, 2), 0.5), gold)
    assert [s.kept for s in report] == [False] * 5
    assert "takes 100 gold items" in str(report[0])
    assert not student.self_training


def test_switches_refuse_queue_gold():
    texts, y = texts_of(150)
    gold = Gold(np.arange(120), y[:120].astype(np.int32))
    with pytest.raises(GoldError, match="learning queue"):
        choose(TextStudent(2), texts, np.full((150, 2), 0.5), gold)


def test_switches_report_what_each_trick_gains_and_keep_none_that_does_not():
    texts, y = texts_of(260)
    soft = np.where(y[:, None] == [0, 1], 0.9, 0.1)
    gold = Gold(np.arange(120), y[:120].astype(np.int32), np.full(120, 0.5))
    student, report = choose(TextStudent(2), texts, soft, gold)
    assert [s.name for s in report] == [
        "consistency", "self_training", "spreading", "subset", "weighting",
    ]  # fmt: skip
    for switch in report:
        assert switch.gain is not None
        assert switch.gain.n == 120 or (switch.gain.gain <= 0 and switch.gain.n >= 48)
        assert switch.kept == (switch.gain.low > 0) == getattr(student, switch.name)
    assert "points" in str(report[0])


def test_a_trick_that_helps_is_turned_on(monkeypatch):
    texts, y = texts_of(260)
    truth = np.eye(2)[y]

    def oracle(_prepared, _targets, rows, _teacher):
        return truth, np.ones(len(rows)), rows

    monkeypatch.setitem(switches.TRICKS, "spreading", oracle)
    rng = np.random.default_rng(0)
    soft = np.where((rng.random(260) < 0.5)[:, None], [0.9, 0.1], [0.1, 0.9])
    gold = Gold(np.arange(120), y[:120].astype(np.int32), np.full(120, 0.5))
    monkeypatch.setattr("labeling.student.student.GOLD_PENALTY", 1e4)
    student, report = choose(TextStudent(2), texts, soft, gold)
    assert student.spreading
    assert report[2].gain is not None
    assert report[2].gain.low > 0.1


def test_a_trick_that_gained_nothing_in_two_folds_is_asked_no_more(monkeypatch):
    texts, y = texts_of(260)
    asked = []

    def harms(_prepared, targets, rows, _teacher):
        asked.append(len(rows))
        return 1 - targets, rows, rows

    monkeypatch.setitem(switches.TRICKS, "spreading", harms)
    monkeypatch.setattr("labeling.student.student.GOLD_PENALTY", 1e4)
    gold = Gold(np.arange(120), y[:120].astype(np.int32), np.full(120, 0.5))
    soft = np.where(y[:, None] == [0, 1], 0.9, 0.1)
    _, report = choose(TextStudent(2), texts, soft, gold)
    assert len(asked) == switches.LOOK_AFTER
    assert report[2].gain is not None
    assert (report[2].kept, report[2].gain.n) == (False, 48)


def test_flexmatch_believes_a_lagging_class_at_a_lower_threshold():
    teacher = np.array([[0.97, 0.03]] * 8 + [[0.40, 0.60]] * 2)
    targets, rows = np.full((10, 2), 0.5), np.zeros(10)
    taught, weight, _ = self_training(_blank(10), targets, rows, teacher)
    assert weight.tolist() == [1.0] * 10
    assert taught[9].tolist() == [0.0, 1.0]


def test_tricks_leave_labelled_items_alone():
    rng = np.random.default_rng(0)
    targets, teacher = rng.dirichlet(np.ones(3), (2, 40))
    rows = (np.arange(40) % 2).astype(float)
    for trick in (consistency, self_training, spreading):
        taught, weight, _ = trick(_blank(40), targets, rows, teacher)
        np.testing.assert_array_equal(taught[rows > 0], targets[rows > 0])
        np.testing.assert_array_equal(weight[rows > 0], rows[rows > 0])
        np.testing.assert_allclose(taught.sum(axis=1), 1)


def test_spreading_reaches_a_neighbour():
    from scipy import sparse

    x = sparse.csr_matrix(np.repeat(np.eye(2), 15, axis=0))
    targets, rows = np.full((30, 2), 0.5), np.zeros(30)
    targets[[0, 15]] = [[1, 0], [0, 1]]
    rows[[0, 15]] = 1
    taught, weight, _ = spreading(Prepared(None, x, x), targets, rows, targets)
    reached = weight > 0
    assert reached.sum() > 10
    assert np.all(taught[:15][reached[:15]].argmax(axis=1) == 0)
    assert np.all(taught[15:][reached[15:]].argmax(axis=1) == 1)


def _blank(n: int) -> Prepared:
    from scipy import sparse

    x = sparse.csr_matrix(np.random.default_rng(1).random((n, 4)))
    return Prepared(None, x, x)


@settings(deadline=None)
@given(st.floats(0.2, 5.0), st.integers(0, 99))
def test_cooling_keeps_the_label_and_undoes_itself(t, seed):
    proba = np.random.default_rng(seed).dirichlet(np.ones(4), 10)
    cold = cooled(proba, t)
    np.testing.assert_array_equal(cold.argmax(axis=1), proba.argmax(axis=1))
    kept = cold > 1e-12  # what is below is lifted to it before its logarithm is taken
    back = cooled(cold, 1 / t)
    odds, again = (p / p.max(axis=1, keepdims=True) for p in (proba, back))
    np.testing.assert_allclose(again[kept], odds[kept], rtol=1e-6)
    lifted = (1e-12 / cold.max(axis=1, keepdims=True)) ** t
    np.testing.assert_allclose(again[~kept], np.broadcast_to(lifted, again.shape)[~kept], rtol=1e-6)


def test_a_student_that_is_too_sure_is_calibrated_by_weighted_gold():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.5, 1, 4000)
    right = rng.random(4000) < p
    honest = np.column_stack([p, 1 - p])
    boastful = cooled(honest, 0.4)
    gold = Gold(np.arange(4000), (~right).astype(np.int32), np.full(4000, 0.25))
    found = temperature(boastful, boastful, np.ones(4000, dtype=bool), gold)
    assert found.value == pytest.approx(2.5, rel=0.1)
    assert found.learnt_from == "gold"


def test_without_gold_the_consensus_calibrates_and_without_votes_nothing_does():
    proba = np.tile([0.99, 0.01], (50, 1))
    soft = np.tile([0.7, 0.3], (50, 1))
    everywhere = np.ones(50, dtype=bool)
    found = temperature(proba, soft, everywhere)
    assert found.learnt_from == "consensus"
    assert cooled(proba, found.value)[0, 0] == pytest.approx(0.7, abs=0.01)
    assert temperature(proba, soft, ~everywhere).value == 1.0


@settings(deadline=None)
@given(st.integers(0, 999), st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_the_pool_is_a_distribution_and_the_student_alone_where_nobody_voted(seed, trust):
    rng = np.random.default_rng(seed)
    votes = Votes.from_matrix(rng.integers(-1, 3, (15, 2)), 3)
    consensus, student = rng.dirichlet(np.ones(3), (2, 15))
    pooled = with_student(consensus, student, votes, Trust(student=trust))
    np.testing.assert_allclose(pooled.sum(axis=1), 1)
    spoken = covered(votes)
    np.testing.assert_allclose(pooled[~spoken], student[~spoken])
    if trust == 0:
        np.testing.assert_allclose(pooled[spoken], consensus[spoken])
    alone = with_student(consensus, student, votes, Trust(voters=0))
    np.testing.assert_allclose(alone, student)


def test_a_student_that_knows_nothing_changes_no_label():
    votes = Votes.from_matrix(np.array([[0], [1], [1]]), 2)
    consensus = np.array([[0.95, 0.05], [0.4, 0.6], [0.9, 0.1]])
    ignorant = np.tile(consensus.mean(axis=0), (3, 1))
    np.testing.assert_allclose(with_student(consensus, ignorant, votes), consensus)


def test_sizes_that_do_not_fit_are_said():
    votes = Votes.from_matrix(np.array([[0], [1]]), 2)
    with pytest.raises(VotesError, match=r"shape \(3, 2\).*2 items"):
        with_student(np.full((2, 2), 0.5), np.full((3, 2), 0.5), votes)


def test_a_student_that_makes_labels_worse_is_not_trusted_and_one_that_helps_is():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    truth, lie = np.where(y[:, None] == [0, 1], 0.9, 0.1), np.where(y[:, None] == [0, 1], 0.1, 0.9)
    votes = Votes.from_matrix(y[:, None], 2)
    weak = np.where(y[:, None] == [0, 1], 0.6, 0.4)
    gold = Gold(np.arange(100), y[:100].astype(np.int32), np.full(100, 0.5))
    trust, _ = settle_trust(weak, lie, votes, gold)
    assert trust.student < 1 < trust.voters
    assert np.array_equal(with_student(weak, lie, votes, trust).argmax(axis=1), y)
    trust, gain = settle_trust(1 - weak, truth, votes, gold)
    assert trust.student > 1
    assert gain is not None
    assert gain.better
    assert settle_trust(weak, lie, votes, None) == (TRUST, None)
    with pytest.raises(GoldError, match="learning queue"):
        settle_trust(weak, lie, votes, Gold(gold.item, gold.label))


def panel(voters_right: float, student_right: float, n: int = 2000):
    """Opinions at 0.8 of voters and of a student, right in such shares of the items; the truth."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n).astype(np.int32)
    said = []
    for share in (voters_right, student_right):
        label = np.where(rng.random(n) < share, y, 1 - y)
        said.append(np.where(label[:, None] == [0, 1], 0.8, 0.2))
    return *said, Votes.from_matrix(y[:, None], 2), y


def audit_of(y, n):
    return Gold(np.arange(n), y[:n], np.full(n, n / len(y)))


@pytest.mark.parametrize(("voters", "student"), [(0.5, 0.8), (0.8, 0.5)])
def test_whoever_guesses_is_heard_less_than_whoever_knows(voters, student):
    consensus, taught, votes, y = panel(voters, student)
    trust, gain = settle_trust(consensus, taught, votes, audit_of(y, 200))
    assert gain is not None
    assert (trust.voters < 0.5 < trust.student) == (voters < student)
    pooled = with_student(consensus, taught, votes, trust)
    assert np.mean(pooled.argmax(axis=1) == y) == pytest.approx(0.8, abs=0.02)


def test_two_that_are_too_sure_together_are_made_modest_and_no_label_moves():
    consensus, _, votes, y = panel(0.8, 0.5)
    trust, _ = settle_trust(consensus, consensus, votes, audit_of(y, 200))
    assert trust.scale < 1
    twice, once = (with_student(consensus, consensus, votes, how) for how in (TRUST, trust))
    assert np.array_equal(twice.argmax(axis=1), once.argmax(axis=1))
    assert twice.max(axis=1).mean() > 0.93
    assert once.max(axis=1).mean() == pytest.approx(0.8, abs=0.05)


def test_few_reviews_change_no_weight_and_neither_do_many_without_a_reason():
    consensus, student, votes, y = panel(0.5, 0.8)
    assert settle_trust(consensus, student, votes, audit_of(y, 49)) == (TRUST, None)
    consensus, student, votes, y = panel(0.8, 0.8)
    assert settle_trust(consensus, student, votes, audit_of(y, 200))[0] == TRUST


def test_items_nobody_voted_on_say_nothing_of_the_weights():
    consensus, student, votes, y = panel(0.5, 0.8)
    silent = Votes.from_matrix(np.full((len(y), 1), -1), 2)
    assert settle_trust(consensus, student, silent, audit_of(y, 200))[0] == TRUST
    assert settle_trust(consensus, student, votes, audit_of(y, 200))[0] != TRUST


def test_a_student_that_leans_to_yes_is_held_back_where_silence_says_no():
    """Rules that only ever say yes: their own posteriors are no prior, and silence is an opinion."""
    votes = Votes.from_matrix([[1], [1], [-1], [-1]], n_classes=2)
    consensus = np.array([[0.05, 0.95], [0.05, 0.95], [0.85, 0.15], [0.85, 0.15]])
    student = np.array([[0.1, 0.9], [0.3, 0.7], [0.4, 0.6], [0.05, 0.95]])
    alone = with_student(consensus, student, votes)
    assert alone.argmax(axis=1).tolist() == [1, 1, 1, 1]
    together = with_student(consensus, student, votes, heard=np.ones(4, dtype=bool))
    assert together.argmax(axis=1).tolist() == [1, 1, 0, 1]
    same = with_student(consensus, student, votes, heard=np.array([True, True, False, False]))
    np.testing.assert_array_equal(same, alone)
