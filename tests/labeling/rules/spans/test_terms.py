import random

from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.letters.alphabet import EXACT, IGNORED
from labeling.letters.letters import letters
from labeling.rules.spans.gazetteers import term_key
from labeling.rules.spans.terms import TermTable

PIECES = [
    *"aAbs_1 -",
    "  ",
    "ss",
    "\u00df",
    "\u1e9e",
    "I",
    "i",
    "\u0130",
    "\u0131",
    "I\u0307",
    "\u00e9",
    "e\u0301",
    "E",
    "\u0141",
    "\ufb01",
    "fi",
    "\U0001f44d\U0001f3fd",
    "\U0001f44d",
    "\uac00",
    "\u4e2d",
    "\u0345",
    "\t",
]
texts = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)
terms = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join)


def expected(terms, text, *, ignore_case, whole):
    """Look at every stretch of a text."""
    some = letters([text])
    starts, ends = ({int(one) for one in edge} for edge in some.words)
    edges = [i for i in range(len(text) + 1) if i == len(text) or not some.inside[i]]
    found = set()
    keys = {}
    for number, term in enumerate(terms):
        keys.setdefault(term_key(term, ignore_case=ignore_case), number)
    for start in edges:
        for end in edges:
            stretch = text[start:end]
            if end <= start or stretch != stretch.strip():
                continue
            if whole and (start not in starts or end not in ends):
                continue
            key = term_key(stretch, ignore_case=ignore_case)
            if key in keys:
                found.add((keys[key], start, end))
    return found


def found(terms, texts, *, ignore_case, whole):
    some = letters(texts)
    table = TermTable(terms, IGNORED if ignore_case else EXACT, whole=whole)
    hits = table.find(some)
    text = some.text_of(hits.starts)
    begins = some.begins[text]
    places = zip(hits.terms, hits.starts - begins, hits.ends - begins, strict=True)
    answers = [set() for _ in texts]
    for number, hit in zip(text.tolist(), places, strict=True):
        assert tuple(map(int, hit)) not in answers[number]
        answers[number].add(tuple(map(int, hit)))
    return answers


@settings(max_examples=300, deadline=None)
@given(
    st.lists(terms.filter(str.strip), min_size=1, max_size=6),
    st.lists(texts, min_size=1, max_size=5),
    st.booleans(),
    st.booleans(),
)
def test_every_place_of_every_term_is_found_and_no_other(some, many, ignore_case, whole):
    how = {"ignore_case": ignore_case, "whole": whole}
    assert found(some, many, **how) == [expected(some, text, **how) for text in many]


def test_long_and_short_parts_of_words_are_found():
    word = "".join(random.Random(0).choices("abc", k=80))
    parts = [word[a : a + n] for n in (1, 2, 3, 5, 8, 9, 31, 33, 64, 80) for a in (0, 3)]
    how = {"ignore_case": True, "whole": False}
    (hits,) = found(list(dict.fromkeys(parts)), [f"x{word}y"], **how)
    assert hits == expected(list(dict.fromkeys(parts)), f"x{word}y", **how)


def test_a_hundred_thousand_terms_are_found_each_in_its_own_text():
    names = [f"agent {number:x} blue" for number in range(100_000)]
    hits = found(
        names,
        [f"the {name.upper()}s {name}." for name in names[::997]],
        ignore_case=True,
        whole=True,
    )
    assert hits == [
        {(number, len(f"the {name}s "), len(f"the {name}s {name}"))}
        for number, name in list(enumerate(names))[::997]
    ]


def test_stretches_with_equal_hashes_are_told_apart():
    """Two words of 2**11 letters whose polynomials are equal modulo 2**64 whatever the base."""
    word = "".join("ab"[number.bit_count() % 2] for number in range(1 << 11))
    other = word.translate({ord("a"): "b", ord("b"): "a"})
    (hits, none) = found([word], [word, other], ignore_case=True, whole=True)
    assert (len(hits), len(none)) == (1, 0)


def test_marks_of_a_letter_may_be_typed_in_any_order():
    term, text = "q\u0307\u0323a", "a q\u0323\u0307a"
    for folding in (IGNORED, EXACT):
        for whole in (True, False):
            found = TermTable([term], folding, whole=whole).find(letters([text]))
            assert (found.starts.tolist(), found.ends.tolist()) == ([2], [6])
