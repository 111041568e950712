import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cli.file.plan import plan
from labeling.errors import QualityError
from labeling.quality.planning import plan_for_width


@pytest.fixture
def run():
    app = typer.Typer()
    app.command()(plan)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.fixture
def items(tmp_path):
    rng = np.random.default_rng(0)
    sure = 1 - rng.beta(0.3, 4, 2000)
    rows = [f"{'SPAM' if i % 4 == 0 else 'HAM'},{p:.4f}" for i, p in enumerate(sure)]
    (tmp_path / "items.csv").write_text("label,posterior\n" + "\n".join(rows) + "\n")
    return str(tmp_path / "items.csv")


def test_two_points_are_told_in_reviews_minutes_and_money(run):
    found = json.loads(
        run(
            "--points", "2", "--accuracy", "0.92", "--hourly", "30", "--seconds", "12", "--json"
        ).output
    )
    reviews = plan_for_width(0.02, 0.92).reviews
    assert found["total"]["reviews"] == reviews
    assert found["total"]["minutes"] == pytest.approx(reviews / 5)
    assert found["total"]["money"] == pytest.approx(reviews / 10)
    assert [drop["points"] for drop in found["batches_to_alarm"]] == [2, 5, 10]


def test_the_other_way_round_tells_the_interval(run):
    done = run("--reviews", "100")
    assert done.exit_code == 0
    assert "± 5.4 points" in done.output


def test_a_posterior_saves_reviews_and_classes_are_planned_each(run, items):
    plain = json.loads(run("2000", "--points", "4", "--json").output)
    found = json.loads(run(items, "--points", "4", "--by-class", "--json").output)
    assert found["stratified"]
    assert found["total"]["reviews"] < plain["total"]["reviews"]
    assert set(found["classes"]) == {"HAM", "SPAM"}
    shown = run(items, "--reviews", "80", "--by-class").output
    assert "labelled SPAM" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "either --points"),
        (("--points", "2", "--reviews", "9"), "either --points"),
        (("--points", "2", "--by-class"), "needs a file"),
    ],
)
def test_what_cannot_be_planned_is_told(run, arguments, message):
    done = run(*arguments)
    assert isinstance(done.exception, QualityError)
    assert message in str(done.exception)


def test_a_file_without_labels_is_named(run, tmp_path):
    (tmp_path / "i.csv").write_text("text\nhello\n")
    done = run(str(tmp_path / "i.csv"), "--points", "2")
    assert "i.csv: columns text; needed are label" in str(done.exception)
