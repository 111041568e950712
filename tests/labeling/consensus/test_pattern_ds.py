import numpy as np
import pytest

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import Patterns, compress
from labeling.consensus.counts.posterior import normalised
from labeling.consensus.models.majority import Majority
from labeling.consensus.models.panel import answers_when_asked, trusted_balance
from labeling.consensus.models.pattern_ds import PatternDS
from labeling.gold import Gold
from labeling.votes import Votes
from tests.labeling.consensus.simulated import accuracy, people, rules


def fitted(matrix, n_classes=2, **options):
    votes = Votes.from_matrix(matrix, n_classes)
    return PatternDS(n_classes, **options).fit(votes).predict_proba(votes)


@pytest.mark.parametrize("gold", [None, Gold(np.array([3, 9]), np.array([1, 0], dtype=np.int32))])
def test_patterns_and_raw_rows_give_the_same_answer(gold):
    matrix, _ = rules(n=600, n_voters=8, seed=1)
    votes = Votes.from_matrix(matrix, 2)
    events = Events.of(votes)
    small, of_item = compress(votes, events)
    number = np.arange(votes.n_items, dtype=np.uint64)
    raw = Patterns(small.fired[of_item], np.ones(votes.n_items), number)
    taught = np.zeros((votes.n_items, 2))
    if gold is not None:
        taught[gold.item, gold.label] = 1
    by_row = PatternDS(2).fit_patterns(raw, events, taught)
    by_pattern = PatternDS(2).fit(votes, gold)
    assert by_pattern.theta_ == pytest.approx(by_row.theta_, abs=1e-8)
    rows = normalised(by_row.terms(raw.fired).logit())
    assert by_pattern.predict_proba(votes) == pytest.approx(rows, abs=1e-8)


def test_rules_for_one_class_carry_evidence():
    matrix, truth = rules(n=6000, n_voters=20, seed=0)
    votes = Votes.from_matrix(matrix, 2)
    plain = Majority(2).fit(votes).predict_proba(votes)
    assert accuracy(fitted(matrix), truth, matrix) > accuracy(plain, truth, matrix) + 0.015


@pytest.mark.parametrize("rare", [0.15, 0.05])
def test_lopsided_classes_are_found_without_gold(rare):
    matrix, truth = rules(n=6000, balance=[1 - rare, rare], seed=0)
    votes = Votes.from_matrix(matrix, 2)
    plain = Majority(2).fit(votes).predict_proba(votes)
    assert accuracy(fitted(matrix), truth, matrix) > accuracy(plain, truth, matrix) + 0.05


def test_a_rule_that_fires_everywhere_is_not_taken_for_prevalence():
    matrix, truth = rules(n=6000, seed=0)
    junk = np.where(np.random.default_rng(9).random(6000) < 0.8, 0, -1)
    matrix = np.column_stack([matrix, junk])
    votes = Votes.from_matrix(matrix, 2)
    assert np.mean(votes.label == 0) > 0.6
    plain = Majority(2).fit(votes).predict_proba(votes)
    assert accuracy(fitted(matrix), truth, matrix) > accuracy(plain, truth, matrix) + 0.03


def test_a_contradicted_vote_counts_less_towards_prevalence():
    matrix, _ = rules(n=6000, n_classes=6, n_voters=24, seed=0)
    junk = np.where(np.random.default_rng(9).random(6000) < 0.8, 0, -1)
    votes = Votes.from_matrix(np.column_stack([matrix, junk]), 6)
    patterns, _ = compress(votes, Events.of(votes))
    trusted = trusted_balance(patterns, patterns.fired, Events.of(votes))
    assert trusted[0] < np.mean(votes.label == 0)


def test_a_known_class_balance_is_used_and_kept():
    matrix, _ = rules(n=500, seed=0)
    model = PatternDS(2, class_balance=[0.9, 0.1]).fit(Votes.from_matrix(matrix, 2))
    assert model.class_balance_ == pytest.approx([0.9, 0.1])


def test_rules_people_and_models_are_told_apart():
    matrix, _ = rules(n=1500, n_classes=3, n_voters=6)
    crowd, _, _ = people(n=1500)
    model = np.random.default_rng(0).integers(0, 3, (1500, 1))

    def asked(*parts):
        votes = Votes.from_matrix(np.hstack(parts), 3)
        events = Events.of(votes)
        return answers_when_asked(compress(votes, events)[0], events).tolist()

    assert asked(matrix) == [False] * 6
    assert asked(crowd) == [True] * 20
    assert asked(matrix, model) == [False] * 6 + [True]


def test_people_of_whom_a_third_always_say_the_same_are_no_rules():
    crowd, _, _ = people(n=1500)
    crowd[:, :7] = np.where(crowd[:, :7] >= 0, 1, -1)
    votes = Votes.from_matrix(crowd, 3)
    events = Events.of(votes)
    assert answers_when_asked(compress(votes, events)[0], events).all()


def test_confidences_tell_sure_votes_from_unsure_ones():
    rng = np.random.default_rng(0)
    n = 4000
    truth = rng.integers(0, 2, n)
    said, sure = [], []
    for strength in (1.0, 0.6, 0.6):
        confidence = rng.uniform(0.5, 1, n)
        right = 0.5 + strength * (confidence - 0.5)
        said.append(np.where(rng.random(n) < right, truth, 1 - truth))
        sure.append(confidence)
    matrix = np.column_stack(said)
    plain = Votes.from_matrix(matrix, 2)
    votes = Votes(plain.item, plain.voter, plain.label, n, 3, 2, np.column_stack(sure).ravel())
    deaf = PatternDS(2).fit(votes).predict_proba(votes)
    listening = PatternDS(2, use_confidence=True).fit(votes).predict_proba(votes)
    assert accuracy(listening, truth, matrix) > accuracy(deaf, truth, matrix) + 0.02


def test_gold_teaches_voters():
    matrix, truth, _ = people(
        n=400, n_classes=2, n_voters=6, per_item=6, right=(0.45, 0.55), seed=4
    )
    rng = np.random.default_rng(0)
    matrix[:, 0] = np.where(rng.random(400) < 0.95, truth, 1 - truth)
    votes = Votes.from_matrix(matrix, 2)
    some = np.arange(0, 400, 4)
    gold = Gold(some, truth[some].astype(np.int32))
    taught = PatternDS(2).fit(votes, gold).predict_proba(votes)
    assert accuracy(taught, truth, matrix) > 0.9


def test_a_hundred_thousand_patterns_are_fitted_on_a_part(monkeypatch):
    matrix, truth = rules(n=20_000, n_voters=30, coverage=(0.1, 0.2))
    whole = fitted(matrix)
    monkeypatch.setattr("labeling.consensus.models.pattern_ds.PATTERNS_FITTED", 4_000)
    part = fitted(matrix)
    assert accuracy(part, truth, matrix) == pytest.approx(accuracy(whole, truth, matrix), abs=0.002)
