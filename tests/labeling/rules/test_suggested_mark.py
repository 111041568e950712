"""What a rule file says of a rule that a model wrote."""

import pytest
import yaml

from labeling.errors import RuleError
from labeling.rules.reading.reading import read_rules
from labeling.rules.suggested import heard

MARK = {"by": "m", "day": "2026-11-29", "texts": ["a"], "at_least": 0.8, "after": "2026-03-03"}
CLASSES = ["HAM", "SPAM"]


@pytest.fixture
def write(tmp_path):
    def make(name: str = "suggested.yaml", called: str = "wins", word: str = "win", **more):
        rule = {"name": called, "label": "SPAM", "keyword": [word], **more}
        (tmp_path / name).write_text(yaml.safe_dump({"rules": [rule]}), encoding="utf-8")
        return tmp_path / name

    return make


def test_a_mark_is_read_and_is_no_part_of_the_version(write):
    (marked,) = read_rules(write(suggested=MARK), CLASSES)
    (plain,) = read_rules(write(), CLASSES)
    assert (marked.suggested.by, marked.suggested.at_least) == ("m", 0.8)
    assert plain.suggested is None
    assert marked.version == plain.version


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"at_least": 1.2}, "allowed: a number between 0 and 1"),
        ({"at_least": True}, "allowed: a number between 0 and 1"),
        ({"after": 2026}, "must be a text in quotes"),
        ({"by": ""}, "must be a text in quotes"),
        ({"texts": "a"}, "no list of ids"),
        ({"run": "x"}, "by, day, texts, at_least, after and nothing else"),
    ],
)
def test_a_mark_that_says_something_else_is_told_with_its_place(write, more, told):
    with pytest.raises(RuleError, match=told) as found:
        read_rules(write(suggested=MARK | more), CLASSES)
    assert "suggested.yaml line" in str(found.value)
    assert "rule 'wins'" in str(found.value)


def test_rules_of_several_files_stand_beside_each_other(write):
    own, theirs = write("rules.yaml", "own", "cash"), write(suggested=MARK)
    assert [one.name for one in read_rules([own, theirs], CLASSES)] == ["own", "wins"]
    write("rules.yaml", "own", "win")
    with pytest.raises(RuleError, match="mean the same"):
        read_rules([own, theirs], CLASSES)


def test_a_model_s_rule_is_heard_behind_what_admitted_it_until_it_is_retired(write):
    (marked,) = read_rules(write(suggested=MARK), CLASSES)
    (plain,) = read_rules(write(), CLASSES)

    def told(rule, retired=()):
        days = ("2026-03-02", "2026-03-03", "2026-03-04")
        return [heard(rule.suggested, rule.voter, day, retired) for day in days]

    assert told(marked) == [False, False, True]
    assert told(marked, {"rule/wins"}) == [False, False, False]
    assert told(marked, {"rule/other"}) == [False, False, True]
    assert told(plain, {"rule/wins"}) == [True, True, True]
    (everywhere,) = read_rules(write(suggested=MARK | {"after": ""}), CLASSES)
    assert told(everywhere) == [True, True, True]
