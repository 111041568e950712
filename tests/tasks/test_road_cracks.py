"""Tiles of real road: brought whole, gold apart, and what the rules make of the pictures."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from labeling.errors import LabelingError
from labeling.llm.prompts.prompt import load_prompts
from labeling.rules.engine import RuleSet
from labeling.rules.functions import with_pictures
from labeling.rules.reading.reading import read_rules
from tests.tasks.conftest import REPOSITORY, TASKS, load, read_inbox, read_truth

FOLDER = TASKS / "road_cracks"
BRING = load(FOLDER / "bring.py")
TILES = REPOSITORY.parent / "shared" / "data" / "img_crackforest"
CLASSES = ("crack", "clean")


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds inbox and truth."""
    if not TILES.is_dir():
        pytest.skip(f"the tiles are not at {TILES}")
    folder = tmp_path_factory.mktemp("road_cracks")
    BRING.generate(folder / "inbox", folder / "truth", folder / "nothing", TILES)
    return folder


def test_all_tiles_come_in_twelve_batches_of_ten_roads_without_their_gold(brought: Path) -> None:
    items = read_inbox(brought / "inbox")
    assert len(items) == 660
    assert len({item["batch"] for item in items}) == 12
    assert all(
        int(item["batch"][6:9]) <= int(item["road"]) <= int(item["batch"][10:]) for item in items
    )
    assert all(set(item) == {"item_id", "image", "road", "place", "batch"} for item in items)
    assert all((brought / "inbox" / item["image"]).is_file() for item in items)
    truth = read_truth(brought / "truth")
    assert set(truth) == {item["item_id"] for item in items}
    assert sum(label == "crack" for label in truth.values()) == 527


def test_bringing_them_again_writes_nothing(brought: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in brought.rglob("*.*")}
    BRING.generate(brought / "inbox", brought / "truth", brought / "nothing", TILES)
    assert {path: path.stat().st_mtime_ns for path in brought.rglob("*.*")} == before


def test_rules_see_cracks_on_roads_that_their_limits_were_not_chosen_on(brought: Path) -> None:
    truth = read_truth(brought / "truth")
    items = [item for item in read_inbox(brought / "inbox") if int(item["road"]) > 40][::3]
    batch = pa.table({"item_id": [item["item_id"] for item in items], "text": [""] * len(items)})
    paths = [str(brought / "inbox" / item["image"]) for item in items]
    rules = RuleSet(read_rules(FOLDER / "rules.yaml", CLASSES, FOLDER / "rules.py"), CLASSES)
    applied = rules.apply(with_pictures(batch, paths))
    assert applied.failures.num_rows == 0
    right: dict[str, list[bool]] = {"crack": [], "clean": []}
    for vote in applied.votes.to_pylist():
        right[vote["label"]].append(truth[vote["item_id"]] == vote["label"])
    assert len(right["crack"]) > len(items)
    assert np.mean(right["crack"]) > 0.94
    assert np.mean(right["clean"]) > 0.6, "a fifth of the tiles are clean"
    decided = {vote["item_id"] for vote in applied.votes.to_pylist()}
    assert len(decided) > 0.8 * len(items)


def original(folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Two photographs as the public data set has them: one with a crack, and a little of one."""
    from scipy.io import savemat

    for name in ("image", "groundTruth"):
        (folder / name).mkdir(parents=True)
    for road in ("001", "011"):
        crack = np.ones((320, 480), dtype=np.uint8)
        crack[10:12, 0:200] = 2
        crack[200, 330:340] = 2
        Image.new("RGB", (480, 320), "gray").save(folder / "image" / f"{road}.jpg")
        edges = (crack == 2).astype(np.uint8)
        struct = np.empty((1, 1), dtype=[("Segmentation", object), ("Boundaries", object)])
        struct[0, 0] = (crack, edges)
        savemat(folder / "groundTruth" / f"{road}.mat", {"groundTruth": struct})
        yield road, crack


def test_the_public_photographs_are_cut_into_tiles_and_doubtful_ones_left_out(
    tmp_path: Path,
) -> None:
    list(original(tmp_path / "original"))
    tiles = BRING.find_tiles(tmp_path / "original", tmp_path / "nowhere")
    first = {tile.cell: tile.label for tile in tiles if tile.road == "001"}
    assert first == {"00": "crack", "01": "crack", "02": "clean", "10": "clean", "11": "clean"}
    assert Image.open(BytesIO(tiles[0].picture)).size == (160, 160)
    files = BRING.generate(
        tmp_path / "inbox", tmp_path / "truth", tmp_path / "original", tmp_path / "nowhere"
    )
    assert [path.name for path in files] == ["roads-001-010.jsonl", "roads-011-020.jsonl"]
    assert json.loads(files[0].read_text().splitlines()[0]) == {
        "item_id": "001_00.jpg", "image": "tiles/001_00.jpg", "road": "001", "place": "upper",
    }  # fmt: skip


def test_missing_photographs_are_told_with_where_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(LabelingError, match="CrackForest-dataset of cuilimeng"):
        BRING.find_tiles(tmp_path / "original", tmp_path / "shared")
    list(original(tmp_path / "original"))
    (tmp_path / "original" / "groundTruth" / "011.mat").unlink()
    with pytest.raises(LabelingError, match=r"011\.mat is missing"):
        BRING.find_tiles(tmp_path / "original", tmp_path / "shared")


def test_the_task_asks_the_model_about_the_picture_in_question() -> None:
    (prompt,) = load_prompts(FOLDER / "prompts" / "crack.md")
    assert "Is there a crack in the pavement in this image?" in prompt.body
    assert prompt.model.startswith("simulated/")
