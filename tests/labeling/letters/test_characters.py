import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.letters.letters import letters, whole_characters

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
PIECES = [
    *"ab _5-\n",
    "e\u0301",
    "\u0915\u0941",
    "\u0e01\u0e33",
    "\u2764\ufe0f",
    "\U0001f44d\U0001f3fd",
    FAMILY,
    "\U0001f1e9\U0001f1ea",
    "\U0001f1eb",
    "\uac00",
    "\u1112\u1161\u11ab",
    "\u200d",
]
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def characters(text):
    """Cut a text where characters begin, as the engine sees it."""
    some = letters([text])
    edges = [*np.flatnonzero(~some.inside[: len(text)]).tolist(), len(text)]
    return [text[a:b] for a, b in pairwise(edges) if b > a]


def words(text):
    starts, ends = letters([text]).words
    return [text[a:b] for a, b in zip(starts, ends, strict=True)]


@given(texts)
def test_characters_are_the_grapheme_clusters_of_unicode(text):
    regex = pytest.importorskip("regex")
    if "\n\u200d" in text or "\n\u0301" in text:
        return  # a mark after a line break stands alone, and nothing can be meant by it
    joined = unicodedata.normalize("NFC", text).replace("\u0e01\u0e33", "x")
    assert characters(joined) == regex.findall(r"\X", joined)


@given(st.lists(texts, min_size=1, max_size=5))
def test_a_text_is_cut_alike_alone_and_among_others(many):
    some = letters(many)
    alone = [letters([text]).inside[:-1].tolist() for text in many]
    together = [some.inside[a : b - 1].tolist() for a, b in pairwise(some.begins)]
    assert together == alone


@given(texts, st.data())
def test_a_widened_span_holds_what_it_held_and_cuts_no_character(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    some = letters([text])
    first, last = whole_characters(some, np.array([start]), np.array([end]))
    assert first[0] <= start
    assert last[0] >= end
    assert last[0] <= len(text)
    assert not some.inside[first[0]]
    assert not some.inside[last[0]]


def test_words_keep_their_marks_and_other_characters_stand_alone():
    assert words("caf\u0065\u0301s, C++ \u2764\ufe0fyou_2") == [
        "cafe\u0301s", ",", "C", "+", "+", "\u2764\ufe0f", "you_2",
    ]  # fmt: skip
    assert words(f"a{FAMILY}b") == ["a", FAMILY, "b"]
    assert words(" \n\u00a0") == []
