"""Admitted rules are added to a file, behind what people wrote there, or nothing is written."""

from dataclasses import replace

import pytest

from labeling.errors import RuleError
from labeling.rules.candidates.reading import Candidate, rule_of
from labeling.rules.candidates.writing import Admitted, add_to
from labeling.rules.reading.reading import read_rules
from labeling.rules.suggested import Suggested

CLASSES = ["complaint", "praise"]


def admitted(name: str, *words: str, after: str = "2026-03-03") -> Admitted:
    note = Suggested("gpt-4o-mini", "2026-11-29", ("m: 1", 'm"2'), 0.87719, after)
    return Admitted(
        Candidate(rule_of(name, "praise", "keyword", words), note.texts, words), note, "told"
    )


def test_what_is_written_is_read_back_as_it_was_measured(tmp_path):
    path = tmp_path / "suggested.yaml"
    rules = [
        admitted("one", "lovely: #1", 'say "yes"', "na\u00efve \N{BOOKS}"),
        admitted("two", "no", after=""),
    ]
    add_to(path, rules)
    found = read_rules(path, CLASSES)
    assert [one.version for one in found] == [one.candidate.rule.version for one in rules]
    assert found[0].suggested.texts == ("m: 1", 'm"2')
    assert found[0].suggested.at_least == 0.8771, "never rounded up"
    assert [one.suggested.after for one in found] == ["2026-03-03", ""]


def test_more_rules_come_behind_what_people_wrote(tmp_path):
    path = tmp_path / "suggested.yaml"
    mine = "# mine\nrules:\n  - name: mine\n    label: praise\n    keyword: [bravo]  # often"
    path.write_text(mine, "utf-8")
    add_to(path, [admitted("one", "lovely")])
    add_to(path, [admitted("two", "thanks")])
    assert path.read_text("utf-8").startswith(mine)
    assert [one.name for one in read_rules(path, CLASSES)] == ["mine", "one", "two"]
    assert [one.name for one in tmp_path.iterdir()] == ["suggested.yaml"]


@pytest.mark.parametrize(
    "text", ["rules: []\n", "rules:\n- name: a\n  label: praise\n  keyword: b\n"]
)
def test_a_list_that_cannot_grow_is_left_as_it_is(tmp_path, text):
    path = tmp_path / "suggested.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(RuleError, match="would not be read with more rules"):
        add_to(path, [admitted("one", "lovely")])
    assert path.read_text("utf-8") == text
    assert [one.name for one in tmp_path.iterdir()] == ["suggested.yaml"]


def pattern(said: str) -> Admitted:
    one = admitted("one", "lovely")
    candidate = Candidate(rule_of("one", "praise", "regex", [said]), ("m1",), (said,))
    return replace(one, candidate=candidate)


@pytest.mark.parametrize("space", ["\x85", "\u2028", "\u2029", "\t", "\n", "\xa0", "\U0001f600"])
def test_what_ends_a_line_in_yaml_is_written_so_that_it_does_not(space, tmp_path):
    one = pattern(f"lovely{space}day")
    add_to(tmp_path / "suggested.yaml", [one])
    (found,) = read_rules(tmp_path / "suggested.yaml", CLASSES)
    assert found.version == one.candidate.rule.version


def test_a_rule_that_would_be_read_back_as_another_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr("labeling.rules.candidates.writing.BREAKS", {})
    with pytest.raises(RuleError, match="would not be read with more rules"):
        add_to(tmp_path / "suggested.yaml", [pattern("lovely\x85day")])
    assert list(tmp_path.iterdir()) == []


def test_a_file_keeps_its_permissions_its_line_ends_and_its_link(tmp_path):
    (tmp_path / "shared").mkdir()
    real, path = tmp_path / "shared" / "rules.yaml", tmp_path / "suggested.yaml"
    mine = b"rules:\r\n  - name: mine\r\n    label: praise\r\n    keyword: [bravo]\r\n"
    real.write_bytes(mine)
    real.chmod(0o640)
    path.symlink_to(real)
    (tmp_path / "shared" / ".rules.yaml.unfinished").write_text("of a process that was killed")
    add_to(path, [admitted("one", "lovely")])
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.read_bytes().startswith(mine)
    assert [one.name for one in read_rules(path, CLASSES)] == ["mine", "one"]
    assert [one.name for one in real.parent.iterdir()] == ["rules.yaml"]
