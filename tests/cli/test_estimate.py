import json

import pytest
import typer
from typer.testing import CliRunner

from cli.file.estimate import estimate
from labeling.errors import QualityError


@pytest.fixture
def run(tmp_path):
    app = typer.Typer()
    app.command()(estimate)

    def run(content, *arguments):
        (tmp_path / "reviews.csv").write_text(content)
        return CliRunner().invoke(app, [str(tmp_path / "reviews.csv"), *arguments])

    return run


HUNDRED = "batch,correct\n" + "2026-01,1\n" * 92 + "2026-01,0\n" * 8


def test_it_prints_the_interval_of_every_batch(run):
    done = run(HUNDRED)
    assert done.exit_code == 0
    assert "92.0%" in done.output
    assert "85.0% .. 95.9%" in done.output


def test_json_holds_points_and_bounds(run):
    found = json.loads(run(HUNDRED + "2026-02,\n", "--json", "--window", "2").output)
    assert found["overall"]["accuracy"] == pytest.approx(0.92)
    assert found["batches"][1]["accuracy"] is None
    assert (found["batches"][1]["low"], found["batches"][1]["high"]) == (0, 1)
    assert found["windows"][0]["name"] == "2026-01 .. 2026-02"
    assert found["posterior"] == {"proven": False, "auc": None}


def test_classes_are_told_where_labels_are_given(run):
    found = json.loads(run("batch,label,gold\na,x,x\na,x,y\na,y,y\n", "--json").output)
    assert [(row["name"], row["accuracy"]) for row in found["classes"]] == [("x", 0.5), ("y", 1.0)]


def test_reviews_of_weight_zero_are_told(run):
    assert "1 review of weight 0" in run("batch,correct,weight\na,1,1\na,0,0\n").output


def test_a_malformed_row_is_a_user_error_that_names_it(run):
    done = run("batch,correct,probability\na,1,0.5\na,1,2\n")
    assert isinstance(done.exception, QualityError)
    assert "reviews.csv: row 2: probability is 2.0" in str(done.exception)
