"""Recorded votes on spans with gold: never under the majority, and the figures that are published."""

from functools import cache

import pytest

from bench.spans import sets
from bench.spans.run import f1
from labeling.consensus.spans.candidates import Candidates
from labeling.consensus.spans.label_model import SpanLabelModel
from labeling.consensus.spans.majority import by_span

pytestmark = pytest.mark.skipif(not sets.DATA.is_dir(), reason=f"{sets.DATA} is not here")

NAMES = sets.names()


@cache
def loaded(name):
    return sets.load(name)


@cache
def majority(name, split):
    candidates = Candidates.of(loaded(name).votes)
    return f1(loaded(name), candidates.spans.take(by_span(candidates)), split)


def ours(name, n=0, texts=True):
    one = loaded(name)
    given = one.texts if texts else None
    model = SpanLabelModel().fit(one.votes, given, one.reviewed(n, 0) if n else None)
    return {
        split: f1(one, model.predict(one.votes, given).spans, split) for split in ("test", "valid")
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("texts", [False, True])
def test_it_is_better_than_the_majority_by_span(name, texts):
    for split, score in ours(name, texts=texts).items():
        assert score >= majority(name, split)


@pytest.mark.parametrize("name", NAMES)
def test_fifty_reviewed_items_do_no_harm(name):
    for split, score in ours(name, 50).items():
        assert score >= majority(name, split)


@pytest.mark.skipif("span_bc5cdr" not in NAMES, reason="the set is not here")
def test_texts_that_introduce_short_forms_gain_two_points():
    assert ours("span_bc5cdr")["test"] >= majority("span_bc5cdr", "test") + 2
