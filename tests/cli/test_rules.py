import json

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from cli.file.rules import rules
from labeling.errors import LabelingError

RULES = """
classes: [HAM, SPAM]
rules:
  - {name: link, label: SPAM, regex: 'https?://'}
  - {name: begs, label: SPAM, keyword: subscribe}
  - {name: short, label: HAM, sql: length(text) < 9}
  - {name: liked, label: HAM, metadata: {likes: {min: 5}}}
  - {name: never, label: HAM, keyword: zzz}
"""
TEXTS = (
    'item_id,text,likes\n007,"see http://a.b",1\n8,SUBSCRIBE now,2\n9,fine,9\n10,"a, ""b""\nc",\n'
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "texts.csv").write_text(TEXTS)
    (tmp_path / "gold.csv").write_text("item_id,label\n007,SPAM\n8,1\n9,SPAM\n10,\n")
    return tmp_path


@pytest.fixture
def run(folder):
    app = typer.Typer()
    app.command()(rules)

    def run(*arguments, texts="texts.csv"):
        words = [str(folder / "rules.yaml"), str(folder / texts), *map(str, arguments)]
        result = CliRunner().invoke(app, words, env={"COLUMNS": "160"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_long_votes_name_item_voter_version_and_class(run, folder):
    out = folder / "votes.parquet"
    assert "5 votes written" in run("-o", out)
    votes = pq.read_table(out)
    assert votes.column_names == ["item_id", "voter", "version", "label"]
    assert [(row["item_id"], row["voter"], row["label"]) for row in votes.to_pylist()] == [
        ("007", "rule/link", "SPAM"),
        ("8", "rule/begs", "SPAM"),
        ("9", "rule/short", "HAM"),
        ("10", "rule/short", "HAM"),
        ("9", "rule/liked", "HAM"),
    ]


def test_wide_votes_have_a_row_an_item_and_a_number_a_class(run, folder):
    out = folder / "votes.csv"
    assert "0 = HAM, 1 = SPAM, -1 = no vote" in run("-o", out, "--shape", "wide")
    votes = pacsv.read_csv(
        out, convert_options=pacsv.ConvertOptions(column_types={"item_id": pa.string()})
    )
    assert votes.to_pylist()[0] == {
        "item_id": "007",
        "rule/link": 1,
        "rule/begs": -1,
        "rule/short": -1,
        "rule/liked": -1,
        "rule/never": -1,
    }
    assert votes["rule/never"].to_pylist() == [-1] * 4


def test_the_table_tells_accuracy_with_an_interval_and_what_never_fires(run, folder):
    output = run("--gold", folder / "gold.csv")
    assert "100.0% of 1 (20.7% to 100.0%)" in output
    assert "0.0% of 1 (0.0% to 79.3%)" in output
    assert "never fires" in output


def test_jsonl_and_parquet_and_other_column_names_are_read(run, folder):
    rows = [{"key": "a", "body": "http://x", "likes": 1}, {"key": "b", "body": None, "likes": 7}]
    (folder / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), folder / "texts.parquet")
    for name in ("texts.jsonl", "texts.parquet"):
        found = json.loads(run("--columns", "id=key,text=body", "--json", texts=name))
        assert [row["votes"] for row in found["rules"]] == [1, 0, 1, 1, 0]


def test_json_holds_classes_rules_and_failures(run, folder):
    (folder / "rules.py").write_text(
        "from labeling.rules.reading.python import rule\n"
        "@rule('HAM')\ndef f(likes):\n    return float(likes) > 5\n"
    )
    found = json.loads(run("--json", "--python", folder / "rules.py", "--only", "f"))
    assert found["classes"] == ["HAM", "SPAM"]
    assert (found["items"], found["votes"]) == (4, 1)
    assert [row["rule"] for row in found["rules"]] == ["f"]
    (failure,) = found["failures"]
    assert (failure["rule"], failure["item_id"]) == ("f", "10")


def test_what_changed_since_earlier_votes_is_shown(run, folder):
    out = folder / "votes.parquet"
    run("-o", out)
    (folder / "rules.yaml").write_text(
        RULES.replace("keyword: subscribe", "keyword: now, case: exact")
    )
    found = json.loads(run("--before", out, "--json"))
    assert [row["voter"] for row in found["changed_rules"]] == ["rule/begs"]
    assert found["changed_rules"][0]["kept"] == 1
    assert found["changed_items"] == []
    (folder / "rules.yaml").write_text(RULES.replace("keyword: subscribe", "keyword: fine"))
    output = run("--before", out)
    assert "rule/begs on 8: SPAM → no vote" in output
    assert "rule/begs on 9: no vote → SPAM" in output


def test_suggestions_are_printed_as_yaml(run, folder):
    rows = [{"item_id": f"{i}", "text": "free money" if i % 2 else "nice song"} for i in range(40)]
    pq.write_table(pa.Table.from_pylist([{**r, "likes": 0} for r in rows]), folder / "t.parquet")
    gold = [{"item_id": f"{i}", "label": "SPAM" if i % 2 else "HAM"} for i in range(40)]
    pq.write_table(pa.Table.from_pylist(gold), folder / "gold.parquet")
    output = run("--gold", folder / "gold.parquet", "--suggest", "2", texts="t.parquet")
    assert '  - name: says_money\n    label: "SPAM"\n    keyword: ["money"]\n' in output
    consensus = [{**g, "p_0": 1.0 - i % 2, "p_1": float(i % 2)} for i, g in enumerate(gold)]
    pq.write_table(pa.Table.from_pylist(consensus), folder / "labels.parquet")
    found = run("--consensus", folder / "labels.parquet", "--suggest", "2", texts="t.parquet")
    assert "# suggestions from consensus" in found
    assert "says_money" in found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--columns", "id=items"], "no column 'items' for item_id; it has item_id, text, likes"),
        (["--classes", "HAM"], "at least two"),
        (["--suggest", "3"], "give --gold or --consensus"),
        (["--only", "lnk"], "Did you mean 'link'?"),
        (["-o", "votes.txt"], "must end in .csv or .parquet"),
        (["--gold", "none.csv"], "there is no file none.csv"),
    ],
)
def test_a_mistake_on_the_command_line_is_told(run, arguments, message):
    with pytest.raises(LabelingError) as caught:
        run(*arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.csv", "item_id,text\na,x\na,y\n", "id 'a' stands 2 times"),
        ("t.csv", "item_id,text\n,x\n", "row 1: the id is empty"),
        (
            "t.csv",
            "item_id,text\na,x,y\n",
            "row 1 cannot be read: the header has 2 fields, this row 3",
        ),
        ("t.jsonl", "{", "cannot be read"),
        ("t.txt", "x", "t.txt is neither .csv, .csv.gz, .jsonl"),
    ],
)
def test_a_malformed_file_of_texts_is_told(run, folder, name, text, message):
    (folder / name).write_text(text)
    with pytest.raises(LabelingError) as caught:
        run(texts=name)
    assert message in str(caught.value)


