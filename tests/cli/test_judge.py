import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cli.file.judge import judge
from labeling.errors import LabelingError


@pytest.fixture
def run(tmp_path):
    app = typer.Typer()
    app.command()(judge)

    def run(content, *arguments):
        (tmp_path / "answers.csv").write_text(content)
        return CliRunner().invoke(app, [str(tmp_path / "answers.csv"), *arguments])

    return run


def answers(n, columns, write=lambda k: "abcd"[k]):
    """A file in which each column is right as often as it says."""
    rng = np.random.default_rng(0)
    truth = rng.integers(4, size=n)
    said = {
        name: np.where(rng.random(n) < share, truth, (truth + 1) % 4)
        for name, share in columns.items()
    }
    rows = [",".join([f"i{i}", *(write(said[name][i]) for name in said)]) for i in range(n)]
    return "\n".join([",".join(["item", *columns]), *rows]) + "\n"


PANEL = {"ann": 0.9, "bo": 0.9, "cy": 0.9, "gpt": 0.9, "llama": 0.4}


def test_a_verdict_is_told_in_words_for_every_model(run):
    done = run(answers(100, PANEL), "--people", "ann,bo,cy")
    assert done.exit_code == 0, done.exception
    told = " ".join(done.output.split())
    assert "gpt may replace a person: it is as close to the others as 3 of 3 people" in told
    assert "llama may not replace a person" in told


def test_json_holds_the_test_the_agreement_and_the_mistakes(run):
    found = json.loads(run(answers(100, PANEL), "--people", "ann,bo,cy", "--json").output)
    good, bad = found["models"]
    assert (good["may_replace"], bad["may_replace"]) == ("yes", "no")
    assert bad["agreement"]["high"] < found["agreement_of_people"]["low"]
    assert [one["matched"] for one in bad["people"]] == [False] * 3
    assert bad["mistakes"][0]["where_people_agree"] > 0
    assert {one["model"] for one in bad["mistakes"]} == set("abcd")


def test_names_say_who_is_a_person_where_nobody_else_does(run):
    columns = {"human_1": 0.9, "human_2": 0.9, "human_3": 0.9, "gpt-4o": 0.9, "notes": 0.2}
    found = json.loads(run(answers(60, columns), "--json").output)
    assert found["people"] == ["human_1", "human_2", "human_3"]
    assert [one["model"] for one in found["models"]] == ["gpt-4o"]


def test_a_row_an_answer_says_the_same_as_a_row_an_item(run):
    wide = answers(50, PANEL)
    head, *rows = (line.split(",") for line in wide.splitlines())
    long = ["item,annotator,label"]
    long += [
        f"{row[0]},{who},{said}"
        for row in rows
        for who, said in zip(head[1:], row[1:], strict=True)
    ]
    chosen = ("--models", "gpt,llama", "--json")
    assert json.loads(run(wide, *chosen).output) == json.loads(run("\n".join(long), *chosen).output)


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("several", lambda k: ["[]", "late", "late;broken", "praise"][k]),
        (
            "spans",
            lambda k: '"' + str([[0, 3 + int(k), "Drug"]] * bool(k)).replace("'", '""') + '"',
        ),
    ],
)
def test_sets_and_spans_are_judged_too(run, kind, write):
    content = answers(80, PANEL, write)
    done = run(content, "--people", "ann,bo,cy", "--kind", kind, "--json")
    assert done.exit_code == 0, done.exception
    good, bad = json.loads(done.output)["models"]
    assert (good["may_replace"], bad["may_replace"]) == ("yes", "no")
    assert {one["people"] is None for one in bad["mistakes"]} == {True, False}


@pytest.mark.parametrize(
    ("content", "arguments", "told"),
    [
        (answers(3, PANEL), (), "does not say whose columns are people: name them with --people"),
        (answers(3, PANEL), ("--people", "ann,zoe"), "--people 'zoe' matches none of ann, bo"),
        (answers(3, PANEL), ("--people", "ann", "--models", "a*"), "'ann' is named by --people and"),
        (answers(3, PANEL), ("--people", "ann,bo,cy", "--id", "key"), "has no column 'key'"),
        (answers(3, PANEL), ("--people", "ann", "--epsilon", "2"), "epsilon is 2, but it lies"),
        ("item,ann,gpt\n", ("--people", "ann"), "has no row under its header"),
        ("item,ann,gpt\n1,x,x\n1,y,y\n", ("--people", "ann"), "'1' stands on 2 rows"),
        ("item,ann,gpt\n1,[],[\n", ("--people", "ann", "--kind", "several"), "row 1: column 'gpt'"),
        ("item,voter,label\n1,ann,x\n1,ann,y\n1,gpt,x\n", ("--people", "ann"), "more than once"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_says_why(run, content, arguments, told):
    done = run(content, *arguments)
    assert isinstance(done.exception, LabelingError)
    assert told in str(done.exception)


def test_classes_that_differ_in_case_alone_are_warned_of(run):
    content = answers(40, PANEL) + "more,a,A,a,a,a\n"
    found = json.loads(run(content, "--people", "ann,bo,cy", "--json").output)
    assert len(found["warnings"]) == 1
