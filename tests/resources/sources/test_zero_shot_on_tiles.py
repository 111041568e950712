"""A CLIP of a few numbers looks at 708 tiles of real road: every one of them, once, and in no time."""

import shutil
import sys
import time

import pytest

from resources.models.vectors import clip
from resources.sources.zero_shot import ZeroShotVoters
from resources.task.settings.schema import TaskSpec
from resources.task.task import Task
from tests.conftest import ROOT
from tests.fakes.clip_weights import write_clip
from tests.resources.sources.test_zero_shot_votes import items

for needed in ("fastembed", "onnx"):
    pytest.importorskip(needed, reason="`make test` installs it")

TILES = ROOT.parent / "shared" / "data" / "img_crackforest" / "tiles"
MOST_S = 60.0
"""Seconds for all tiles, on a machine that does much else; it takes four."""


@pytest.fixture
def road(tmp_path) -> Task:
    if not TILES.is_dir():
        pytest.skip(f"the tiles are not at {TILES}")
    folder = tmp_path / "cracks"
    write_clip(folder / "weights")
    shutil.copytree(TILES, folder / "tiles")
    spec = TaskSpec.model_validate(
        {
            "name": "cracks",
            "classes": [
                {"name": "crack", "phrases": ["red"]},
                {"name": "clean", "phrases": ["blue", "green"]},
            ],
            "source": {"files": "*.csv", "image": "image", "image_folder": "tiles"},
            "zero_shot": [{"name": "clip", "clip": {"weights": "weights", "threads": 1}}],
        }
    )
    return Task(folder, spec, tmp_path)


def test_every_tile_gets_a_vote_once_and_a_broken_one_a_reason(road, monkeypatch):
    names = sorted(path.name for path in (road.folder / "tiles").glob("*.jpg"))
    assert len(names) == 708
    (road.folder / "tiles" / names[0]).write_bytes(b"\xff\xd8\xff cut short")
    batch, started = items(*[""] * 708, images=names), time.perf_counter()
    said = ZeroShotVoters().vote(road, batch)
    assert time.perf_counter() - started < MOST_S
    assert said.votes.num_rows == 707
    assert set(said.votes["label"].to_pylist()) <= {"crack", "clean"}
    assert all(0.5 <= sure <= 1 for sure in said.votes["confidence"].to_pylist())
    (silent,) = said.abstentions.to_pylist()
    assert silent["reason"] == "image: not an image, or a broken one"
    clip._loaded.cache_clear()
    monkeypatch.setitem(sys.modules, "fastembed", None)
    shutil.copy(road.folder / "tiles" / names[1], road.folder / "tiles" / names[0])
    again = ZeroShotVoters().vote(road, batch)
    assert again.votes.num_rows == 708, "the tile that was mended is one that was seen"
    assert again.votes.slice(1).equals(said.votes)
