"""The label model of spans: legal, blind to order, never embarrassing, and taught by reviews."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.consensus.spans.abbreviations import with_short_forms
from labeling.consensus.spans.agreement import Counts
from labeling.consensus.spans.candidates import Candidates
from labeling.consensus.spans.gold_head import GoldHead
from labeling.consensus.spans.hmm import SpanHMM
from labeling.consensus.spans.label_model import SpanLabelModel
from labeling.consensus.spans.majority import by_span
from labeling.consensus.spans.proposals import ProposalModel
from labeling.consensus.spans.relations import Relation
from labeling.errors import LabelingError, VotesError
from labeling.span_votes import SpanVotes
from labeling.spans import Spans
from tests.labeling.consensus.spans.simulated import (
    MODELS,
    RULES,
    SLIPPING,
    panel,
    reviewed,
    truth,
)
from tests.labeling.consensus.spans.test_decoding import legal, panels

PANELS = {"rules": RULES, "models": MODELS, "slipping": SLIPPING}


def f1(found, right):
    return Counts.of(found, right).f1()


def majority(votes):
    candidates = Candidates.of(votes)
    return candidates.spans.take(by_span(candidates))


@settings(deadline=None, max_examples=40)
@given(panels())
def test_what_it_finds_is_legal_whatever_the_votes(votes):
    texts = ["(DVT) deep vein thrombosis (DVT), DVT"] * 3
    model = SpanLabelModel().fit(votes, texts)
    found = model.predict(votes, texts)
    assert legal(found.spans)
    assert ((found.probability >= 0) & (found.probability <= 1)).all()
    assert legal(SpanHMM().fit(votes).predict(votes))


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 99), st.sampled_from(sorted(PANELS)))
def test_the_order_of_voters_marks_and_items_does_not_matter(seed, name):
    right = truth(40, seed=seed)
    votes = panel(right, PANELS[name], seed)
    rng = np.random.default_rng(seed)
    voters, items = rng.permutation(votes.n_voters), rng.permutation(40)
    marks = rng.permutation(votes.spans.n_spans)
    moved = votes.spans.take(marks)
    moved = Spans(items[moved.item], moved.start, moved.end, moved.type, 40, 2)
    other = SpanVotes(moved, voters[votes.voter[marks]].astype(np.int32), votes.n_voters)
    found = SpanLabelModel().fit(votes).predict(votes).spans.rows()
    again = SpanLabelModel().fit(other).predict(other).spans.rows()
    assert sorted((items[item], *rest) for item, *rest in found) == sorted(again)


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("seed", range(3))
def test_it_is_never_worse_than_the_majority_on_simulated_panels(name, seed):
    right = truth(seed=seed)
    votes = panel(right, PANELS[name], seed)
    found = SpanLabelModel().fit(votes).predict(votes).spans
    assert f1(found, right) >= f1(majority(votes), right) - 0.005


@pytest.mark.parametrize("name", PANELS)
def test_the_same_holds_of_other_votes_of_the_same_panel(name):
    right = truth(600)
    votes = panel(right, PANELS[name])
    first = np.arange(600) < 300
    model = SpanLabelModel().fit(votes.of(first))
    rest, gold = votes.of(~first), right.of_items(~first)
    assert f1(model.predict(rest).spans, gold) >= f1(majority(rest), gold) - 0.005


def test_a_better_voter_gets_more_weight():
    right = truth(500, n_types=1)
    votes = panel(right, [(0.6, 0.0, 0.02), (0.6, 0.0, 0.9), (0.6, 0.0, 0.1), (0.6, 0.0, 0.1)])
    candidates = Candidates.of(votes)
    model = ProposalModel().fit(candidates)
    same = model.evidence_.reshape(4, -1)[:, Relation.SAME]
    assert same[1] < same[[0, 2, 3]].min() - 0.5
    truths = np.array([row in set(right.rows()) for row in candidates.spans.rows()], dtype=float)
    head = GoldHead().fit(candidates, model.log_odds(candidates), None, truths)
    assert head.weight_["v 0 0"] > head.weight_["v 0 1"] + 0.5


def test_silence_counts_where_voters_speak_of_the_type_and_nowhere_else():
    right = truth(600, n_types=2)
    votes = panel(right, MODELS)
    kept = (votes.spans.type == 0) | (votes.voter == 0)
    votes = SpanVotes(votes.spans.take(kept), votes.voter[kept], 5)
    candidates = Candidates.of(votes)
    log_odds = ProposalModel().fit(candidates).log_odds(candidates)
    lone = candidates.marked[:, [0]].toarray().ravel() > 0
    lone &= candidates.n_votes == 1
    of_many, of_one = (log_odds[lone & (candidates.spans.type == kind)] for kind in (0, 1))
    assert of_many.mean() < of_one.mean() - 2


def names_and_parts(confirmed):
    """Let a voter see whole names and two only parts of them; others know other names, or do not."""
    rows = [(i, 4, 9, 0) for i in range(20)] * 2 + [(i, 0, 9, 0) for i in range(20)]
    who = [0] * 20 + [1] * 20 + [2] * 20
    if confirmed:
        rows += [(i, 0, 9, 0) for i in range(20, 60)] * 2
        who += [2] * 40 + [3] * 40
    rows += [(i, 20, 29, 0) for i in range(60)] * 2
    who += [0] * 60 + [1] * 60
    votes = SpanVotes(Spans.of(rows, 60, 1), np.array(who, dtype=np.int32), 4)
    found = SpanLabelModel().fit(votes).predict(votes).spans.rows()
    return {(start, end) for item, start, end, _ in found if item < 20 and start < 20}


def test_a_voter_that_sees_whole_names_outvotes_two_that_see_parts():
    assert names_and_parts(confirmed=True) == {(0, 9)}


def test_a_voter_that_nobody_confirms_does_not():
    assert names_and_parts(confirmed=False) == {(4, 9)}


@pytest.mark.parametrize("name", ["models", "slipping"])
def test_of_voters_that_read_everything_more_than_one_must_agree(name):
    right = truth(seed=5)
    votes = panel(right, PANELS[name], 5)
    found = SpanLabelModel().fit(votes).predict(votes).spans
    assert f1(found, right) > f1(majority(votes), right) + 0.03


def test_reviews_teach_which_words_are_never_a_span():
    rng = np.random.default_rng(0)
    words = [("use", "screen")[int(rng.random() < 0.6)] for _ in range(400)]
    texts = [f"I like the {word} of it" for word in words]
    rows = [(i, 11, 11 + len(word), 0) for i, word in enumerate(words)]
    votes = SpanVotes(Spans.of(rows, 400, 1), np.zeros(400, dtype=np.int32), 1)
    right = Spans.of(
        [row for row, word in zip(rows, words, strict=True) if word == "screen"], 400, 1
    )
    model = SpanLabelModel().fit(votes, texts, reviewed(right, 50))
    assert model.method_.startswith("gold head")
    assert model.predict(votes, texts).spans.rows() == right.rows()


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("seed", range(3))
def test_reviews_do_no_harm(name, seed):
    right = truth(seed=seed)
    votes = panel(right, PANELS[name], seed)
    without = f1(SpanLabelModel().fit(votes).predict(votes).spans, right)
    taught = SpanLabelModel().fit(votes, reviewed=reviewed(right, 50, seed)).predict(votes).spans
    assert f1(taught, right) >= without - 0.01


def test_short_forms_are_found_where_nothing_is_in_the_way():
    text = "acute renal failure (ARF). ARF, not BARFING or arf; deep vein (DV) and DV."
    marked = Spans.of([(0, 0, 19, 0), (0, 52, 61, 1), (0, 71, 73, 0)], 1, 2)
    found, source = with_short_forms(marked, [text])
    added = [(text[start:end], kind) for _, start, end, kind in found.rows()[3:]]
    assert added == [("ARF", 0), ("ARF", 0), ("DV", 1)]
    assert source.tolist() == [0, 1, 2, 0, 0, 1]


def test_no_marks_and_no_items_are_no_trouble():
    for n_items in (0, 3):
        votes = SpanVotes(Spans.of([], n_items, 2), np.zeros(0, dtype=np.int32), 2)
        assert SpanLabelModel().fit(votes).predict(votes).spans.rows() == []


def test_what_does_not_fit_together_is_told():
    votes = SpanVotes(Spans.of([(0, 0, 9, 0)], 1, 1), np.zeros(1, dtype=np.int32), 1)
    with pytest.raises(VotesError, match="ends at 9, but its text has 4 characters"):
        SpanLabelModel().fit(votes, ["text"])
    with pytest.raises(VotesError, match="1 items, but there are 2 texts"):
        SpanLabelModel().fit(votes, ["a text of some length", ""])
    with pytest.raises(LabelingError, match="fit, not before"):
        SpanLabelModel().predict(votes)
    with pytest.raises(LabelingError, match="now has none"):
        SpanLabelModel().fit(votes, ["a text of some length"]).predict(votes)
    with pytest.raises(VotesError, match="votes are on 1 items and 1 types"):
        SpanLabelModel().fit(votes, reviewed=reviewed(Spans.of([], 2, 1), 1))
