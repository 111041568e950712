import numpy as np
import pytest

from labeling.consensus.label_model import LabelModel
from labeling.consensus.several.label_model import SeveralLabelModel
from labeling.errors import LabelingError, VotesError
from labeling.gold import Gold
from labeling.kinds.units import Units
from labeling.votes import Votes
from tests.labeling.consensus.several.simulated import several


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
    items = np.sort(np.random.default_rng(0).choice(units.n_items, 60, replace=False))
    kept = np.flatnonzero(np.isin(units.item, items))
    gold = Gold(kept, truth[kept].astype(np.int32), np.full(len(kept), 60 / units.n_items))
    model = SeveralLabelModel(3).fit(votes, units, gold)
    assert model.comparison_ is not None
    assert model.comparison_.n == len(kept)
    assert model.voters_[0].gold_accuracy.measured


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
