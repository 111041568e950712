"""The generated reports: reproducible, marked where the words stand, changed from batch 5."""

import json
from pathlib import Path

import pytest

from resources.task.task import load_task
from tests.tasks.conftest import TASKS, load, read_inbox, read_truth

GENERATOR = load(TASKS / "bike_repairs" / "generate.py")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of the generated reports and of their truth."""
    folder = tmp_path_factory.mktemp("bike_repairs")
    GENERATOR.generate(folder / "inbox", folder / "truth")
    return folder / "inbox", folder / "truth"


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(
    reports: tuple[Path, Path], tmp_path: Path
) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    GENERATOR.generate(again / "inbox", again / "truth")
    GENERATOR.generate(other / "inbox", other / "truth", seed=7)
    for folder, name in zip(reports, ("inbox", "truth"), strict=True):
        for path in folder.iterdir():
            assert (again / name / path.name).read_bytes() == path.read_bytes()
            assert (other / name / path.name).read_bytes() != path.read_bytes()


def test_every_span_is_allowed_and_covers_the_words_that_it_stands_for(
    reports: tuple[Path, Path],
) -> None:
    task = load_task(TASKS / "bike_repairs")
    truth = read_truth(reports[1])
    text = {item["item_id"]: item["text"] for item in read_inbox(reports[0])}
    assert set(truth) == set(text)
    assert all(task.kind.checked(label, task.classes) == label for label in truth.values())
    times = {
        text[item][start:end]
        for item, label in truth.items()
        for start, end, name in json.loads(label)
        if name == "Time"
    }
    assert {one.lower() for one in times} == set(GENERATOR.TIMES)
    assert "[]" in truth.values()


def test_electric_bicycles_come_in_from_the_fifth_batch_on(reports: tuple[Path, Path]) -> None:
    items = read_inbox(reports[0])
    names = [part.lower() for part in GENERATOR.ELECTRIC_PARTS]
    electric = [i for i in items if any(part in i["text"].lower() for part in names)]
    assert {item["batch"] for item in electric} == {"2026-06-05", "2026-06-06"}
    assert 0.4 < len(electric) / (2 * GENERATOR.REPORTS_A_DAY) < 0.6