def test_gold_with_an_unknown_class_is_told(run, folder):
    (folder / "gold.csv").write_text("item_id,label\n007,SPAM\n8,EGGS\n")
    with pytest.raises(LabelingError, match=r"row 2: column 'label' holds 'EGGS'.* 'HAM', 'SPAM'"):
        run("--gold", folder / "gold.csv")


def test_a_file_without_classes_asks_for_them(run, folder):
    (folder / "rules.yaml").write_text(RULES.replace("classes: [HAM, SPAM]", ""))
    with pytest.raises(LabelingError, match="--classes HAM,SPAM"):
        run()
    assert json.loads(run("--classes", "HAM, SPAM", "--json"))["votes"] == 5


def test_probabilities_in_another_order_of_the_classes_are_refused(run, folder):
    rows = [{"item_id": "007", "label": "HAM", "p_0": 0.1, "p_1": 0.9}]
    pq.write_table(pa.Table.from_pylist(rows), folder / "labels.parquet")
    with pytest.raises(
        LabelingError, match="row 1: label is 'HAM', but p_1, the largest, would be"
    ):
        run("--consensus", folder / "labels.parquet", "--suggest", "2")


def test_classes_called_by_numbers_are_written_by_name_in_the_wide_shape(run, folder):
    (folder / "rules.yaml").write_text(
        "classes: [1, 2, 3]\nrules:\n  - {name: link, label: 2, regex: 'https?://'}\n"
    )
    run("-o", folder / "votes.parquet", "--shape", "wide")
    assert pq.read_table(folder / "votes.parquet")["rule/link"].to_pylist() == ["2", *[None] * 3]
