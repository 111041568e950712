import pytest

from labeling.errors import RuleError
from labeling.rules.reading.reading import read_classes, read_rules

CLASSES = ["HAM", "SPAM"]


@pytest.fixture
def read(tmp_path):
    def read(text, python=None):
        path = tmp_path / "rules.yaml"
        path.write_text(text, encoding="utf-8")
        code = None
        if python is not None:
            code = tmp_path / "rules.py"
            code.write_text("from labeling.rules.reading.python import rule\n" + python)
        return read_rules(path, CLASSES, code)

    return read


def refused(read, text, python=None):
    with pytest.raises(RuleError) as caught:
        read(text, python)
    return str(caught.value)


def test_all_kinds_are_read_in_the_order_of_the_file(read, tmp_path):
    (tmp_path / "terms.txt").write_text("# a comment\nfree money\n\nviagra\n")
    rules = read(
        """
rules:
  - {name: a, label: SPAM, keyword: [subscribe, check out], owner: ann, description: Begging.}
  - {name: b, label: SPAM, regex: 'https?://', when: {likes: {max: 3}}}
  - {name: c, label: SPAM, dictionary: terms.txt, case: exact}
  - {name: d, label: HAM, sql: length(text) < 20, when: "likes > 2"}
  - {name: e, label: HAM, nearest: [a lovely song], at_least: 0.6}
  - {name: f, label: HAM, metadata: {likes: {above: 10}}}
""",
        "@rule('SPAM')\ndef g(text):\n    'Shouts.'\n    return text.isupper()\n",
    )
    assert [one.kind for one in rules] == [
        "keyword",
        "regex",
        "dictionary",
        "sql",
        "nearest",
        "metadata",
        "python",
    ]
    assert rules[0].owner == "ann"
    assert rules[6].description == "Shouts."
    assert rules[2].body.patterns == (r"(?<!\w)free\s+money(?!\w)", r"(?<!\w)viagra(?!\w)")


def test_an_empty_file_has_no_rules(read):
    assert read("") == read("rules:\n") == read("rules: []\n") == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "rules:\n  - name: a\n    label: SPAMM\n    keyword: x\n",
            ["rules.yaml line 2", "'a'", "'SPAMM'", "HAM, SPAM", "Did you mean 'SPAM'?"],
        ),
        (
            "rules:\n  - name: a\n    labl: SPAM\n    keyword: x\n",
            ["line 3", "'a'", "'labl'", "label", "Did you mean 'label'?"],
        ),
        ("rules:\n  - name: a\n    label: SPAM\n", ["line 2", "'a'", "exactly one kind", "none"]),
        (
            "rules:\n  - {name: a, label: SPAM, keyword: x, regex: y}\n",
            ["exactly one kind", "'keyword' and 'regex'"],
        ),
        ("rules:\n  - name: a\n    keyword: x\n", ["'label:' is missing", "HAM, SPAM"]),
        ("rules:\n  - label: HAM\n    keyword: x\n", ["line 2", "rule number 1", "no 'name:'"]),
        ("rules:\n  - {name: a, label: HAM, keyword: [1, b]}\n", ["'keyword'", "1", "quote"]),
        ("rules:\n  - {name: a, label: HAM, keyword: []}\n", ["empty list"]),
        ("rules:\n  - {name: a, label: HAM, keyword: ' '}\n", ["none of them empty"]),
        ("rules:\n  - {name: a, label: HAM, regex: '(a'}\n", ["'(a'", "no regular expression"]),
        (
            "rules:\n  - {name: a, label: HAM, keyword: x, case: both}\n",
            ["'case: both'", "ignore, exact"],
        ),
        ("rules:\n  - {name: a, label: HAM, regex: x, words: part}\n", ["unknown key 'words'"]),
        ("rules:\n  - {name: a, label: HAM, dictionary: no.txt}\n", ["no.txt", "does not exist"]),
        ("rules:\n  - {name: a, label: HAM, nearest: x, at_least: 2}\n", ["(0, 1]"]),
        (
            "rules:\n  - {name: a, label: HAM, metadata: {likes: {mim: 2}}}\n",
            ["'mim'", "'likes'", "Did you mean 'min'?"],
        ),
        ("rules:\n  - {name: a, label: HAM, keyword: x, when: 3}\n", ["'when'", "SQL expression"]),
        (
            "rules:\n  - name: a\n    label: HAM\n    label: SPAM\n    keyword: x\n",
            ["line 4", "'label:' stands twice", "first on line 3"],
        ),
        ("rules:\n  a: b\n", ["line 2", "must be a list"]),
        ("rules:\n  - just text\n", ["line 2", "a rule is a mapping"]),
        ("rulez: []\n", ["'rules:' is missing", "rulez"]),
        ("rules: []\nclases: [A, B]\n", ["line 2", "'clases'", "Did you mean 'classes'?"]),
        ("rules: [\n", ["not valid YAML", "rules.yaml:2: "]),
        ("- a\n", ["a mapping with 'rules:' is expected"]),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_is_allowed(read, text, parts):
    message = refused(read, text)
    assert [part for part in parts if part not in message] == []


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(RuleError, match="does not exist"):
        read_rules(tmp_path / "none.yaml", CLASSES)


