import random
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import RuleError
from labeling.rules.conditions import parse_conditions
from labeling.rules.rule import Function, Patterns
from labeling.rules.spans import engine, functions
from labeling.rules.spans.engine import SpanRuleSet
from labeling.rules.spans.marks import Marks, leftmost_longest
from labeling.rules.spans.rule import Group, SpanRule, Terms

TYPES = ["Chemical", "Disease"]


def batch(*texts, **columns):
    ids = [str(i) for i in range(len(texts))]
    return pa.table({"item_id": ids, "text": pa.array(texts, pa.string()), **columns})


def keyword(*terms, name="k", kind="Disease", **given):
    return SpanRule(name, kind, "keyword", Terms(terms), **given)


def regex(*patterns, name="r", kind="Disease", group=0, **given):
    return SpanRule(name, kind, "regex", Group(Patterns(patterns), group), **given)


def function(call, name="f", kind="Disease", columns=("text",), **given):
    return SpanRule(name, kind, "python", Function(call, columns, False, name), **given)


def marked(rules, table):
    """Return (rule, item, marked text) of all marks, and the failures by rule."""
    result = SpanRuleSet(rules, TYPES).apply(table)
    marks, texts = result.marks, table["text"].to_pylist()
    return [
        (rules[rule].name, item, texts[item][start:end])
        for rule, item, start, end in zip(
            marks.rule.tolist(), marks.item.tolist(), marks.start.tolist(), marks.end.tolist(), strict=True
        )
    ]  # fmt: skip


def test_terms_patterns_and_functions_mark_the_stored_text():
    rules = [
        keyword("acetic acid", "acid"),
        regex(r"(\d+) mg", group=1),
        function(lambda text: [(0, 4)] if text else None),
    ]
    assert marked(rules, batch("take 20 mg of Acetic\n ACID", None, "")) == [
        ("k", 0, "Acetic\n ACID"),
        ("r", 0, "20"),
        ("f", 0, "take"),
    ]


def test_a_table_of_marks_names_types_voters_and_what_is_against():
    rules = [keyword("flu"), keyword("flu", name="no", against=True)]
    result = SpanRuleSet(rules, TYPES).apply(batch("flu"))
    assert result.table(["x"]).to_pylist() == [
        {
            "item_id": "x",
            "start": 0,
            "end": 3,
            "type": "Disease",
            "against": one.against,
            "voter": one.voter,
            "version": one.version,
        }
        for one in rules
    ]


def test_letters_that_grow_when_they_are_folded_leave_offsets_alone():
    text = "Die STRASSE, die Stra\u00dfe; \u0130STANBUL, I\u0307stanbul und istanbul; CAFE\u0301 \u2014 caf\u00e9 \U0001f44d\U0001f3fd flu"
    rules = [keyword("stra\u00dfe", "\u0130stanbul", "Caf\u00e9", "flu")]
    assert [found for _, _, found in marked(rules, batch(text))] == [
        "STRASSE",
        "Stra\u00dfe",
        "\u0130STANBUL",
        "I\u0307stanbul",
        "istanbul",
        "CAFE\u0301",
        "caf\u00e9",
        "flu",
    ]


def test_no_rule_cuts_an_emoji_or_a_letter_from_its_marks():
    thumb, cafe = "\U0001f44d\U0001f3fd", "cafe\u0301"
    part = SpanRule("p", "Disease", "keyword", Terms(("\U0001f44d", "cafe"), whole=False))
    rules = [part, regex("\U0001f44d|caf", "cafe"), function(lambda _: [(0, 1), (4, 5)])]
    assert marked(rules, batch(f"{thumb} {cafe}")) == [
        ("r", 0, thumb),
        ("r", 0, cafe),
        ("f", 0, thumb),
        ("f", 0, "a"),
    ]


def test_a_group_that_takes_no_part_or_is_empty_marks_nothing():
    assert marked([regex(r"(flu)?(x)(y*)", group=1)], batch("x flux")) == [("r", 0, "flu")]
    assert marked([regex(r"(flu)?(x)(y*)", group=3)], batch("x xyy")) == [("r", 0, "yy")]


def test_within_one_rule_the_leftmost_and_then_the_longest_is_marked():
    rules = [keyword("new york", "york", "york city", "new york city hall")]
    assert marked(rules, batch("new york city, york city, new york city hall")) == [
        ("k", 0, "new york"),
        ("k", 0, "york city"),
        ("k", 0, "new york city hall"),
    ]
    assert marked([regex("ab", "abc", "cd")], batch("abcd")) == [("r", 0, "abc")]


@given(
    st.lists(
        st.tuples(*[st.integers(0, 2)] * 2, st.integers(0, 12), st.integers(1, 6)), max_size=40
    )
)
def test_what_is_kept_is_what_a_reader_from_left_to_right_would_keep(cells):
    rule, item, start, size = np.array(cells, dtype=np.int64).reshape(-1, 4).T
    kept = leftmost_longest(Marks.of(item, start, start + size, rule * 0, rule))
    wanted = []
    for one in sorted((r, i, s, -(s + n)) for r, i, s, n in cells):
        last = wanted[-1] if wanted else None
        if last is None or last[:2] != one[:2] or one[2] >= -last[3]:
            wanted.append(one)
    assert list(zip(kept.rule, kept.item, kept.start, -kept.end, strict=True)) == wanted


