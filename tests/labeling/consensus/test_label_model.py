import pickle

import numpy as np
import pytest

from labeling.consensus.label_model import LabelModel
from labeling.consensus.selection import Reviewed
from labeling.errors import GoldError, LabelingError, VotesError
from labeling.gold import Gold
from labeling.votes import Votes
from tests.labeling.consensus.simulated import accuracy, people, rules


def random_gold(truth, n=60, seed=0):
    some = np.sort(np.random.default_rng(seed).choice(len(truth), n, replace=False))
    return Gold(some, truth[some].astype(np.int32), np.full(n, n / len(truth)))


def test_one_voter_is_repeated_and_said_to_be_alone():
    votes = Votes.from_matrix([[1], [0], [-1]], 2)
    model = LabelModel(2, voter_names=["rule/link"]).fit(votes)
    assert model.predict(votes).tolist() == [1, 0, -1]
    assert model.method_ == "majority"
    assert "no item has two votes" in model.why_
    assert model.warnings_[0] == (
        "only rule/link voted: its errors cannot be seen, let alone mended"
    )


def test_a_voter_without_votes_is_named_and_harmless():
    matrix, _ = rules(n=500, n_voters=6)
    silent = np.column_stack([matrix, np.full(500, -1)])
    with_it = LabelModel(2).fit(Votes.from_matrix(silent, 2))
    assert "1 voter never spoke: voter 6" in with_it.warnings_
    assert np.isnan(with_it.voters_[6].accuracy)
    assert with_it.voters_[6].interval == (0, 1)
    without = LabelModel(2).fit(Votes.from_matrix(matrix, 2))
    a = with_it.predict_proba(Votes.from_matrix(silent, 2))
    assert a == pytest.approx(without.predict_proba(Votes.from_matrix(matrix, 2)), abs=0.02)


def test_a_voter_that_was_silent_in_fit_may_speak_later():
    matrix, _ = rules(n=500, n_voters=6)
    matrix[:, 3] = -1
    model = LabelModel(2).fit(Votes.from_matrix(matrix, 2))
    later = Votes.from_matrix([[-1, -1, -1, 1, -1, -1], [0, -1, -1, 1, -1, -1]], 2)
    assert np.isfinite(model.predict_proba(later)).all()
    assert model.predict(later)[0] == 1


def test_votes_for_a_single_class_are_that_class_with_a_warning():
    votes = Votes.from_matrix(np.zeros((50, 3), dtype=int), 3)
    model = LabelModel(3).fit(votes)
    assert (model.predict(votes) == 0).all()
    assert "no vote names class 1, 2: it cannot be found" in model.warnings_


def test_nobody_voted_leaves_everything_undecided():
    votes = Votes.from_matrix(np.full((4, 2), -1), 3)
    model = LabelModel(3, class_balance=[0.5, 0.3, 0.2]).fit(votes)
    assert (model.predict(votes) == -1).all()
    assert model.predict_proba(votes)[0] == pytest.approx([0.5, 0.3, 0.2])
    assert model.warnings_ == ["nobody voted: every item is undecided and has the class prior"]


def test_a_batch_without_items_is_no_error():
    matrix, _ = rules(n=300, n_voters=6)
    model = LabelModel(2).fit(Votes.from_matrix(matrix, 2))
    empty = Votes.from_matrix(np.empty((0, 6), dtype=int), 2)
    assert model.predict_proba(empty).shape == (0, 2)
    assert model.predict(empty).shape == (0,)
    assert LabelModel(2).fit(empty).predict(empty).shape == (0,)


def test_a_new_batch_is_read_like_the_fitted_one():
    matrix, _ = rules(n=800, n_voters=10)
    votes = Votes.from_matrix(matrix, 2)
    model = LabelModel(2).fit(votes)
    part = model.predict_proba(Votes.from_matrix(matrix[200:300], 2))
    assert part == pytest.approx(model.predict_proba(votes)[200:300], abs=1e-12)


def test_a_model_survives_pickling():
    matrix, _ = rules(n=300, n_voters=6)
    votes = Votes.from_matrix(matrix, 2)
    model = LabelModel(2).fit(votes)
    copy = pickle.loads(pickle.dumps(model))
    assert copy.predict_proba(votes).tobytes() == model.predict_proba(votes).tobytes()


