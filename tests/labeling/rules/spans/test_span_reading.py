import re

import jsonschema
import pytest
import yaml

from labeling.errors import RuleError
from labeling.rules.spans.keys import span_rules_schema
from labeling.rules.spans.reading import read_span_rules

TYPES = ["Chemical", "Disease"]


@pytest.fixture
def read(tmp_path):
    def read(text, python=None):
        path = tmp_path / "rules.yaml"
        path.write_text("rules:\n" + text, encoding="utf-8")
        code = None
        if python is not None:
            code = tmp_path / "rules.py"
            code.write_text("from labeling.rules.spans.python import span_rule\n" + python)
        return read_span_rules(path, TYPES, code)

    return read


@pytest.fixture
def refused(read):
    def refused(text, python=None):
        with pytest.raises(RuleError) as caught:
            read(text, python)
        return str(caught.value)

    return refused


ALL = r"""
  - name: drugs
    type: Chemical
    keyword: [aspirin, acetic acid]
    description: What one takes.
  - name: listed
    type: Disease
    dictionary: words.txt
    case: exact
    words: part
  - name: dose
    type: Chemical
    regex: '\d+ mg (?P<drug>\w+)'
    group: drug
    when: {channel: [desk, post]}
  - name: not_ill
    against: Disease
    keyword: placebo
  - name: table
    dictionary: table.csv
    column: name
    type_column: kind
"""


def test_every_kind_is_read_and_the_schema_for_editors_agrees(read, tmp_path):
    (tmp_path / "words.txt").write_text("# ills\nflu\n\ncold\n")
    (tmp_path / "table.csv").write_text("name,kind\nlead,Chemical\ngout,Disease\n")
    python = "@span_rule('Disease')\ndef ends(text):\n    'Says so.'\n    yield 0, len(text)\n"
    rules = read(ALL, python)
    assert [one.name for one in rules] == [
        "drugs", "listed", "dose", "not_ill", "table", "ends",
    ]  # fmt: skip
    assert [one.type for one in rules] == [
        "Chemical",
        "Disease",
        "Chemical",
        "Disease",
        None,
        "Disease",
    ]
    assert rules[1].body.terms == ("flu", "cold")
    assert not rules[1].body.ignore_case
    assert not rules[1].body.whole
    assert rules[2].body.group == "drug"
    assert rules[3].against
    assert rules[4].body.types == ("Chemical", "Disease")
    assert rules[5].description == "Says so."
    jsonschema.Draft202012Validator(span_rules_schema()).validate(yaml.safe_load("rules:\n" + ALL))


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("keyword: x", "line 2, rule 'a': 'type:' is missing; allowed: Chemical, Disease"),
        ("type: Diseases\n    keyword: x", "'Diseases' is no type; allowed: Chemical, Disease. Did you mean 'Disease'?"),
        ("type: Disease", "exactly one kind is needed of keyword, dictionary, regex, spacy; found none"),
        ("type: Disease\n    keyword: x\n    regex: x", "found 'keyword' and 'regex'"),
        ("type: Disease\n    keyword: x\n    group: 1", "line 5, rule 'a': unknown key 'group'"),
        ("type: Disease\n    keyword: ''", "line 4, rule 'a': 'keyword' holds ''"),
        ("type: Disease\n    keyword: [x, ' ']", "'keyword' holds ' '"),
        ("type: Disease\n    keyword: []", "'keyword' is an empty list"),
        ("type: Disease\n    against: Disease\n    keyword: x", "'type:' and 'against:' exclude each other; keep one"),
        ("against: maybe\n    keyword: x", "'maybe' is no type; allowed: Chemical, Disease"),
        ("type: Disease\n    keyword: x\n    words: some", "has 'words: some'; allowed: whole, part"),
        ("type: Disease\n    keyword: x\n    when: {a: {least: 1}}", "line 5, rule 'a': 'when' has the test 'least'"),
        ("type: Disease\n    regex: '(a'", "'regex' holds '(a', which is no regular expression"),
        ("type: Disease\n    regex: '(a)(b)'\n    group: 3", "has 'group: 3', but '(a)(b)' has the groups 0 (all of it) to 2"),
        ("type: Disease\n    regex: '(?P<one>a)'\n    group: two", "to 1, 'one'"),
        ("type: Disease\n    regex: a\n    group: 1.5", "has 'group: 1.5'; allowed: the number or the name of a group"),
        ("type: Disease\n    regex: '(a+)+$'", "backtracks without end"),
        ("type: Disease\n    dictionary: none.txt", "none.txt, which does not exist"),
        ("type: Disease\n    dictionary: none.csv", "none.csv, which does not exist"),
        ("type: Disease\n    dictionary: empty.txt", "empty.txt, which holds no term"),
        ("type: Disease\n    dictionary: latin.txt", "latin.txt, which cannot be read"),
        ("type: Disease\n    dictionary: latin.csv", "row 2 of "),
        ("type: Disease\n    dictionary: zip.csv", "a workbook (.xlsx, .ods)"),
        ("type: Disease\n    dictionary: table.csv", "column 'term' is missing; the file has name, kind"),
        ("type: Disease\n    dictionary: gap.csv", "row 2 has nothing in column 'term'; fill it in or delete the row"),
        ("type: Disease\n    dictionary: table.csv\n    column: name\n    type_column: kind", "has 'type_column:' beside 'type:' or 'against:'; keep one"),
        ("dictionary: table.csv\n    column: name\n    type_column: kind", "'Metal' is no type; allowed: Chemical, Disease"),
        ("dictionary: two.csv\n    type_column: kind", "where 'LEAD' is Chemical in row 1 and Disease in row 2; a rule marks a place once"),
        ("type: Disease\n    dictionary: words.txt\n    column: name", "has a term a line, beside 'column:'"),
        ("type: Disease\n    dictionary: table.csv\n    column: 3", "has 'column: 3', but needs the name of a column"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(refused, tmp_path, rule, told):
    (tmp_path / "empty.txt").write_text("# nothing\n\n")
    (tmp_path / "words.txt").write_text("flu\n")
    (tmp_path / "latin.txt").write_bytes("Grippe\nR\u00f6teln\n".encode("latin-1"))
    (tmp_path / "latin.csv").write_bytes("term\nGrippe\nR\u00f6teln\n".encode("latin-1"))
    (tmp_path / "zip.csv").write_bytes(b"PK\x03\x04rest")
    (tmp_path / "table.csv").write_text("name,kind\nlead,Metal\n")
    (tmp_path / "gap.csv").write_text("term,kind\nflu,x\n,x\n")
    (tmp_path / "two.csv").write_text("term,kind\nlead,Chemical\nLEAD,Disease\n")
    assert told in refused(f"  - name: a\n    {rule}\n")


def test_rules_of_one_name_or_one_meaning_are_refused(refused):
    one = "  - {name: a, type: Disease, keyword: [flu, cold]}\n"
    assert "rule 'a' stands twice" in refused(one + one)
    other = "  - {name: b, type: Disease, keyword: [cold, FLU, flu]}\n"
    assert re.search(
        "rules 'a' .* and 'b' .* mean the same", refused(one + other.replace("FLU, ", ""))
    )


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("keyword: [flu, \"a\\u200bb\"]", "an invisible sign (U+200B ZERO WIDTH SPACE) behind its character 1: texts without it"),
        ("keyword: \"flu\\u200d\"", "an invisible sign (U+200D ZERO WIDTH JOINER) behind its character 3"),
        ("keyword: \"\\u0301flu\"", "a mark without its letter (U+0301 COMBINING ACUTE ACCENT) at its beginning"),
        ("dictionary: w.txt", "w.txt, where line 3, 'data\\xadbase', has an invisible sign (U+00AD SOFT HYPHEN) behind its character 4"),
        ("dictionary: w.csv", "w.csv, where row 2, 'gout\\u2060', has an invisible sign (U+2060 WORD JOINER)"),
    ],
)  # fmt: skip
def test_a_term_that_no_text_shows_is_refused_with_the_sign_and_its_place(
    refused, tmp_path, rule, told
):
    (tmp_path / "w.txt").write_text("\ufeff# said\nflu\ndata\u00adbase\n", encoding="utf-8")
    (tmp_path / "w.csv").write_text("term\nflu\ngout\u2060\n", encoding="utf-8")
    assert told in refused(f"  - name: a\n    type: Disease\n    {rule}\n")


