import datetime as dt

import duckdb
import pyarrow as pa
import pytest

from labeling.errors import RuleError
from labeling.rules.engine import RuleSet
from labeling.rules.matching import searching
from labeling.rules.matching.matching import Matcher
from labeling.rules.reading.reading import read_rules
from labeling.rules.rule import Patterns, Rule

CLASSES = ["HAM", "SPAM"]
BATCH = pa.table(
    {
        "item_id": ["1", "2", "3", "4"],
        "text": ["see http://a.b", "SUBSCRIBE  to my channel", None, "Check\nout é"],
        "likes": [1, 2, 9, None],
        "seen": [dt.date(2024, 1, day) for day in (1, 2, 3, 4)],
        "source": ["web", "app", "web", None],
    }
)


def run_sql(query, batch):
    with duckdb.connect() as db:
        db.register("batch", batch)
        return db.execute(query).to_arrow_table()


@pytest.fixture
def rule_set(tmp_path):
    def rule_set(*entries, python=""):
        path = tmp_path / "rules.yaml"
        path.write_text("rules:\n" + "".join(f"  - {one}\n" for one in entries))
        code = tmp_path / "rules.py"
        code.write_text("from labeling.rules.reading.python import rule\n" + python)
        return RuleSet(read_rules(path, CLASSES, code), CLASSES)

    return rule_set


def voted(result):
    return [(row["voter"], row["item_id"], row["label"]) for row in result.votes.to_pylist()]


def items(result):
    return [row["item_id"] for row in result.votes.to_pylist()]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("keyword: [subscribe, check out]", ["2", "4"]),
        ("keyword: [subscribe, check out], case: exact", []),
        ("keyword: scrib", []),
        ("keyword: scrib, words: part", ["2"]),
        ("regex: '(?i)check\\s'", ["4"]),
        ("regex: ['http:', 'é$']", ["1", "4"]),
        ("sql: 'likes < 3'", ["1", "2"]),
        ("sql: 'text is null'", ["3"]),
        ("nearest: [please subscribe to my channel]", ["2"]),
        ("metadata: {likes: {min: 2}}", ["2", "3"]),
        ("metadata: {likes: {above: 2}, source: web}", ["3"]),
        ("metadata: {source: [app, mail]}", ["2"]),
        ("metadata: {source: {not: [app]}}", ["1", "3"]),
        ("metadata: {source: null}", ["4"]),
        ("metadata: {source: {missing: false}}", ["1", "2", "3"]),
        ("metadata: {source: {contains: e}}", ["1", "3"]),
        ("metadata: {seen: {min: 2024-01-03}}", ["3", "4"]),
        ("metadata: {likes: {max: 2, above: 1}}", ["2"]),
    ],
)
def test_each_kind_votes_where_it_says(rule_set, body, expected):
    assert (
        items(rule_set(f"{{name: r, label: SPAM, {body}}}").apply(BATCH, run_sql=run_sql))
        == expected
    )


def test_votes_carry_voter_version_and_label(rule_set):
    rules = rule_set("{name: link, label: SPAM, regex: 'http:'}")
    (vote,) = rules.apply(BATCH).votes.to_pylist()
    version = rules.rules[0].version
    assert vote == {"item_id": "1", "voter": "rule/link", "version": version, "label": "SPAM"}


@pytest.mark.parametrize("when", ["{likes: {max: 1}}", "'likes <= 1'"])
def test_a_condition_holds_back_every_kind(rule_set, when):
    rules = rule_set(
        f"{{name: a, label: SPAM, regex: '[a-z]', when: {when}}}",
        f"{{name: b, label: HAM, sql: 'true', when: {when}}}",
        f"{{name: c, label: HAM, metadata: {{likes: {{min: 0}}}}, when: {when}}}",
        python="@rule('HAM', when={'likes': {'max': 1}})\ndef d(text):\n    return 1 / (len(text) - 24) != 0\n",
    )
    result = rules.apply(BATCH, run_sql=run_sql)
    assert items(result) == ["1"] * 4
    assert result.failures.num_rows == 0


