import pickle
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import LabelingError
from labeling.student.tagger.soft_spans import SoftSpans
from labeling.student.tagger.tagger import Tagger
from labeling.student.tagger.words import words_of

DRUGS = ["aspirin", "lithium", "naloxone", "clonidine", "iron oxide"]
ILLS = ["flu", "gout", "heart failure", "anaemia"]
SHAPES = ["take {d} against {i}", "{i} after {d}", "no {d} today", "{i} and {i}", "a walk"]


def made(n, seed, drugs=DRUGS):
    """Return texts, and the places of drugs (0) and ills (1) in them."""
    rng = random.Random(seed)
    texts, spans = [], []
    for item in range(n):
        text = ""
        for word in rng.choice(SHAPES).split():
            told = {"{d}": rng.choice(drugs), "{i}": rng.choice(ILLS)}.get(word, word)
            if told != word:
                start = len(text)
                spans.append((item, start, start + len(told), int(word == "{i}"), 1.0))
            text += told + " "
        texts.append(text)
    return texts, SoftSpans.of(*zip(*spans, strict=True))


def places(spans):
    columns = (spans.item, spans.start, spans.end, spans.type)
    return set(zip(*(one.tolist() for one in columns), strict=True))


@pytest.fixture(scope="module")
def tagger():
    texts, spans = made(300, 0)
    return Tagger(["Drug", "Ill"]).fit(texts, spans)


def test_what_it_has_learnt_it_marks_in_new_texts_and_with_new_words(tagger):
    texts, spans = made(100, 1)
    found = tagger.predict(texts)
    assert places(found) == places(spans)
    assert found.probability.min() > 0.5
    (new,) = [tagger.predict(["take zinc against flu"])]
    assert {(0, 5, 9, 0), (0, 18, 21, 1)} == places(new)


def test_empty_answers_are_as_sure_as_texts_seem_to_hold_nothing(tagger):
    said = tagger.read(["a walk", "", "take zonk against grue", "no grue today"])
    filled = np.zeros((4, 2), dtype=bool)
    filled[said.spans.item, said.spans.type] = True
    assert not filled[:2].any()
    assert said.answer[1] == 1.0
    assert said.holds[1].tolist() == [0.0, 0.0]
    assert 0.8 < said.answer[0] < 1.0
    of_class = np.where(filled, said.holds, 1 - said.holds)
    assert (said.answer[:, None] <= of_class + 1e-9).all()
    strange = tagger.read(["{zonk} ???"])
    assert strange.answer[0] < said.answer[0]


def test_half_sure_spans_are_learnt_as_half_sure():
    texts, spans = made(600, 2)
    doubtful = np.where(spans.type == 0, 0.7, 1.0)
    soft = SoftSpans(spans.item, spans.start, spans.end, spans.type, doubtful)
    found = Tagger(["Drug", "Ill"]).fit(texts, soft).predict(made(200, 3)[0])
    assert found.probability[found.type == 0].mean() == pytest.approx(0.7, abs=0.05)
    assert found.probability[found.type == 1].mean() > 0.9


def test_texts_without_weight_teach_nothing():
    texts, spans = made(200, 4)
    others, wrong = made(200, 5)
    swapped = SoftSpans(wrong.item + 200, wrong.start, wrong.end, 1 - wrong.type, wrong.probability)
    both = SoftSpans(*(np.concatenate([getattr(one, name) for one in (spans, swapped)]) for name in ("item", "start", "end", "type", "probability")))  # fmt: skip
    weights = np.repeat([1.0, 0.0], 200)
    with_all = Tagger(["Drug", "Ill"]).fit([*texts, *others], both, weights)
    alone = Tagger(["Drug", "Ill"]).fit(texts, spans)
    new, _ = made(50, 6)
    assert places(with_all.predict(new)) == places(alone.predict(new))
    with pytest.raises(LabelingError, match="none of the 200 texts has words and weight"):
        Tagger(["Drug", "Ill"]).fit(texts, spans, np.zeros(200))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("aA\u00e9e\u0301 5-\U0001f44d\U0001f3fd\u200d\n", max_size=30), max_size=6))
def test_what_it_marks_are_whole_words_that_do_not_overlap(tagger, texts):
    found = tagger.predict([*texts, "take aspirin"])
    words = words_of([*texts, "take aspirin"])
    item = np.repeat(np.arange(len(texts) + 1), np.diff(words.first))
    starts = set(zip(item.tolist(), words.start.tolist(), strict=True))
    ends = set(zip(item.tolist(), words.end.tolist(), strict=True))
    until = (-1, 0)
    for i, start, end in zip(found.item.tolist(), found.start.tolist(), found.end.tolist(), strict=True):  # fmt: skip
        assert (i, start) in starts
        assert (i, end) in ends
        assert (i, start) >= until
        until = (i, end)
    assert ((found.probability > 0) & (found.probability <= 1)).all()
    assert len(texts) in found.item


def test_it_begins_where_it_ended_and_is_sooner_done():
    texts, spans = made(300, 7)
    first = Tagger(["Drug", "Ill"]).fit(texts, spans)
    again = Tagger(["Drug", "Ill"]).fit(texts, spans, start=first)
    assert again.n_steps_ < first.n_steps_ / 3
    new, _ = made(100, 8)
    assert places(again.predict(new)) == places(first.predict(new))


def test_a_pickled_tagger_marks_alike(tagger):
    texts, _ = made(50, 9)
    assert places(pickle.loads(pickle.dumps(tagger)).predict(texts)) == places(
        tagger.predict(texts)
    )


def test_texts_without_words_are_marked_nowhere(tagger):
    assert len(tagger.predict([])) == 0
    assert len(tagger.predict(["", " \n"])) == 0


@pytest.mark.parametrize(
    ("span", "told"),
    [
        ((3, 0, 1, 0, 1.0), "is in a text that is not there; there are 2"),
        ((-1, 0, 1, 0, 1.0), "is in a text that is not there"),
        ((0, -1, 1, 0, 1.0), "begins before the text"),
        ((0, 2, 9, 0, 1.0), "ends after the text"),
        ((1, 0, 1, 0, 1.0), "ends after the text"),
        ((0, 3, 3, 0, 1.0), "ends before it starts or is empty"),
        ((0, 3, 2, 0, 1.0), "ends before it starts or is empty"),
        ((0, 0, 1, 2, 1.0), "has a type that is none; there are 2"),
        ((0, 0, 1, 0, 1.5), "has a probability outside 0..1"),
        ((0, 0, 1, 0, float("nan")), "has a probability outside 0..1"),
    ],
)
def test_a_span_that_is_none_of_its_text_is_told(span, told):
    with pytest.raises(LabelingError) as caught:
        Tagger(["Drug", "Ill"]).fit(["flu now", ""], SoftSpans.of(*([one] for one in span)))
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"span 0 (text {span[0]}, {span[1]} to {span[2]}")


def test_columns_of_other_lengths_are_told():
    with pytest.raises(LabelingError, match="have 1, 2, 1, 1, 1 rows"):
        Tagger(["Drug"]).fit(["flu"], SoftSpans.of([0], [0, 1], [1], [0], [1.0]))