def test_another_panel_is_refused():
    model = LabelModel(2).fit(Votes.from_matrix([[0, 1], [1, 1]], 2))
    with pytest.raises(VotesError, match="fitted on 2 voters and 2 classes"):
        model.predict_proba(Votes.from_matrix([[0, 1, 1]], 2))


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        (Gold(np.array([9]), np.array([0])), r"gold row 0 names item 9, but it runs 0\.\.1"),
        (Gold(np.array([1]), np.array([4])), r"gold row 0 names class 4, but it runs 0\.\.1"),
    ],
)
def test_gold_of_unknown_items_or_classes_is_refused(gold, message):
    with pytest.raises(GoldError, match=message):
        LabelModel(2).fit(Votes.from_matrix([[0, 1], [1, 1]], 2), gold)


def test_wrong_settings_say_what_is_allowed():
    votes = Votes.from_matrix([[0, 1], [1, 1]], 2)
    with pytest.raises(VotesError, match="model is for 3 classes, the votes have 2"):
        LabelModel(3).fit(votes)
    with pytest.raises(LabelingError, match="no method 'best'; take one of auto, majority"):
        LabelModel(2, method="best").fit(votes)
    with pytest.raises(LabelingError, match="class_balance needs 2 shares above 0"):
        LabelModel(2, class_balance=[1, 0]).fit(votes)
    with pytest.raises(LabelingError, match="predicts after fit"):
        LabelModel(2).predict(votes)


def test_gold_makes_the_model_right_where_votes_mislead():
    sly = np.where(np.random.default_rng(0).random(3000) < 0.3, 1, -1)
    matrix, truth = rules(n=3000, n_voters=8, balance=[0.8, 0.2], seed=0)
    matrix = np.column_stack([matrix, sly])
    votes = Votes.from_matrix(matrix, 2)
    blind = LabelModel(2).fit(votes).predict_proba(votes)
    taught = LabelModel(2).fit(votes, random_gold(truth, 100)).predict_proba(votes)
    assert accuracy(taught, truth, matrix) > accuracy(blind, truth, matrix) + 0.02


def test_gold_from_a_queue_teaches_but_does_not_measure():
    matrix, truth, _ = people(n=600)
    some = np.arange(40)
    queue = Gold(some, truth[some].astype(np.int32))
    model = LabelModel(3).fit(Votes.from_matrix(matrix, 3), queue)
    assert model.comparison_ is None
    assert model.calibration_ is None
    assert not any(voter.gold_accuracy.measured for voter in model.voters_)


def test_posteriors_are_calibrated_with_gold():
    matrix, truth, _ = people(n=4000, n_classes=2, n_voters=10, per_item=7, right=(0.5, 0.7))
    hard = np.random.default_rng(1).random(4000) < 0.3
    matrix[hard] = np.where(
        matrix[hard] >= 0, np.random.default_rng(2).integers(0, 2, (hard.sum(), 1)), -1
    )
    votes = Votes.from_matrix(matrix, 2)
    model = LabelModel(2).fit(votes, random_gold(truth, 200))
    posterior = model.predict_proba(votes)
    said = posterior.max(axis=1).mean()
    assert said == pytest.approx(accuracy(posterior, truth, matrix), abs=0.06)
    raw = LabelModel(2, method="dawid_skene").fit(votes).predict_proba(votes)
    assert raw.max(axis=1).mean() > accuracy(raw, truth, matrix) + 0.1


def test_a_model_that_gold_shows_to_be_worse_than_majority_is_not_published(monkeypatch):
    matrix, truth, _ = people(n=1000)
    gold = random_gold(truth, 60)
    wrong = np.eye(3)[(gold.label + 1) % 3]
    monkeypatch.setattr("labeling.consensus.selection.cross_fitted", lambda *_: wrong)
    monkeypatch.setattr(Reviewed, "without_gold", lambda _: wrong)
    votes = Votes.from_matrix(matrix, 3)
    model = LabelModel(3).fit(votes, gold)
    assert model.method_ == "majority"
    assert model.why_.startswith("on 60 gold items the majority is right on")
    assert "the majority is published" in model.warnings_[0]
    plain = LabelModel(3, method="majority").fit(votes)
    assert np.array_equal(model.predict(votes), plain.predict(votes))
    assert model.predict_proba(votes).max() < 1


def test_a_correction_that_gold_shows_to_be_worse_is_left_out(monkeypatch):
    matrix, truth, _ = people(n=1000)
    gold = random_gold(truth, 60)
    wrong = np.eye(3)[(gold.label + 1) % 3]
    monkeypatch.setattr("labeling.consensus.selection.cross_fitted", lambda *_: wrong)
    votes = Votes.from_matrix(matrix, 3)
    model = LabelModel(3).fit(votes, gold)
    assert model.method_ == "ensemble"
    blind = LabelModel(3).fit(votes)
    assert model.predict_proba(votes) == pytest.approx(blind.predict_proba(votes))