def test_rules_without_a_label_name_the_class_themselves(rule_set):
    rules = rule_set(
        "{name: s, sql: \"case when likes > 5 then 'HAM' when likes > 1 then 'EGGS' end\"}",
        python="@rule()\ndef p(text, likes):\n    return 'SPAM' if likes == 2 else None\n",
    )
    result = rules.apply(BATCH, run_sql=run_sql)
    assert voted(result) == [("rule/s", "3", "HAM"), ("rule/p", "2", "SPAM")]
    (failure,) = result.failures.to_pylist()
    assert failure == {
        "rule": "s",
        "item_id": "2",
        "message": "gave 'EGGS'; allowed: HAM, SPAM or null",
    }


def test_a_function_that_raises_abstains_there_and_is_counted(rule_set):
    rules = rule_set(python="@rule('SPAM')\ndef f(text):\n    return len(text) > 14\n")
    result = rules.apply(BATCH)
    assert items(result) == ["2"]
    (failure,) = result.failures.to_pylist()
    assert (failure["rule"], failure["item_id"]) == ("f", "3")
    assert failure["message"].startswith("TypeError")


def test_a_function_that_returns_something_else_abstains_there(rule_set):
    rules = rule_set(python="@rule('SPAM')\ndef f(likes):\n    return likes\n")
    result = rules.apply(BATCH)
    assert items(result) == []
    assert result.failures["message"][0].as_py() == "returned 1; allowed: True, False or None"


def test_a_function_may_take_whole_columns(rule_set):
    code = (
        "import pyarrow.compute as pc\n"
        "@rule('SPAM', arrow=True)\ndef f(likes):\n    return pc.greater(likes, 1)\n"
        "@rule('SPAM', arrow=True)\ndef g(likes):\n    return [True]\n"
    )
    result = rule_set(python=code).apply(BATCH)
    assert items(result) == ["2", "3"]
    assert set(result.failures["message"].to_pylist()) == {"returned 1 values for 4 rows"}


def test_one_rule_is_recomputed_alone(rule_set):
    code = "@rule('HAM')\ndef f(text):\n    raise RuntimeError\n"
    rules = rule_set(
        "{name: a, label: SPAM, regex: h}", "{name: b, label: SPAM, regex: '[Cc]h'}", python=code
    )
    result = rules.apply(BATCH, only=["b"])
    assert voted(result) == [("rule/b", "2", "SPAM"), ("rule/b", "4", "SPAM")]
    assert result.failures.num_rows == 0
    with pytest.raises(RuleError, match=r"no rule 'bb'.*Did you mean 'b'\?"):
        rules.apply(BATCH, only=["bb"])


def test_a_vote_does_not_depend_on_the_rest_of_the_batch(rule_set):
    rules = rule_set(
        "{name: n, label: SPAM, nearest: [please subscribe to my channel, check out]}",
        "{name: k, label: SPAM, keyword: [subscribe, check out]}",
    )
    whole = sorted(voted(rules.apply(BATCH)))
    alone = sorted(vote for i in range(4) for vote in voted(rules.apply(BATCH.slice(i, 1))))
    assert whole == alone


def test_chunked_and_large_columns_are_taken(rule_set):
    rules = rule_set("{name: r, label: SPAM, regex: 'http|é'}")
    large = BATCH.set_column(1, "text", BATCH["text"].cast(pa.large_string()))
    assert items(rules.apply(pa.concat_tables([BATCH.slice(0, 2), BATCH.slice(2)]))) == ["1", "4"]
    assert items(rules.apply(large)) == ["1", "4"]


