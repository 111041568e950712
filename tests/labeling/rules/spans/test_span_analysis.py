import pyarrow as pa
import pytest

from labeling.rules.rule import Function, Patterns
from labeling.rules.spans.analysis import analyse_spans
from labeling.rules.spans.engine import SpanRuleSet
from labeling.rules.spans.rule import Group, SpanRule, Terms

TEXTS = ["lead and iron lead", "iron deficiency", None, "flu, flu"]
RULES = [
    SpanRule("metal", "Chemical", "keyword", Terms(("lead", "iron"))),
    SpanRule("ill", "Disease", "regex", Group(Patterns((r"\w+ deficiency", "flu")))),
    SpanRule("not_ill", "Disease", "keyword", Terms(("flu,",)), against=True),
    SpanRule("also_metal", "Chemical", "regex", Group(Patterns(("iron",)))),
    SpanRule("never", "Chemical", "keyword", Terms(("gold",))),
    SpanRule("fails", None, "python", Function(lambda _: 1 / 0, ("text",), False, "")),
]


@pytest.fixture(scope="module")
def table():
    ids = [str(i) for i in range(len(TEXTS))]
    batch = pa.table({"item_id": ids, "text": pa.array(TEXTS, pa.string())})
    result = SpanRuleSet(RULES, ["Chemical", "Disease"]).apply(batch)
    return {row["rule"]: row for row in analyse_spans(result, TEXTS).to_pylist()}


def test_coverage_is_told_of_items_and_of_words(table):
    assert (table["metal"]["spans"], table["metal"]["coverage"]) == (4, 0.5)
    assert table["metal"]["words"] == 4 / 9
    assert table["ill"]["words"] == 4 / 9
    assert table["ill"]["by_type"] == "Disease 3"
    assert table["not_ill"]["by_type"] == "not Disease 1"


def test_spans_of_other_rules_that_meet_are_the_same_or_conflict(table):
    metal, also, ill, no = (table[name] for name in ("metal", "also_metal", "ill", "not_ill"))
    assert (metal["overlaps"], metal["same"], metal["conflicts"]) == (0.5, 0.5, 0.25)
    assert (also["overlaps"], also["same"], also["conflicts"]) == (1.0, 1.0, 0.5)
    assert (ill["overlaps"], ill["same"], ill["conflicts"]) == pytest.approx((2 / 3, 0, 2 / 3))
    assert (no["against"], no["overlaps"], no["conflicts"]) == (True, 1.0, 1.0)


def test_rules_that_mark_nothing_are_told_too(table):
    assert table["never"]["never_fires"]
    assert table["never"]["overlaps"] is None
    assert table["fails"]["failures"] == len(TEXTS)
