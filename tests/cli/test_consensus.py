"""``touchstone consensus`` as a person types it."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from cli.file.consensus import consensus
from labeling.errors import LabelingError

DATA = Path(__file__).parents[3] / "shared" / "data"


def run(*arguments):
    app = typer.Typer()
    app.command()(consensus)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def votes(tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 400)
    matrix = [np.where(rng.random(400) < 0.85, truth, 1 - truth) for _ in range(4)]
    frame = pd.DataFrame({f"lf_{j}": column for j, column in enumerate(matrix)})
    frame.insert(0, "item_id", [f"i{n}" for n in range(400)])
    frame.loc[399, ["lf_0", "lf_1", "lf_2", "lf_3"]] = -1
    frame.to_csv(tmp_path / "votes.csv", index=False)
    gold = pd.DataFrame({"item_id": frame["item_id"][:60], "label": truth[:60]})
    gold.to_csv(tmp_path / "gold.csv", index=False)
    return tmp_path / "votes.csv"


def test_labels_are_written_and_the_report_is_readable(votes, tmp_path):
    out = tmp_path / "labels.csv"
    result = run(votes, "-o", out)
    assert result.exit_code == 0, result.output
    assert "400 items, 1,596 votes, 1 undecided" in result.output
    assert "lf_0" in result.output
    with out.open() as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 400
    assert rows[399]["label"] == ""
    assert all(float(row["p_0"]) + float(row["p_1"]) == pytest.approx(1) for row in rows)


def test_explain_says_what_each_voter_is_worth_and_who_would_do(votes, tmp_path):
    result = run(votes, "-o", tmp_path / "labels.csv", "--explain")
    assert result.exit_code == 0, result.output
    assert "4 voters are worth about" in result.output
    assert "keep the labels within half a point" in " ".join(result.output.split())
    told = run(votes, "-o", tmp_path / "labels.csv", "--explain", "--json")
    worth = json.loads(told.output)["worth"]
    assert 3 < worth["effective_voters"] <= 4
    assert {row["voter"] for row in worth["voters"]} == {"lf_0", "lf_1", "lf_2", "lf_3"}
    assert set(worth["kept"]) <= {"lf_0", "lf_1", "lf_2", "lf_3"}


def test_json_tells_everything_that_a_script_wants(votes, tmp_path):
    out = tmp_path / "labels.parquet"
    result = run(votes, "-o", out, "--gold", tmp_path / "gold.csv", "--json")
    report = json.loads(result.output)
    assert report["undecided"] == 1
    assert report["gold"]["reviewed"] == 60
    assert 0.8 < report["gold"]["accuracy"] <= 1
    assert report["gold"]["log_loss"] > 0
    assert len(report["voters"]) == 4
    assert report["voters"][0]["interval"][0] < 0.85 < report["voters"][0]["interval"][1]
    assert np.array(report["voters"][0]["confusion"]).shape == (2, 2)
    assert report["method"] in {"ensemble", "ensemble and gold"}
    assert list(pd.read_parquet(out).columns) == ["item_id", "label", "confidence", "p_0", "p_1"]


@pytest.mark.parametrize(
    "method", ["majority", "weighted_majority", "dawid_skene", "one_coin", "pattern_ds"]
)
def test_the_method_can_be_chosen(votes, tmp_path, method):
    result = run(votes, "-o", tmp_path / "l.csv", "--method", method, "--json")
    assert json.loads(result.output)["method"] == method


def test_the_same_votes_and_seed_give_the_same_bytes(votes, tmp_path):
    for name in ("a.csv", "b.csv"):
        run(votes, "-o", tmp_path / name, "--gold", tmp_path / "gold.csv", "--seed", "3")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_class_names_and_balance_are_taken(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("item,voter,label\n1,a,SPAM\n1,b,SPAM\n2,a,HAM\n")
    out = tmp_path / "l.csv"
    result = run(path, "-o", out, "--classes", "HAM=0.8,SPAM=0.2", "--json")
    assert json.loads(result.output)["class_balance"] == pytest.approx([0.8, 0.2])
    with out.open() as lines:
        assert [row["label"] for row in csv.DictReader(lines)] == ["SPAM", "HAM"]


def test_a_mistake_is_a_labeling_error_and_writes_nothing(votes, tmp_path):
    out = tmp_path / "labels.csv"
    result = run(votes, "-o", out, "--voters", "!nope")
    assert isinstance(result.exception, LabelingError)
    assert "no column matches 'nope'" in str(result.exception)
    result = run(votes, "-o", out, "--method", "best")
    assert "there is no method 'best'" in str(result.exception)
    assert run(votes, "-o", out, "--classes", "A=a,B=b").exit_code == 2
    assert not out.exists()


@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not here")
def test_recorded_votes_go_in_as_they_are(tmp_path):
    path = DATA / "wrench_youtube" / "votes.parquet"
    out = tmp_path / "labels.parquet"
    result = run(path, "-o", out, "--id", "id", "--voters", "lf_*", "--json")
    assert json.loads(result.output)["items"] == 2056
    truth = pd.read_parquet(path)
    labels = pd.read_parquet(out)
    at = (truth["split"] == "test").to_numpy() & labels["label"].notna().to_numpy()
    assert (labels["label"][at] == truth["gold"][at]).mean() > 0.85


@pytest.mark.parametrize("head", ["item_id,voter,label", "item_id,a,b"], ids=["long", "wide"])
def test_votes_without_a_row_are_nothing_to_label_and_give_an_empty_file(
    touchstone, tmp_path, head
):
    (tmp_path / "votes.csv").write_text(f"{head}\n", encoding="utf-8")
    said = touchstone("consensus", "votes.csv", "-o", "labels.csv", "--classes", "A,B", at=tmp_path)
    assert said.code == 0
    assert said.out == (
        "votes.csv has no row under its header: there is nothing to label. labels.csv has its "
        "columns and no row\n"
    )
    written = (tmp_path / "labels.csv").read_text(encoding="utf-8")
    assert written == '"item_id","label","confidence","p_0","p_1"\n'
    told = touchstone("consensus", "votes.csv", "-o", "labels.csv", "--json", at=tmp_path)
    assert json.loads(told.out)["items"] == 0


@pytest.mark.parametrize("given", ["1000000000", "9" * 5_000, "²", "0", "-1"])
def test_a_count_of_classes_beyond_reason_is_refused_before_anything_is_made(
    touchstone, tmp_path, given
):
    (tmp_path / "votes.csv").write_text("item_id,a\n1,0\n", encoding="utf-8")
    said = touchstone("consensus", "votes.csv", "-o", "l.csv", f"--classes={given}", at=tmp_path)
    assert said.code == 2
    assert "--classes" in said.err
    assert not (tmp_path / "l.csv").exists()
