import pyarrow as pa
import pytest

from labeling.errors import RuleError
from labeling.rules.analysis import COLUMNS, analyse
from labeling.rules.changes import changes
from labeling.rules.engine import RuleSet
from labeling.rules.rule import Patterns, Rule

CLASSES = ["HAM", "SPAM"]


def rule(name, label, pattern):
    return Rule(name, label, "regex", Patterns((pattern,)))


def batch(*texts):
    return pa.table({"item_id": [str(i) for i in range(len(texts))], "text": list(texts)})


def table(result, gold=None):
    return {row["rule"]: row for row in analyse(result, gold).to_pylist()}


TEXTS = batch("ab", "a", "b", "c", "abc", "", "", "", "", "")
RULES = [
    rule("a", "SPAM", "a"),
    rule("b", "HAM", "b"),
    rule("c", "SPAM", "c"),
    rule("z", "HAM", "z"),
]


def test_shares_are_of_all_items():
    rows = table(RuleSet(RULES, CLASSES).apply(TEXTS))
    assert [rows[n]["votes"] for n in "abcz"] == [3, 3, 2, 0]
    assert [rows[n]["coverage"] for n in "abcz"] == [0.3, 0.3, 0.2, 0.0]
    assert [rows[n]["overlaps"] for n in "abcz"] == [0.2, 0.2, 0.1, 0.0]
    assert [rows[n]["conflicts"] for n in "abcz"] == [0.2, 0.2, 0.1, 0.0]
    assert [rows[n]["never_fires"] for n in "abcz"] == [False, False, False, True]
    assert rows["a"]["by_class"] == "SPAM 3"


def test_rules_of_one_class_overlap_without_conflict():
    rows = table(RuleSet([RULES[0], RULES[2]], CLASSES).apply(TEXTS))
    assert rows["a"]["overlaps"] == rows["c"]["overlaps"] == 0.1
    assert rows["a"]["conflicts"] == rows["c"]["conflicts"] == 0.0


def test_accuracy_is_on_gold_with_a_vote_and_has_wilsons_interval():
    gold = pa.table(
        {"item_id": ["0", "1", "2", "9", "unknown"], "label": ["SPAM", "HAM", "HAM", "HAM", "HAM"]}
    )
    rows = table(RuleSet(RULES, CLASSES).apply(TEXTS), gold)
    assert (rows["a"]["gold"], rows["a"]["correct"], rows["a"]["accuracy"]) == (2, 1, 0.5)
    # by hand, 1 of 2: centre 1/2, half-width z/(2 (1 + z²/2)) sqrt(1/2 + z²/4) with z = 1.96
    assert rows["a"]["accuracy_low"] == pytest.approx(0.0945, abs=1e-3)
    assert rows["a"]["accuracy_high"] == pytest.approx(0.9055, abs=1e-3)
    assert rows["c"]["gold"] == 0
    assert rows["c"]["accuracy"] is None


def test_gold_that_names_an_item_twice_or_lacks_a_column_is_refused():
    result = RuleSet(RULES, CLASSES).apply(TEXTS)
    with pytest.raises(RuleError, match="more than once"):
        analyse(result, pa.table({"item_id": ["0", "0"], "label": ["SPAM", "HAM"]}))
    with pytest.raises(RuleError, match="needs the columns item_id and label"):
        analyse(result, pa.table({"id": ["0"], "label": ["SPAM"]}))


def test_near_duplicates_name_the_earlier_rule_of_the_same_class():
    texts = batch(*["ab"] * 19, "a", "zzz")
    rules = [
        rule("a", "SPAM", "a"),
        rule("b", "SPAM", "b"),
        rule("other", "HAM", "ab"),
        rule("z", "SPAM", "z"),
    ]
    rows = table(RuleSet(rules, CLASSES).apply(texts))
    assert rows["b"]["near_duplicate_of"] == "a"
    assert rows["b"]["likeness"] == pytest.approx(19 / 20)
    assert [rows[n]["near_duplicate_of"] for n in ("a", "other", "z")] == [None] * 3


@pytest.mark.parametrize(("shared", "twin"), [(4, None), (5, "a")])
def test_rules_that_share_few_items_are_no_near_duplicates(shared, twin):
    rules = [rule("a", "SPAM", "a"), rule("b", "SPAM", "b")]
    rows = table(RuleSet(rules, CLASSES).apply(batch(*["ab"] * shared)))
    assert rows["b"]["near_duplicate_of"] == twin