def test_a_class_called_no_stays_a_text(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text("classes: [NO, YES]\nrules:\n  - {name: a, label: NO, keyword: x}\n")
    assert read_rules(path, ["NO", "YES"])[0].label == "NO"


def test_the_classes_of_a_file_are_read(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text("classes: [HAM, SPAM]\nrules: []\n")
    assert read_classes(path) == ["HAM", "SPAM"]
    path.write_text("rules: []\n")
    assert read_classes(path) is None
    path.write_text("classes: [HAM]\nrules: []\n")
    with pytest.raises(RuleError, match="at least two"):
        read_classes(path)


def test_the_same_rule_twice_is_an_error_that_names_both(read):
    message = refused(
        read,
        """
rules:
  - {name: links, label: SPAM, regex: 'https?://', owner: ann}
  - {name: urls, label: SPAM, regex: 'https?://', description: Other words.}
""",
    )
    assert "'links'" in message
    assert "'urls'" in message
    assert "line 3" in message
    assert "line 4" in message


def test_the_same_name_twice_is_an_error_that_names_both(read):
    message = refused(
        read,
        "rules:\n  - {name: a, label: SPAM, keyword: x}\n",
        "@rule('SPAM', name='a')\ndef f(text):\n    return True\n",
    )
    assert "'a' stands twice" in message
    assert "rules.yaml line 2" in message
    assert "rules.py line 2" in message


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("def f(:\n", ["rules.py line 2", "SyntaxError"]),
        ("x = 1\ny = x / 0\n", ["rules.py line 3", "ZeroDivisionError"]),
        ("@rule\ndef f(text):\n    return True\n", ["needs parentheses"]),
        ("@rule('HAM')\ndef f(*args):\n    return True\n", ["'f'", "name the columns"]),
        ("@rule('HAMM')\ndef f(text):\n    return True\n", ["'f'", "Did you mean 'HAM'?"]),
        ("@rule('HAM', when={'a': {'mn': 1}})\ndef f(text):\n    return 1\n", ["'f'", "'mn'"]),
    ],
)
def test_a_mistake_in_python_is_told_with_its_line(read, code, parts):
    message = refused(read, "rules: []\n", code)
    assert [part for part in parts if part not in message] == []


@pytest.mark.parametrize("pattern", [r"(\w+\s?)+$", "(a|a)*b", "(x+x+)+y", "(?=(a+)+$)b"])
def test_a_pattern_that_backtracks_for_ever_is_refused_with_its_rule(read, pattern):
    message = refused(read, f"rules:\n  - {{name: slow, label: HAM, regex: '{pattern}'}}\n")
    assert "line 2, rule 'slow'" in message
    assert "backtracks without end" in message
    assert "'++'" in message


@pytest.mark.parametrize("pattern", [r"(?:\w++\s?)+$", "(?>a+)+b", r"(?:\w+\s?)+", "(.*a){3}b"])
def test_a_pattern_that_only_looks_endless_is_allowed(read, pattern):
    (rule,) = read(f"rules:\n  - {{name: fine, label: HAM, regex: '{pattern}'}}\n")
    assert rule.body.patterns == (pattern,)


@pytest.mark.parametrize("names", [["01", "02"], ["yes", "no"], ["true", "null"], ["0x10", "1.0"]])
def test_classes_and_labels_are_what_is_written_whatever_yaml_takes_them_for(tmp_path, names):
    path = tmp_path / "rules.yaml"
    path.write_text(
        f"classes: [{', '.join(names)}]\nrules:\n  - {{name: a, label: {names[0]}, keyword: x}}\n"
    )
    assert read_classes(path) == names
    assert read_rules(path, names)[0].label == names[0]