def test_joiners_that_spell_a_word_are_kept(read):
    (rule,) = read(
        '  - {name: a, type: Disease, keyword: "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"}\n'
    )
    assert rule.body.terms == ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",)


@pytest.mark.parametrize(
    ("python", "told"),
    [
        ("@span_rule\ndef f(text): ...", "@span_rule needs parentheses"),
        ("@span_rule('Disease')\ndef f(): ...", "the parameters of a rule name the columns"),
        ("@span_rule('Disease', when='text = 1')\ndef f(text): ...", "must map columns to values"),
        ("@span_rule('Disease', against='Chemical')\ndef f(text): ...", "not both"),
        ("@span_rule('Illness')\ndef f(text): ...", "'Illness' is no type"),
    ],
)
def test_functions_that_are_no_span_rules_are_refused(refused, python, told):
    assert told in refused("  - {name: a, type: Disease, keyword: x}\n", python)


def test_a_dictionary_keeps_a_term_once_however_it_is_written(read, tmp_path):
    (tmp_path / "w.txt").write_text(
        "caf\u00e9\nCafe\u0301\nice  cream\nIce Cream\n", encoding="utf-8"
    )
    (rule,) = read("  - {name: a, type: Disease, dictionary: w.txt}\n")
    assert rule.body.terms == ("caf\u00e9", "ice  cream")


def test_the_version_is_of_the_meaning(read):
    def version(text):
        return read(text)[0].version

    plain = version("  - {name: a, type: Disease, keyword: [flu, cold]}\n")
    assert version("  - {name: b, type: Disease, owner: me, keyword: [cold, flu]}\n") == plain
    assert version("  - {name: a, type: Chemical, keyword: [flu, cold]}\n") != plain
    assert version("  - {name: a, against: Disease, keyword: [flu, cold]}\n") != plain
    assert version("  - {name: a, type: Disease, keyword: [flu, cold], when: {x: 1}}\n") != plain
