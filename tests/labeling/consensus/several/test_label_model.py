import numpy as np
import pytest

from labeling.consensus.label_model import LabelModel
from labeling.consensus.several.label_model import SeveralLabelModel
from labeling.errors import LabelingError, VotesError
from labeling.gold import Gold
from labeling.kinds.units import Units
from labeling.votes import Votes
from tests.labeling.consensus.several.simulated import (
    f1_by_class,
    log_loss,
    majority,
    random_gold,
    several,
)


def fitted(gold=None, **given):
    votes, units, truth = several(**given)
    return (
        SeveralLabelModel(int(units.question.max()) + 1).fit(votes, units, gold),
        votes,
        units,
        truth,
    )


def test_posteriors_are_of_no_and_yes_for_each_unit():
    model, votes, units, _ = fitted()
    posterior = model.predict_proba(votes, units)
    assert posterior.shape == (units.n_units, 2)
    assert posterior.sum(axis=1) == pytest.approx(1)
    assert (posterior >= 0).all()


def test_with_one_question_it_is_the_label_model():
    votes, units, _ = several(questions=1)
    several_labels = SeveralLabelModel(1).fit(votes, units)
    one = LabelModel(2).fit(votes)
    assert (several_labels.predict(votes, units) == one.predict(votes)).mean() > 0.98


def test_it_says_by_class_how_common_each_is():
    model, *_ = fitted(prevalence=(0.1, 0.5, 0.3))
    assert model.class_balance_.shape == (3,)
    assert model.class_balance_.argsort().tolist() == [0, 2, 1]


def test_voters_are_described_over_all_questions():
    model, votes, _, _ = fitted()
    assert len(model.voters_) == votes.n_voters
    assert sum(voter.n_votes for voter in model.voters_) == votes.n_votes
    assert model.voters_[0].confusion.shape == (2, 2)


def test_an_item_without_votes_is_undecided_and_has_the_prior():
    votes, units, _ = several(questions=2)
    model = SeveralLabelModel(2, class_balance=[0.2, 0.6]).fit(votes, units)
    nobody = Votes.from_matrix(np.full((2, votes.n_voters), -1), 2)
    asked = Units.each(1, questions=2)
    assert model.predict(nobody, asked).tolist() == [-1, -1]
    assert model.predict_proba(nobody, asked)[:, 1] == pytest.approx([0.2, 0.6])


def test_gold_drawn_at_random_compares_it_with_the_majority():
    votes, units, truth = several()
    gold = random_gold(units, truth, 60)
    model = SeveralLabelModel(3).fit(votes, units, gold)
    assert model.comparison_ is not None
    assert model.comparison_.n == gold.n_gold
    assert model.comparison_.model >= model.comparison_.majority
    assert model.calibration_ is not None
    assert sum(one.reviewed for one in model.calibration_.curve) == gold.n_gold
    assert model.voters_[0].gold_accuracy.measured
    assert model.method_ == "ensemble and gold"


def test_on_small_crowds_it_is_better_than_the_majority_by_class():
    gains = []
    for seed in range(5):
        votes, units, truth = several(150, 6, 25, 4, seed, np.linspace(0.06, 0.4, 6))
        given = SeveralLabelModel(6).fit(votes, units).predict(votes, units)
        ours, theirs = (f1_by_class(one, truth, units) for one in (given, majority(votes)))
        gains.append(ours.mean() - theirs.mean())
    assert np.mean(gains) > 0.005
    assert min(gains) > -0.05


def test_pooled_skills_help_where_each_class_has_few_items():
    gains = []
    for seed in range(4):
        votes, units, truth = several(60, 8, 20, 4, seed, np.full(8, 0.2))
        model = SeveralLabelModel(8).fit(votes, units)
        own = np.zeros(units.n_units)
        for q, one in enumerate(model.models_):
            kept = units.question == q
            own[kept] = one.predict(votes.of(kept)) == 1
        pooled = f1_by_class(model.predict(votes, units), truth, units)
        gains.append(pooled.mean() - f1_by_class(own, truth, units).mean())
    assert np.mean(gains) > 0.015


def test_fifty_reviewed_items_make_posteriors_truer():
    gains = []
    for seed in range(3):
        votes, units, truth = several(500, 4, 9, 5, seed, right=(0.55, 0.8))
        gold = random_gold(units, truth, 50, seed)
        rest = np.ones(units.n_units, dtype=bool)
        rest[gold.item] = False
        without, taught = (
            SeveralLabelModel(4).fit(votes, units, one).predict_proba(votes, units)[rest, 1]
            for one in (None, gold)
        )
        gains.append(log_loss(without, truth[rest]) - log_loss(taught, truth[rest]))
    assert np.mean(gains) > 0