def test_echoes_that_mislead_the_votes_are_mended_by_gold():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 3000)
    friend = np.where(rng.random(3000) < 0.55, truth, 1 - truth)
    echoes = [np.where(rng.random(3000) < 0.88, friend, 1 - friend) for _ in range(3)]
    others = [np.where(rng.random(3000) < 0.8, truth, 1 - truth) for _ in range(3)]
    matrix = np.column_stack([*echoes, *others])
    votes = Votes.from_matrix(matrix, 2)
    plain = LabelModel(2, method="majority").fit(votes).predict_proba(votes)
    taught = LabelModel(2).fit(votes, random_gold(truth, 100)).predict_proba(votes)
    assert accuracy(taught, truth, matrix) > accuracy(plain, truth, matrix) + 0.1


@pytest.mark.parametrize(
    "method", ["majority", "weighted_majority", "dawid_skene", "ibcc", "one_coin", "pattern_ds"]
)
def test_a_method_that_is_asked_for_is_used(method):
    matrix, truth, _ = people(n=600)
    votes = Votes.from_matrix(matrix, 3)
    model = LabelModel(3, method=method).fit(votes)
    assert model.method_ == method
    assert model.why_ == "it was asked for"
    assert accuracy(model.predict_proba(votes), truth, matrix) > 0.8


def test_the_kind_of_panel_decides_who_sits_and_it_says_why():
    matrix, _ = rules(n=1000)
    one = LabelModel(2).fit(Votes.from_matrix(matrix, 2))
    assert one.method_ == "ensemble"
    assert "confusion matrices and PatternDS" in one.why_
    assert "aggregator" not in one.why_
    crowd, _, _ = people(n=1000)
    other = LabelModel(3).fit(Votes.from_matrix(crowd, 3))
    assert "three in four of confusion matrices, PatternDS" in other.why_
    assert "the trained aggregator agree" in other.why_


def test_a_member_that_gives_one_class_only_is_left_out_by_name():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 3000)
    fires = rng.random((3000, 8)) < np.where(truth[:, None] == np.arange(8) % 4, 0.25, 0.06)
    votes = Votes.from_matrix(np.where(fires, np.arange(8) % 4, -1), 4)
    why = LabelModel(4).fit(votes).why_
    assert "left out, for they hardly give a class that the votes often name" in why
    assert "one coin a voter" in why.split("left out")[1]


@pytest.mark.parametrize("method", ["dawid_skene", "one_coin"])
def test_a_method_that_was_asked_for_and_puts_all_in_one_class_is_warned_of(method):
    rng = np.random.default_rng(0)
    truth = (rng.random(4000) >= 0.8).astype(int)
    right = rng.uniform(0.6, 0.95, 10)
    fires = np.where(truth[:, None] == np.arange(10) % 2, 0.3 * right, 0.3 * (1 - right))
    matrix = np.where(rng.random((4000, 10)) < fires, np.arange(10) % 2, -1)
    votes = Votes.from_matrix(matrix, 2)
    told = " ".join(LabelModel(2, method=method).fit(votes).warnings_)
    assert "this method has collapsed, take auto" in told
    assert "collapsed" not in " ".join(LabelModel(2).fit(votes).warnings_)


def test_confidences_are_used_from_enough_items_on():
    rng = np.random.default_rng(0)
    matrix = rng.integers(0, 2, (2500, 3))
    plain = Votes.from_matrix(matrix, 2)
    sure = rng.random(7500)

    def heard(n):
        few = plain.item < n
        args = (plain.item[few], plain.voter[few], plain.label[few], 2500, 3, 2)
        without = Votes(*args)
        with_them = LabelModel(2).fit(Votes(*args, sure[few])).predict_proba(without)
        return np.abs(with_them - LabelModel(2).fit(without).predict_proba(without)).max() > 0

    assert heard(2500)
    assert not heard(1000)


def test_voters_below_chance_leave_only_the_majority_and_a_warning():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 2, 400)
    matrix = np.column_stack([first, 1 - first, rng.integers(0, 2, 400)])
    votes = Votes.from_matrix(matrix, 2)
    model = LabelModel(2).fit(votes)
    assert model.why_ == (
        "the voters agree less than chance would have it, so only the majority is left"
    )
    assert any("review some items" in warning for warning in model.warnings_)
    plain = LabelModel(2, method="majority").fit(votes)
    assert np.array_equal(model.predict(votes), plain.predict(votes))


def test_a_panel_of_siblings_is_told_and_needs_every_member():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 900)
    ideas = [np.where(rng.random(900) < p, truth, rng.integers(0, 3, 900)) for p in (0.7, 0.6)]
    columns = [
        np.where(rng.random(900) < 0.97, idea, rng.integers(0, 3, 900))
        for idea in ideas
        for _ in range(6)
    ]
    model = LabelModel(3).fit(Votes.from_matrix(np.column_stack(columns), 3))
    assert "each voter is repeated by two others or more" in model.why_
    assert any("repeat each other's errors" in warning for warning in model.warnings_)


