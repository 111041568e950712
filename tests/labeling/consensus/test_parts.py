"""Votes that are counted part by part give the label model of the whole, byte for byte."""

from dataclasses import fields, is_dataclass
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from labeling.consensus.counts.confidences import Confidences
from labeling.consensus.counts.patterns import compress
from labeling.consensus.counts.vote_counts import count_votes
from labeling.consensus.label_model import LabelModel
from labeling.errors import GoldError, VotesError
from labeling.gold import Gold
from labeling.votes import Votes
from tests.labeling.consensus.simulated import people, rules

CLASSES = 3
METHODS = ["auto", "majority", "weighted_majority", "dawid_skene", "ibcc", "one_coin", "pattern_ds"]


def state(value):
    """All that an object holds, as plain values that compare by their bytes."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.kind, value.tobytes()
    if sparse.issparse(value):
        return value.shape, value.data.tobytes(), value.indices.tolist(), value.indptr.tolist()
    if is_dataclass(value):
        return [(f.name, state(getattr(value, f.name))) for f in fields(value)]
    if isinstance(value, dict):
        return {key: state(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [state(one) for one in value]
    return state(vars(value)) if hasattr(value, "__dict__") else repr(value)


def learnt(model):
    return state({name: value for name, value in vars(model).items() if name != "_seen"})


def some_of(votes, item):
    """The votes on some items, renumbered in the order given."""
    place = np.full(votes.n_items, -1)
    place[item] = np.arange(len(item))
    kept = place[votes.item] >= 0
    sure = None if votes.confidence is None else votes.confidence[kept]
    return Votes(
        place[votes.item][kept], votes.voter[kept], votes.label[kept], len(item), votes.n_voters,
        votes.n_classes, sure,
    )  # fmt: skip


def gold_of(gold, item):
    """The gold of some items, renumbered likewise, and where it stands among all."""
    at = np.flatnonzero(np.isin(gold.item, item))
    local = {number: place for place, number in enumerate(item.tolist())}
    chance = None if gold.probability is None else gold.probability[at]
    renumbered = np.array([local[number] for number in gold.item[at].tolist()], dtype=np.int64)
    return Gold(renumbered, gold.label[at], chance), at


def fit_parts(model, votes, gold, parts, backwards=False):
    """Fit on parts, merged from the first to the last or from the last to the first, in pairs."""

    def merged(counted):
        if backwards:
            return reduce(lambda rest, one: one.merge(rest), reversed(counted))
        return reduce(lambda done, one: done.merge(one), counted)

    own = [some_of(votes, item) for item in parts]
    events = model.events(merged([Confidences.of(part) for part in own]))
    counts = []
    for part, item in zip(own, parts, strict=True):
        here = (None, None) if gold is None else gold_of(gold, item)
        counts.append(count_votes(part, events, *here)[0])
    return model.fit_counts(merged(counts)), own


@st.composite
def cases(draw):
    n = draw(st.integers(1, 60))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    speaks = draw(st.sampled_from([0.3, 0.8, 1.0]))
    truth = rng.integers(0, CLASSES, n)
    said = np.where(rng.random((n, 5)) < 0.6, truth[:, None], rng.integers(0, CLASSES, (n, 5)))
    said[rng.random((n, 5)) >= speaks] = -1
    votes = Votes.from_matrix(said, CLASSES)
    if draw(st.booleans()):
        sure = rng.choice([0.1, 0.5, 0.9, np.nan, 1 / 3], votes.n_votes)
        votes = Votes(votes.item, votes.voter, votes.label, n, 5, CLASSES, sure)
    gold = None
    kind = draw(st.sampled_from(["none", "queue", "random"]))
    if kind != "none":
        item = rng.permutation(n)[: draw(st.integers(0, n))]
        chance = rng.choice([0.25, 0.5, 0.9], len(item)) if kind == "random" else None
        gold = Gold(item, truth[item].astype(np.int32), chance)
    cut = np.sort(rng.integers(0, n + 1, draw(st.integers(0, 6))))
    parts = np.split(rng.permutation(n), cut)
    return votes, gold, parts


@settings(max_examples=150, deadline=None)
@given(cases(), st.sampled_from(METHODS), st.booleans())
def test_any_parts_in_any_order_give_the_bytes_of_the_whole(case, method, backwards):
    votes, gold, parts = case
    options = {"method": method, "use_confidence": True}
    whole = LabelModel(CLASSES, **options).fit(votes, gold)
    model, own = fit_parts(LabelModel(CLASSES, **options), votes, gold, parts, backwards)
    assert learnt(model) == learnt(whole)
    posterior, label = whole.predict_proba(votes), whole.predict(votes)
    for part, item in zip(own, parts, strict=True):
        assert model.predict_proba(part).tobytes() == posterior[item].tobytes()
        assert np.array_equal(model.predict(part), label[item])


@pytest.mark.parametrize("kind", ["rules", "people"])
def test_large_panels_with_gold_and_confidences_give_the_bytes_of_the_whole(kind):
    matrix, truth, *_ = rules(n=6000, n_voters=15) if kind == "rules" else people(n=6000)
    plain = Votes.from_matrix(matrix, int(matrix.max()) + 1)
    rng = np.random.default_rng(0)
    votes = Votes(
        plain.item, plain.voter, plain.label, plain.n_items, plain.n_voters, plain.n_classes,
        rng.random(plain.n_votes),
    )  # fmt: skip
    item = rng.permutation(votes.n_items)[:120]
    gold = Gold(item, truth[item].astype(np.int32), rng.choice([0.02, 0.1], 120))
    parts = np.split(rng.permutation(votes.n_items), [17, 900, 901, 4000])
    whole = LabelModel(votes.n_classes).fit(votes, gold)
    model, own = fit_parts(LabelModel(votes.n_classes), votes, gold, parts)
    assert model.method_ == "ensemble and gold"
    assert model._events.n_levels == 4
    assert learnt(model) == learnt(whole)
    posterior = whole.predict_proba(votes)
    assert all(
        model.predict_proba(part).tobytes() == posterior[item].tobytes()
        for part, item in zip(own, parts, strict=True)
    )


def test_confidences_are_used_by_how_many_items_have_votes_in_all_parts():
    rng = np.random.default_rng(0)
    votes = Votes.from_matrix(rng.integers(0, 2, (1200, 3)), 2)
    half = Votes(votes.item, votes.voter, votes.label, 1200, 3, 2, rng.random(3600))
    sure, model = Confidences.of(half), LabelModel(2)
    assert model.events(sure).n_levels == 1
    assert model.events(sure.merge(sure)).n_levels == 4
    assert model.events(sure.merge(Confidences.of(votes))).n_levels == 4


def test_gold_keeps_its_order_over_the_parts():
    votes = Votes.from_matrix([[0, 1], [1, 1], [0, 0]], 2)
    events = Confidences.of(votes).events(used=False)
    gold = Gold(np.array([2, 0]), np.array([1, 0], dtype=np.int32), np.array([0.5, 0.25]))
    first, _ = count_votes(votes, events, gold, np.array([7, 3]))
    other, _ = count_votes(votes, events, Gold(np.array([1]), np.array([1]), np.ones(1)), [5])
    both = first.merge(other).gold
    assert both.place.tolist() == [3, 5, 7]
    assert both.label.tolist() == [0, 1, 1]
    assert both.probability.tolist() == [0.25, 1.0, 0.5]
    of_item = compress(votes, events)[1]
    assert both.rows(first.patterns).tolist() == of_item[[0, 1, 2]].tolist()


def test_parts_that_do_not_go_together_are_refused():
    votes = Votes.from_matrix([[0, 1], [1, 1]], 2)
    events = Confidences.of(votes).events(used=False)
    queue, random = (
        count_votes(votes, events, Gold(np.array([0]), np.array([1]), chance))[0]
        for chance in (None, np.array([0.5]))
    )
    with pytest.raises(GoldError, match="two reviewed items stand in place 0; number them over"):
        queue.merge(queue)
    with pytest.raises(GoldError, match="some parts have gold with inclusion probabilities"):
        queue.merge(random)
    with pytest.raises(GoldError, match="there are 1 reviewed items but 2 places"):
        count_votes(votes, events, Gold(np.array([0]), np.array([1])), np.arange(2))
    wide = Votes.from_matrix([[0, 1, 1]], 2)
    with pytest.raises(VotesError, match="counted by different panels"):
        queue.merge(count_votes(wide, Confidences.of(wide).events(used=False))[0])
    with pytest.raises(VotesError, match="2 voters, 2 classes and 3 voters, 2 classes"):
        Confidences.of(votes).merge(Confidences.of(wide))
