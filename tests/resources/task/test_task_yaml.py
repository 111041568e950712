"""What is wrong in task.yaml is told with file, line, field and what is allowed."""

import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.task.errors import TaskError
from resources.task.reading import read_spec
from resources.task.settings.schema import TaskSpec

GOOD = """\
name: letters
classes:
  - name: HAM
  - name: SPAM
    description: Wants something.
source:
  files: "items/*.csv"
  text: body
batch:
  every: day
audit:
  per_batch: 10
"""


@pytest.fixture
def refusal(tmp_path):
    """The message about a task.yaml; the file's folder is taken out of it."""

    def call(text):
        path = tmp_path / "task.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(TaskError) as caught:
            read_spec(tmp_path)
        return str(caught.value).replace(f"{tmp_path}/", "")

    return call


def test_a_good_file_is_read(tmp_path):
    (tmp_path / "task.yaml").write_text(GOOD)
    spec = read_spec(tmp_path)
    assert [one.name for one in spec.classes] == ["HAM", "SPAM"]
    assert spec.source.text == "body"


def test_a_typo_is_met_with_line_likely_field_and_all_that_are_allowed(refusal):
    told = refusal(GOOD.replace("per_batch", "per_bach"))
    assert told.startswith("task.yaml:12: audit.per_bach: unknown field; did you mean 'per_batch'?")
    assert told.endswith("Allowed here: design, per_batch")


def test_a_typo_in_the_second_class_names_its_own_line(refusal):
    told = refusal(GOOD.replace("description", "descripton"))
    assert told.startswith("task.yaml:5: classes.1.descripton: unknown field")
    assert "did you mean 'description'?" in told
    assert "Allowed here: description, key, name, phrases, synonyms" in told


def test_a_typo_under_a_key_of_ones_own_is_told_with_what_is_allowed_there(refusal):
    told = refusal(GOOD + "models: {pace: {gpt-a: {concurency: 2}}}\n")
    assert told.startswith(
        "task.yaml:13: models.pace.gpt-a.concurency: unknown field; did you mean"
    )
    assert told.endswith("Allowed here: concurrency, requests_per_minute, tokens_per_minute")


def test_a_field_that_is_like_no_other_is_told_with_all_that_are_allowed(refusal):
    assert "audit.xyzzy: unknown field. Allowed here:" in refusal(GOOD + "  xyzzy: 1\n")


def test_every_fault_is_told_at_once(refusal):
    told = refusal(GOOD.replace("per_batch: 10", "per_batch: -1").replace("day", "dai"))
    assert [line.partition(" ")[0] for line in told.splitlines()] == [
        "task.yaml:10:",
        "task.yaml:12:",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("items/*.csv", "items/**.csv", r":7: source.files: .*\*\* stands for any folders, and al"),
        ("every: day", "timezone: Europe/Berlni", r":10: batch.timezone: .*did you mean Europe/B"),
        ("name: HAM", "name: 01", r":3: classes.0.name: YAML takes this for 1; put it in quotes"),
        ("name: HAM", "name: yes", r":3: classes.0.name: YAML takes this for True; put it in q"),
        ("every: day", "every: dai", r":10: batch.every: .*'hour'.*'month'.*found 'dai'"),
        ("per_batch: 10", "per_batch: many", r":12: audit.per_batch: .*integer.*found 'many'"),
        ("name: letters", "name: Letters!", r":1: name: .*\^\[a-z\].*found 'Letters!'"),
        ("SPAM", "HAM", r":2: classes: class 'HAM' stands more than once"),
        (
            "name: SPAM",
            "name: (all)",
            r":2: classes: '\(all\)' is how tables name what is no class",
        ),
        (
            "- name: HAM\n  - name",
            "- name",
            r": classes: a task of kind single needs two classes or more, found one",
        ),
        (
            "items/*.csv",
            "items/*.xlsx",
            r":7: source.files: .*must end in .csv, .csv.gz, .jsonl",
        ),
        ("text: body", "query: from t", r":6: source: give either files or query, and not both"),
        ("name: letters\n", "", r":1: name: this field is required"),
        ("source:", "source: here\nmodels:", r":6: source: .*found 'here'"),
        ("audit:", "class_balance: {HAM: 1}\naudit:", r"class_balance must name each of"),
        (
            "audit:",
            "class_balance: {HAM: 0.9, SPAM: 0.9}\naudit:",
            r"class_balance must add up to 1, adds up to 1.8",
        ),
    ],
)
def test_a_value_that_is_not_allowed_is_told_with_what_is(refusal, old, new, told):
    assert old in GOOD
    assert re.search(told, refusal(GOOD.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.encode() + b"owner: caf\xe9\n", "is not UTF-8 (byte "),
        (GOOD + "owner: [a\n", "task.yaml:"),
        (GOOD + "\towner: a\n", "task.yaml:13: not valid YAML"),
        ("", "expected a mapping of fields, found NoneType"),
        ("- a\n- b\n", "expected a mapping of fields, found list"),
        ("just words", "expected a mapping of fields, found str"),
    ],
)
def test_a_file_that_is_no_task_yaml_at_all_says_what_it_is(refusal, text, told):
    assert told in refusal(text)


def test_a_folder_without_the_file_is_told_how_to_begin(tmp_path):
    with pytest.raises(TaskError, match="touchstone new NAME"):
        read_spec(tmp_path)


KEYS = st.one_of(
    st.integers(0, 3),
    st.booleans(),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=5),
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 300),
        st.floats(allow_nan=True),
        st.text(max_size=5),
        st.sampled_from(["items/*.csv", "day", "HAM", "*", "&a", "{var}", "2026-03-02"]),
        st.dates(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=5,
)
FIELDS = sorted(TaskSpec.model_fields)


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, min_size=1, max_size=4))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None
)
def test_whatever_stands_in_a_field_it_is_read_or_refused_by_file_and_line(tmp_path, changes):
    path = tmp_path / "task.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(GOOD) | changes), encoding="utf-8")
    try:
        read_spec(tmp_path)
    except TaskError as error:
        for line in str(error).splitlines():
            assert re.match(rf"{re.escape(str(path))}:\d+: ", line)


@given(st.text(max_size=60))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None
)
def test_any_text_at_all_is_refused_in_plain_words(tmp_path, text):
    (tmp_path / "task.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(TaskError, match=r"task\.yaml"):
        read_spec(tmp_path)


@pytest.mark.parametrize("value", ["[&a [*a]]", "!!python/none x", "!!int x"])
def test_yaml_that_only_looks_valid_is_refused_in_plain_words(refusal, value):
    assert re.match(r"task\.yaml(:\d+)?: ", refusal(f"{GOOD}owner: {value}\n"))


@pytest.mark.parametrize("date", ["2026-03-10", "2026-13-45"])
def test_what_looks_like_a_date_is_the_text_it_is(tmp_path, date):
    (tmp_path / "task.yaml").write_text(f"{GOOD}owner: {date}\n")
    assert read_spec(tmp_path).owner == date


def test_a_setting_that_stands_twice_is_told_with_both_lines(refusal):
    told = refusal(GOOD + "audit: {per_batch: 9}\n")
    assert told == (
        "task.yaml line 13: 'audit:' stands twice in the file (first on line 11); keep one"
    )