def test_failures_are_counted_by_rule(tmp_path):
    from labeling.rules.reading.python import read_python_rules

    path = tmp_path / "rules.py"
    path.write_text(
        "from labeling.rules.reading.python import rule\n"
        "@rule('HAM')\ndef f(text):\n    return text.startswith('a') or 1 / 0\n"
    )
    rows = table(RuleSet(read_python_rules(path), CLASSES).apply(TEXTS))
    assert (rows["f"]["votes"], rows["f"]["failures"]) == (3, 7)


def test_a_rule_set_without_votes_is_described():
    described = analyse(RuleSet(RULES[3:], CLASSES).apply(TEXTS))
    assert described.schema == COLUMNS
    assert described["never_fires"].to_pylist() == [True]
    assert analyse(RuleSet([], CLASSES).apply(TEXTS)).num_rows == 0


def test_what_a_new_version_changed_is_listed_by_item():
    before = RuleSet(
        [rule("a", "SPAM", "a"), rule("b", "HAM", "b"), rule("gone", "HAM", "c")], CLASSES
    )
    after = RuleSet(
        [rule("a", "SPAM", "^a|c"), rule("b", "HAM", "b"), rule("new", "HAM", "ab")], CLASSES
    )
    difference = changes(before.apply(TEXTS).votes, after.apply(TEXTS).votes)
    counts = {
        row["voter"]: tuple(row[n] for n in ("kept", "gained", "lost", "changed"))
        for row in difference.rules.to_pylist()
    }
    assert counts == {"rule/a": (3, 1, 0, 0), "rule/gone": (0, 0, 2, 0), "rule/new": (0, 2, 0, 0)}
    assert difference.items.to_pylist() == [
        {"voter": "rule/a", "item_id": "3", "label_before": None, "label_after": "SPAM"},
        {"voter": "rule/gone", "item_id": "3", "label_before": "HAM", "label_after": None},
        {"voter": "rule/gone", "item_id": "4", "label_before": "HAM", "label_after": None},
        {"voter": "rule/new", "item_id": "0", "label_before": None, "label_after": "HAM"},
        {"voter": "rule/new", "item_id": "4", "label_before": None, "label_after": "HAM"},
    ]


def test_a_rule_that_votes_for_another_class_has_changed_votes():
    one = RuleSet([rule("a", "SPAM", "a")], CLASSES).apply(TEXTS).votes
    other = RuleSet([rule("a", "HAM", "a")], CLASSES).apply(TEXTS).votes
    (row,) = changes(one, other).rules.to_pylist()
    assert (row["kept"], row["gained"], row["lost"], row["changed"]) == (0, 0, 0, 3)
    assert changes(one, one).rules.num_rows == changes(one, one).items.num_rows == 0


def test_gold_that_was_drawn_with_unequal_probability_is_weighed():
    result = RuleSet(RULES, CLASSES).apply(TEXTS)
    gold = pa.table({"item_id": ["0", "1"], "label": ["SPAM", "HAM"], "probability": [0.2, 0.8]})
    row = table(result, gold)["a"]
    assert (row["gold"], row["correct"]) == (2, 1)
    assert row["accuracy"] == pytest.approx(5 / 6.25)
    assert row["accuracy_low"] < row["accuracy"] < row["accuracy_high"]


def test_where_an_item_may_have_several_classes_only_for_and_against_one_conflict():
    rules = [
        Rule("late", "late", "regex", Patterns(("late",))),
        Rule("broken", "broken", "regex", Patterns(("broken",))),
        Rule("fine", "not broken", "regex", Patterns(("not broken",))),
    ]
    texts = ["late and broken", "broken", "late, not broken"]
    batch = pa.table({"item_id": ["a", "b", "c"], "text": texts})
    votes = RuleSet(rules, ["late", "broken", "not late", "not broken"]).apply(batch)
    several = {row["rule"]: row for row in analyse(votes, several=True).to_pylist()}
    assert {name: row["conflicts"] for name, row in several.items()} == {
        "late": 0.0, "broken": pytest.approx(1 / 3), "fine": pytest.approx(1 / 3),
    }  # fmt: skip
    assert several["late"]["overlaps"] == pytest.approx(2 / 3)
    single = {row["rule"]: row for row in analyse(votes).to_pylist()}
    assert single["late"]["conflicts"] == pytest.approx(2 / 3)
