import pytest

from labeling.errors import RuleError
from labeling.rules.reading.reading import read_rules

CLASSES = ["HAM", "SPAM"]
HEAD = "from labeling.rules.reading.python import rule\n"


@pytest.fixture
def version(tmp_path):
    def version(body, terms="a\nb\n"):
        (tmp_path / "terms.txt").write_text(terms)
        path = tmp_path / "rules.yaml"
        path.write_text(f"rules:\n  - {body}\n")
        return read_rules(path, CLASSES)[0].version

    return version


@pytest.fixture
def python_version(tmp_path):
    def version(code):
        path = tmp_path / "rules.yaml"
        path.write_text("rules: []\n")
        (tmp_path / "rules.py").write_text(HEAD + code)
        return read_rules(path, CLASSES, tmp_path / "rules.py")[0].version

    return version


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{name: a, label: HAM, regex: 'x'}", "{label: HAM, regex: x, name: a}"),
        ("{name: a, label: HAM, regex: x}", "{name: b, label: HAM, regex: x, owner: me}"),
        ("{name: a, label: HAM, regex: x}", "{name: a, label: HAM, regex: x, description: y}"),
        ("{name: a, label: HAM, keyword: [x, y]}", "{name: a, label: HAM, keyword: [y, x]}"),
        ("{name: a, label: HAM, keyword: x}", "{name: a, label: HAM, keyword: [x], case: ignore}"),
        ("{name: a, label: HAM, sql: 'a  =  1'}", "{name: a, label: HAM, sql: 'a = 1'}"),
        (
            "{name: a, label: HAM, regex: x, when: {b: 1, c: [1]}}",
            "{name: a, label: HAM, regex: x, when: {c: {in: [1]}, b: {is: 1}}}",
        ),
    ],
)
def test_what_does_not_change_the_meaning_does_not_change_the_version(version, one, other):
    assert version(one) == version(other)


@pytest.mark.parametrize(
    "other",
    [
        "{name: a, label: SPAM, regex: x}",
        "{name: a, label: HAM, regex: y}",
        "{name: a, label: HAM, regex: x, case: ignore}",
        "{name: a, label: HAM, regex: x, when: {b: 1}}",
        "{name: a, label: HAM, keyword: x}",
        "{name: a, label: HAM, sql: x}",
    ],
)
def test_what_changes_the_meaning_changes_the_version(version, other):
    assert version("{name: a, label: HAM, regex: x}") != version(other)


def test_white_space_inside_sql_quotes_counts(version):
    one = version("{name: a, label: HAM, sql: \"text = 'a b'\"}")
    assert one != version("{name: a, label: HAM, sql: \"text = 'a  b'\"}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("contains(text,'a') -- or b\\nor contains(text,'b')", "contains(text,'a') -- or b or contains(text,'b')"),
        ('\\"my  col\\" = 1', '\\"my col\\" = 1'),
        ("x = 1 -- isn't\\nor text = 'a  b'", "x = 1 -- isn't\\nor text = 'a b'"),
    ],
)  # fmt: skip
def test_blanks_count_beside_comments_and_in_quoted_names(version, one, other):
    told = '{{name: a, label: HAM, sql: "{}"}}'
    assert version(told.format(one)) != version(told.format(other))


def test_a_decorator_of_ones_own_and_what_it_uses_count(python_version):
    code = """
LIMIT = 3

def kept(n):
    return lambda function: function

@rule(label="HAM")
def short(text):
    return True
"""
    decorated = code.replace("\ndef short", "\n@kept(LIMIT)\ndef short")
    versions = {
        python_version(one)
        for one in (
            code,
            decorated,
            decorated.replace("(LIMIT)", "(90)"),
            decorated.replace("LIMIT = 3", "LIMIT = 9"),
            decorated.replace("function: function", "function: function or n"),
        )
    }
    assert len(versions) == 5
    assert python_version(code) == python_version(
        code.replace('label="HAM"', 'label="HAM", owner="a"')
    )


def test_the_content_of_a_dictionary_counts_and_its_order_does_not(version):
    body = "{name: a, label: HAM, dictionary: terms.txt}"
    assert version(body) == version(body, "# words\nb\n\na\n")
    assert version(body) != version(body, "a\nb\nc\n")


CODE = """
LIMIT = 3

def is_long(text):
    return len(text) > LIMIT

@rule("HAM")
def long(text):
    '''Long ones.'''
    return is_long(text)
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return is_long(text)", "return  is_long( text )  # really"),
        ("'''Long ones.'''", "'''Other words.'''"),
        ('@rule("HAM")', '@rule("HAM", owner="me")'),
        ("LIMIT = 3", "OTHER = 9\nLIMIT = 3"),
    ],
)
def test_layout_and_docstrings_do_not_change_the_version_of_a_function(python_version, old, new):
    assert python_version(CODE) == python_version(CODE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("len(text) > LIMIT", "len(text) >= LIMIT"),
        ("return is_long(text)", "return not is_long(text)"),
        ('@rule("HAM")', '@rule("SPAM")'),
    ],
)
def test_what_a_function_uses_changes_its_version(python_version, old, new):
    assert python_version(CODE) != python_version(CODE.replace(old, new))


def test_rules_in_python_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "rules.yaml").write_text("rules: []\n")
    code = HEAD + "@rule(label='HAM')\ndef short(text):\n    return len(text) < 3\n"
    (tmp_path / "rules.py").write_text(code, encoding="utf-8-sig")
    (one,) = read_rules(tmp_path / "rules.yaml", CLASSES, tmp_path / "rules.py")
    assert one.name == "short"


def test_what_is_nested_too_deeply_is_told(tmp_path):
    (tmp_path / "rules.yaml").write_text("rules: " + "[" * 2000 + "]" * 2000)
    with pytest.raises(RuleError, match=r"rules\.yaml: one thing stands in another hundreds deep"):
        read_rules(tmp_path / "rules.yaml", CLASSES)
    (tmp_path / "rules.yaml").write_text("rules: []\n")
    calls = ".replace('a', 'b')" * 400
    code = HEAD + f"@rule(label='HAM')\ndef deep(text):\n    return text{calls} == 'b'\n"
    (tmp_path / "rules.py").write_text(code)
    with pytest.raises(RuleError, match=r"rules\.py: an expression is hundreds of calls deep"):
        read_rules(tmp_path / "rules.yaml", CLASSES, tmp_path / "rules.py")