def test_an_empty_batch_and_an_empty_rule_set_give_no_votes(rule_set):
    rules = rule_set("{name: r, label: SPAM, regex: a}", "{name: s, label: SPAM, sql: 'true'}")
    assert rules.apply(BATCH.slice(0, 0), run_sql=run_sql).votes.num_rows == 0
    empty = rule_set().apply(BATCH)
    assert empty.votes.column_names == ["item_id", "voter", "version", "label"]
    assert empty.votes.num_rows == empty.failures.num_rows == 0


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("sql: 'lenght(text) > 2'", ["rules.yaml line 2, rule 'r'", "lenght", "sql:"]),
        ("sql: 'seen'", ["rule 'r'", "date", "true or false"]),
        ("regex: a, when: 'nope > 2'", ["rule 'r'", "'when: nope > 2'"]),
        ("metadata: {like: 3}", ["rule 'r'", "'like'", "Did you mean 'likes'?"]),
        ("metadata: {likes: abc}", ["rule 'r'", "'likes'", "'abc'"]),
    ],
)
def test_a_rule_that_does_not_fit_the_batch_is_named(rule_set, body, parts):
    with pytest.raises(RuleError) as caught:
        rule_set(f"{{name: r, label: SPAM, {body}}}").apply(BATCH, run_sql=run_sql)
    assert [part for part in parts if part not in str(caught.value)] == []


def test_sql_without_anything_to_run_it_is_told(rule_set):
    with pytest.raises(RuleError, match="rule 'r' is SQL"):
        rule_set("{name: r, label: SPAM, sql: 'true'}").apply(BATCH)


def test_a_parameter_that_is_no_column_is_told(rule_set):
    rules = rule_set(python="@rule('HAM')\ndef f(texts):\n    return True\n")
    with pytest.raises(RuleError, match=r"'texts' is no column.*Did you mean 'text'\?"):
        rules.apply(BATCH)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (pa.table({"text": ["a"]}), "needs the columns item_id and text"),
        (pa.table({"item_id": ["1", None], "text": ["a", "b"]}), "row 1 of the batch"),
        (pa.table({"item_id": ["1"], "text": [3]}), "the column text is int64"),
    ],
)
def test_a_malformed_batch_is_told(rule_set, batch, message):
    with pytest.raises(RuleError, match=message):
        rule_set("{name: r, label: SPAM, regex: a}").apply(batch)


def test_a_search_that_takes_too_long_abstains_and_names_the_rule(monkeypatch):
    monkeypatch.setattr(searching, "LIMIT_S", 0.05)
    monkeypatch.setattr(searching, "PATIENCE", 2)
    # the backreference keeps Hyperscan out, the text is chosen against the pattern
    slow = Rule("slow", "SPAM", "keyword", Patterns((r"(\w+\s?)+\1#é",)))
    quick = Rule("quick", "SPAM", "regex", Patterns(("é",)))
    batch = pa.table({"item_id": list("abcde"), "text": ["aaé#é", "é", *(["a" * 40 + "!#é"] * 3)]})
    result = RuleSet([slow, quick], CLASSES).apply(batch)
    assert [i for v, i, _ in voted(result) if v == "rule/quick"] == list("abcde")
    failures = result.failures.to_pylist()
    assert [(one["rule"], one["item_id"]) for one in failures] == [("slow", i) for i in "cde"]
    assert "took more than 0.05 s" in failures[0]["message"]
    assert any("not tried" in one["message"] for one in failures) or len(failures) == 3


def test_work_in_other_processes_gives_the_same_answer(monkeypatch):
    batch = pa.array([f"word{i % 7} é {'x' * (i % 5)}{i % 3}" for i in range(2000)])
    bodies = [Patterns((one,)) for one in (r"(\d) é", r"(x)\1(?=\d)", "d3.*é", r"\bé\b")]
    here, _ = Matcher(bodies).match(batch)
    monkeypatch.setattr(searching, "INLINE_CHARACTERS", 0)
    monkeypatch.setattr(searching, "usable_cores", lambda: 2)
    there, _ = Matcher(bodies).match(batch)
    assert [one.tolist() for one in here] == [one.tolist() for one in there]
    assert all(len(one) for one in here)
