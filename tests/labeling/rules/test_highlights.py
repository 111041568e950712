import re

from labeling.rules.highlights import find_spans
from labeling.rules.rule import Metadata, Patterns, Rule


def test_spans_are_characters_of_the_text_whatever_the_script():
    text = "\N{MUSICAL NOTE}\N{MUSICAL NOTE} \u05e9\u05dc\u05d5\u05dd THANKS, thanks"
    thanks = Rule("thanks", "praise", "keyword", Patterns((r"(?<!\w)thanks(?!\w)",), re.IGNORECASE))
    assert [text[s.start : s.end] for s in find_spans([thanks], text)] == ["THANKS", "thanks"]


def test_rules_without_patterns_and_empty_matches_have_no_place_in_a_text():
    rules = [
        Rule("likes", "ham", "metadata", Metadata(())),
        Rule("empty", "ham", "regex", Patterns(("x*",))),
    ]
    assert find_spans(rules, "aaa") == []


def test_a_text_full_of_matches_is_not_coloured_all_over():
    rule = Rule("a", "ham", "regex", Patterns(("a",)))
    assert len(find_spans([rule], "a" * 10_000)) == 40
