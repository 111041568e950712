"""The generated reviews: reproducible, of several classes as often as said, changed from batch 5."""

import json
from collections import Counter
from pathlib import Path

import pytest

from resources.task.task import load_task
from tests.tasks.conftest import TASKS, load, read_inbox, read_truth

GENERATOR = load(TASKS / "hotel_reviews" / "generate.py")


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of the generated reviews and of their truth."""
    folder = tmp_path_factory.mktemp("hotel_reviews")
    GENERATOR.generate(folder / "inbox", folder / "truth")
    return folder / "inbox", folder / "truth"


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(
    reviews: tuple[Path, Path], tmp_path: Path
) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    GENERATOR.generate(again / "inbox", again / "truth")
    GENERATOR.generate(other / "inbox", other / "truth", seed=7)
    for folder, name in zip(reviews, ("inbox", "truth"), strict=True):
        for path in folder.iterdir():
            assert (again / name / path.name).read_bytes() == path.read_bytes()
            assert (other / name / path.name).read_bytes() != path.read_bytes()


def test_every_set_is_one_that_the_task_allows_and_none_is_among_them(
    reviews: tuple[Path, Path],
) -> None:
    task = load_task(TASKS / "hotel_reviews")
    truth = read_truth(reviews[1])
    assert set(truth) == {item["item_id"] for item in read_inbox(reviews[0])}
    assert all(task.kind.checked(text, task.classes) == text for text in truth.values())
    sizes = Counter(len(json.loads(text)) for text in truth.values())
    assert set(sizes) == set(range(6))


def test_classes_are_as_common_as_the_readme_says_and_hang_together(
    reviews: tuple[Path, Path],
) -> None:
    sets = [set(json.loads(text)) for text in read_truth(reviews[1]).values()]
    share = {name: sum(name in one for one in sets) / len(sets) for name in GENERATOR.CLASSES}
    assert 0.38 < share["staff"] < 0.44
    assert 0.03 < share["would_not_return"] < 0.06
    noisy = [one for one in sets if "noise" in one]
    after_noise = sum("would_not_return" in one for one in noisy) / len(noisy)
    assert after_noise > 2 * share["would_not_return"]


def test_the_deposit_is_told_of_from_the_fifth_batch_on_and_is_a_price(
    reviews: tuple[Path, Path],
) -> None:
    truth = read_truth(reviews[1])
    items = read_inbox(reviews[0])
    told = [i for i in items if any(part in i["text"].lower() for part in GENERATOR.DEPOSIT)]
    assert {item["batch"] for item in told} == {"2026-05-08", "2026-05-09"}
    assert 0.4 < len(told) / 500 < 0.55
    assert all("price" in json.loads(truth[item["item_id"]]) for item in told)