def test_a_rule_is_applied_only_where_its_condition_holds():
    where = parse_conditions({"channel": "desk"})
    calls = []

    def call(text):
        calls.append(text)
        yield 0, 3

    rules = [keyword("flu", when=where), regex("flu", when=where), function(call, when=where)]
    found = marked(rules, batch("flu 1", "flu 2", channel=["desk", "post"]))
    assert [(name, item) for name, item, _ in found] == [("k", 0), ("r", 0), ("f", 0)]
    assert calls == ["flu 1"]
    with pytest.raises(RuleError, match="rule 'k' asks for column 'channel'"):
        marked(rules, batch("flu"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([(0, 99)], "yielded (0, 99), outside the text, which has 7 characters"),
        ([(-1, 2)], "yielded (-1, 2), outside the text"),
        ([(3, 3)], "the end must lie after the start"),
        ([(4, 2)], "the end must lie after the start"),
        ([(0, 1.5)], "start and end are whole numbers"),
        ([(True, 2)], "start and end are whole numbers"),
        ([3], "yielded 3; allowed: (start, end)"),
        ([(1, 2, "Disease")], "allowed: (start, end)"),
        (7, "TypeError"),
    ],
)
def test_a_function_that_yields_no_span_marks_nothing_there_and_the_failure_is_kept(given, told):
    def call(text):
        return given if text == "the flu" else [(0, 3)]

    result = SpanRuleSet([function(call)], TYPES).apply(batch("the flu", "flu"))
    assert result.marks.item.tolist() == [1]
    ((failure,),) = result.failures
    assert failure.row == 0
    assert told in failure.message


class _MuteError(Exception):
    def __str__(self):
        raise ValueError("no words")


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (ValueError("half \ud83d"), "ValueError: half ?"),
        (_MuteError(), "_MuteError: (its message cannot be read)"),
        (ValueError("x" * 100_000), "ValueError: xxx"),
    ],
)
def test_whatever_a_function_raises_at_an_item_is_kept_as_text_and_ends_nothing(raised, told):
    def call(text):
        if text == "two":
            raise raised
        yield 0, 3

    result = SpanRuleSet([function(call)], TYPES).apply(batch("one", "two", "six"))
    assert result.marks.item.tolist() == [0, 2]
    ((failure,),) = result.failures
    assert failure.message.startswith(told)
    assert len(failure.message.encode()) <= 500


def test_a_function_without_a_type_names_one():
    def call(text):
        yield 0, 3, "Chemical"
        yield 4, 7, text[4:]

    rule = function(call, kind=None)
    result = SpanRuleSet([rule], TYPES).apply(batch("abc Disease", "abc foo"))
    assert result.failures[0][1 - 1].message.startswith("yielded (4, 7, 'foo'); 'foo' is no type")
    assert result.marks.type.tolist() == [0, 1]


def test_two_thousand_spans_of_an_item_are_taken_and_endless_ones_are_not(monkeypatch):
    rules = [function(lambda text: ((i, i + 1) for i in range(len(text))))]
    assert len(SpanRuleSet(rules, TYPES).apply(batch("x" * 2_000)).marks) == 2_000
    monkeypatch.setattr(functions, "MOST", 1_000)
    result = SpanRuleSet(rules, TYPES).apply(batch("x" * 2_000))
    assert len(result.marks) == 0
    assert result.failures[0][0].message == "yielded more than 1,000 spans"


def test_a_pattern_that_runs_out_of_time_abstains_and_the_rest_is_marked(monkeypatch):
    monkeypatch.setattr("labeling.rules.matching.searching.LIMIT_S", 0.2)
    monkeypatch.setattr("labeling.rules.spans.reading.refuse_endless", lambda *_: None)
    rules = [regex("flu", "(a+)+b"), keyword("cold")]
    result = SpanRuleSet(rules, TYPES).apply(batch("flu " + "a" * 40, "flu", "a cold"))
    assert result.marks.item.tolist() == [1, 2]
    ((failure,), none) = result.failures
    assert failure.row == 0
    assert "backtracks too much" in failure.message
    assert none == []


def test_the_cut_into_chunks_changes_nothing(monkeypatch):
    rng = random.Random(3)
    words = ["flu", "new", "york", "caf\u00e9", "\U0001f44d", "20", "mg", "a"]
    texts = [" ".join(rng.choices(words, k=rng.randint(0, 12))) for _ in range(400)]
    rules = [
        keyword("new york", "york new", "caf\u00e9 a"),
        regex(r"\d+ mg", "mg flu"),
        function(lambda text: [m.span() for m in re.finditer("flu", text)]),
    ]
    whole = marked(rules, batch(*texts))
    monkeypatch.setattr(engine, "CHUNK", 50)
    assert marked(rules, batch(*texts)) == whole
    assert len(whole) > 400


def test_a_batch_without_texts_or_without_rules_has_no_marks():
    assert marked([keyword("flu"), regex("flu")], batch()) == []
    assert marked([], batch("flu")) == []
    with pytest.raises(RuleError, match="needs the columns item_id and text"):
        SpanRuleSet([], TYPES).apply(pa.table({"text": ["flu"]}))
