import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cli.file.drift import drift
from labeling.errors import QualityError


def stream(falls_at, batches=20):
    rng = np.random.default_rng(3)
    lines = ["batch,label,gold"]
    for t in range(batches):
        for _ in range(50):
            label = rng.choice(["HAM", "SPAM"])
            wrong = rng.random() < (0.3 if t >= falls_at and label == "SPAM" else 0.04)
            lines.append(f"2026-{t:02},{label},{'OTHER' if wrong else label}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def run(tmp_path):
    app = typer.Typer()
    app.command()(drift)

    def run(content, *arguments):
        (tmp_path / "reviews.csv").write_text(content)
        return CliRunner().invoke(app, [str(tmp_path / "reviews.csv"), *arguments])

    return run


def test_the_alarm_names_the_series_the_batch_and_the_change(run):
    found = json.loads(run(stream(8), "--target", "0.92", "--json").output)
    series = {row["series"]: row for row in found["series"]}
    assert series["class/SPAM"]["alarm"]
    assert series["class/SPAM"]["fired_in"] >= "2026-08"
    assert abs(int(series["class/SPAM"]["change_batch"][-2:]) - 8) <= 2
    assert not series["class/HAM"]["alarm"]
    assert len(series["labels"]["batches"]) == 20


def test_a_healthy_stream_raises_no_alarm_and_check_passes(run):
    done = run(stream(99), "--target", "0.92", "--check")
    assert done.exit_code == 0
    assert "none" in done.output


def test_check_fails_while_an_alarm_stands(run):
    done = run(stream(5), "--target", "0.92", "--check")
    assert done.exit_code == 1
    assert "2026-" in done.output


def test_reference_batches_are_named_as_loose(run):
    done = run(stream(12), "--reference", "6", "--batches", "52", "--false-alarms", "0.05")
    assert done.exit_code == 0
    assert "6 reference batches" in done.output


def test_without_a_promise_it_asks_for_one(run):
    assert isinstance(run(stream(5)).exception, QualityError)