def test_two_items_and_gold_of_one_class_are_no_error():
    tiny = Votes.from_matrix([[0, 1, 1], [1, 1, 0]], 2)
    assert LabelModel(2).fit(tiny).predict_proba(tiny).shape == (2, 2)
    matrix, truth, _ = people(n=400)
    same = np.flatnonzero(truth == 1)[:40]
    gold = Gold(same, np.ones(40, dtype=np.int32), np.full(40, 0.1))
    votes = Votes.from_matrix(matrix, 3)
    label = LabelModel(3).fit(votes, gold).predict(votes)
    assert len(np.unique(label[label >= 0])) == 3


def test_gold_that_contradicts_every_voter_is_followed_where_they_differ_and_warned_of():
    matrix, truth, _ = people(n=600, right=(0.7, 0.95))
    gold = random_gold((truth + 1) % 3, 60)
    votes = Votes.from_matrix(matrix, 3)
    model = LabelModel(3).fit(votes, gold)
    assert np.isfinite(model.predict_proba(votes)).all()
    assert any("below chance" in warning for warning in model.warnings_)


def test_rules_that_meet_mostly_one_class_are_not_pulled_to_the_other():
    for seed in range(2):
        matrix, truth = rules(n=5000, n_voters=12, balance=[0.05, 0.95], seed=seed)
        votes = Votes.from_matrix(matrix, 2)
        plain = LabelModel(2, method="majority").fit(votes).predict_proba(votes)
        ours = LabelModel(2).fit(votes).predict_proba(votes)
        assert accuracy(ours, truth, matrix) > accuracy(plain, truth, matrix) - 0.005


def independent(n=1000, m=6, right=0.75, seed=1):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    return np.where(rng.random((n, m)) < right, truth[:, None], 1 - truth[:, None]), truth


@pytest.mark.parametrize("differs", [0.0, 0.02, 0.05, 0.1])
def test_two_copies_among_independent_models_do_not_decide_alone(differs):
    matrix, truth = independent()
    other = np.random.default_rng(2).random(len(truth)) < differs
    twin = np.where(other, 1 - matrix[:, 0], matrix[:, 0])
    matrix = np.column_stack([matrix, twin])
    votes = Votes.from_matrix(matrix, 2)
    plain = LabelModel(2, method="majority").fit(votes).predict_proba(votes)
    ours = LabelModel(2).fit(votes).predict_proba(votes)
    assert accuracy(ours, truth, matrix) > accuracy(plain, truth, matrix) - 0.015


def test_a_panel_of_copies_is_warned_of():
    matrix, _ = independent()
    votes = Votes.from_matrix(np.column_stack([np.repeat(matrix[:, :1], 9, 1), matrix[:, 1]]), 2)
    warnings = LabelModel(2).fit(votes).warnings_
    assert any("8 pairs of voters repeat each other" in warning for warning in warnings)


def test_a_handful_of_reviews_that_prove_nothing_turn_no_label():
    matrix, truth = independent()
    some = np.random.default_rng(0).choice(1000, 11, replace=False)
    gold = Gold(np.sort(some), 1 - truth[np.sort(some)].astype(np.int32), np.full(11, 0.011))
    votes = Votes.from_matrix(matrix, 2)
    model = LabelModel(2).fit(votes, gold)
    blind = LabelModel(2).fit(votes)
    decided = (model.predict(votes) >= 0) & (blind.predict(votes) >= 0)
    assert np.array_equal(model.predict(votes)[decided], blind.predict(votes)[decided])
    assert any("below chance" in warning for warning in model.warnings_)


def test_classes_that_nobody_names_take_no_confidence_from_the_others():
    matrix, _ = independent()
    few = LabelModel(2).fit(Votes.from_matrix(matrix, 2))
    many = LabelModel(6).fit(Votes.from_matrix(matrix, 6))
    sure = few.predict_proba(Votes.from_matrix(matrix, 2)).max(axis=1).mean()
    still = many.predict_proba(Votes.from_matrix(matrix, 6)).max(axis=1).mean()
    assert still > sure - 0.12


def test_gold_of_one_class_is_told_to_be_suspicious():
    matrix, _ = independent()
    gold = Gold(np.arange(30), np.ones(30, dtype=np.int32), np.full(30, 0.03))
    warnings = LabelModel(2).fit(Votes.from_matrix(matrix, 2), gold).warnings_
    assert any("all 30 reviewed items are class 1" in warning for warning in warnings)
