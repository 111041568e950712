"""Stand-ins and seeds stand in one section; where they stood before, they are still read."""

import pytest
import yaml

from cli.doctor.task_checkup import task as checkup
from resources.task.errors import TaskError
from resources.task.reading import read_spec
from resources.task.settings.remakes import hash_of
from resources.task.settings.section import Remakes

COMMON = """
name: letters
classes: [{name: praise}, {name: complaint}]
"""
FORMER = (
    COMMON
    + """
source: {files: "items/*.csv", generator: make.py}
models: {simulated: {truth: truth.csv, error_rate: 0.2}}
reviewers: {scripted: {truth: truth.csv, error_rate: 0.0}}
audit: {per_batch: 7, seed: 3}
queue: {seed: 4}
"""
)
TODAY = (
    COMMON
    + """
source: {files: "items/*.csv"}
models: {}
audit: {per_batch: 7}
demo:
  generator: make.py
  simulated: {truth: truth.csv, error_rate: 0.2}
  scripted: {truth: truth.csv, error_rate: 0.0}
  seeds: {audit: 3, queue: 4}
"""
)
STAMPS = {
    Remakes.LANDING: "cf03d1678f9473e7",
    Remakes.VOTES: "c8d37b1f17b00403",
    Remakes.LABELS: "04cdf03c4de5194b",
}
"""Hashes of such a file as versions had them that knew the former places alone."""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "letters"
    folder.mkdir()
    return folder


@pytest.fixture
def spec(folder):
    def of(text: str):
        (folder / "task.yaml").write_text(text, encoding="utf-8")
        return read_spec(folder)

    return of


def test_both_places_say_the_same(spec):
    assert spec(FORMER) == spec(TODAY)
    assert spec(TODAY).demo.seeds.audit == 3


@pytest.mark.parametrize("text", [FORMER, TODAY], ids=["former", "today"])
def test_nothing_is_made_anew_by_the_other_place(spec, text):
    assert {level: hash_of(spec(text), level) for level in STAMPS} == STAMPS


def test_another_seed_draws_anew_wherever_it_stands(spec):
    for text in (FORMER, TODAY):
        other = spec(text.replace("3", "5"))
        assert hash_of(other, Remakes.LABELS) != STAMPS[Remakes.LABELS]


def test_what_stands_at_both_places_is_refused(spec):
    twice = yaml.safe_load(FORMER) | {"demo": {"seeds": {"audit": 3}}}
    with pytest.raises(
        TaskError, match=r"audit\.seed and demo\.seeds\.audit are the same; say it once"
    ):
        spec(yaml.safe_dump(twice))


def test_a_fault_is_told_where_it_stands(spec):
    with pytest.raises(
        TaskError, match=r"task\.yaml:7: reviewers\.scripted\.error_rate: .*found 2\.0"
    ):
        spec(FORMER.replace("error_rate: 0.0", "error_rate: 2.0"))
    with pytest.raises(TaskError, match=r"task\.yaml:11: demo\.scripted\.error_rate: .*found 2\.0"):
        spec(TODAY.replace("error_rate: 0.0", "error_rate: 2.0"))


def test_a_simulated_model_needs_prompts(spec):
    with pytest.raises(TaskError, match=r"demo\.simulated needs models"):
        spec(TODAY.replace("models: {}", ""))


def test_doctor_tells_where_it_stands_today(spec, folder):
    def told(text):
        spec(text)
        found = [one for one in checkup(folder) if "task.yaml" in one.what]
        return " ".join(one.found for one in found)

    assert "audit.seed is demo.seeds.audit today" in told(FORMER)
    assert told(TODAY) == ""