def test_gold_of_a_learning_queue_teaches_and_measures_nothing():
    votes, units, truth = several()
    drawn = random_gold(units, truth, 60)
    model = SeveralLabelModel(3).fit(votes, units, Gold(drawn.item, drawn.label))
    assert model.comparison_ is None
    assert model.calibration_ is None
    assert (model.predict(votes, units)[drawn.item] == drawn.label).mean() > 0.9


def test_a_class_is_given_from_its_threshold_on():
    model, votes, units, _ = fitted()
    posterior = np.tile([0.6, 0.4], (units.n_units, 1))
    model.thresholds_ = np.array([0.3, 0.4, 0.5])
    label = model.decide(posterior, votes, units)
    assert label[:3].tolist() == [1, -1, 0]


def test_a_part_of_the_votes_is_read_as_the_whole_is():
    model, votes, units, _ = fitted(items=100)
    kept = np.isin(units.item, np.arange(40, 60))
    some = np.zeros(units.n_items, dtype=bool)
    some[40:60] = True
    part = model.predict_proba(votes.of(kept), units.only(some))
    assert (part == model.predict_proba(votes, units)[kept]).all()


def test_rules_are_left_to_their_own_label_models_at_one_half():
    rng = np.random.default_rng(0)
    matrix = np.where(rng.random((900, 8)) < 0.15, np.arange(8) % 2, -1)
    model = SeveralLabelModel(3).fit(Votes.from_matrix(matrix, 2), Units.each(300, questions=3))
    assert (model.thresholds_ == 0.5).all()


def test_what_is_said_of_every_class_is_said_once():
    votes, units, _ = several(items=5)
    model = SeveralLabelModel(3, question_names=["spam", "praise", "order"]).fit(votes, units)
    assert len(set(model.warnings_)) == len(model.warnings_)
    assert any("two votes or more" in warning for warning in model.warnings_)


def test_a_voter_that_speaks_of_one_class_only_is_not_told_as_silent():
    rng = np.random.default_rng(1)
    matrix = np.where(rng.random((900, 8)) < 0.4, 1, -1)
    matrix[np.arange(900) % 3 != 0, 2] = -1
    matrix[:, 5] = -1
    model = SeveralLabelModel(3).fit(Votes.from_matrix(matrix, 2), Units.each(300, questions=3))
    told = [warning for warning in model.warnings_ if "never spoke" in warning]
    assert told == ["1 voter never spoke: voter 5"]


def test_a_class_that_nobody_names_is_told_and_one_that_nobody_denies_is_not():
    matrix = np.tile(
        [[1, 1], [0, 0], [1, -1]], (100, 1)
    )  # the first is only named, the second denied
    names = ["late", "broken", "praise"]
    model = SeveralLabelModel(3, question_names=names)
    model.fit(Votes.from_matrix(matrix, 2), Units.each(100, questions=3))
    told = [warning for warning in model.warnings_ if "no vote names" in warning]
    assert told == ["broken: no vote names it: it cannot be found"]


def test_the_same_votes_and_gold_give_the_same_bytes():
    votes, units, truth = several(items=120)
    gold = random_gold(units, truth, 40)
    one, other = (SeveralLabelModel(3).fit(votes, units, gold) for _ in range(2))
    assert one.predict_proba(votes, units).tobytes() == other.predict_proba(votes, units).tobytes()


@pytest.mark.parametrize("n_classes", [3])
def test_votes_for_more_than_no_and_yes_are_refused(n_classes):
    votes = Votes.from_matrix([[0, 2]], n_classes)
    with pytest.raises(VotesError, match=r"no \(0\) or yes \(1\)"):
        SeveralLabelModel(1).fit(votes, Units.each(1))


def test_units_that_are_not_those_of_the_votes_are_refused():
    votes, _, _ = several(items=10)
    with pytest.raises(VotesError, match="30 units, but 12"):
        SeveralLabelModel(3).fit(votes, Units.each(4, questions=3))


def test_a_question_that_does_not_exist_is_refused():
    votes, units, _ = several(items=10)
    with pytest.raises(VotesError, match=r"unit 2 is of class 2, .* 0\.\.1; 10 such"):
        SeveralLabelModel(2).fit(votes, units)


@pytest.mark.parametrize("balance", [[0.5], [0.2, 1.0, 0.4], [0, 0.5, 0.5]])
def test_a_class_balance_that_is_no_share_each_is_refused(balance):
    votes, units, _ = several(items=10)
    with pytest.raises(LabelingError, match="3 shares above 0 and below 1"):
        SeveralLabelModel(3, class_balance=balance).fit(votes, units)


def test_it_predicts_after_fit_only():
    votes, units, _ = several(items=10)
    with pytest.raises(LabelingError, match="after fit"):
        SeveralLabelModel(3).predict_proba(votes, units)
