"""Terms that are suggested as span rules."""

from labeling.kinds.spans.answer import Span, finds, written
from labeling.rules.spans.suggestions import suggest_terms

TEXTS = [
    "A rash, then gout.",
    "Rash on the arm",
    "the RASH went",
    "rash or no rash",
    "a rash decision",
]
GIVEN = [
    written([Span(2, 6, "Sign"), Span(13, 17, "Sign")]),
    written([Span(0, 4, "Sign")]),
    written([Span(4, 8, "Sign")]),
    written([Span(0, 4, "Sign"), Span(11, 15, "Sign")]),
    written([]),
]
NOBODY: list[list[str]] = [[]] * 5


def test_a_term_that_is_marked_wherever_it_stands_but_once_is_suggested_with_its_counts():
    (one,) = suggest_terms(TEXTS, GIVEN, NOBODY, ["Sign"], least=0.4)
    assert (one.term, one.type, one.places, one.correct, one.new) == ("rash", "Sign", 6, 5, 5)


def test_a_term_that_is_wrong_too_often_is_not():
    assert suggest_terms(TEXTS, GIVEN, NOBODY, ["Sign"], least=0.6) == []


def test_what_a_rule_marks_already_is_new_no_more():
    said = [[finds([Span(2, 6, "Sign")])], [finds([Span(0, 4, "Sign")])], [], [], []]
    (one,) = suggest_terms(TEXTS, GIVEN, said, ["Sign"], least=0.4)
    assert one.new == 3
    said[2] = [finds([Span(4, 8, "Sign")])]
    assert suggest_terms(TEXTS, GIVEN, said, ["Sign"], least=0.4) == []
