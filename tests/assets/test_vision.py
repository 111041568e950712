"""Items that are pictures, from a column of a file to votes, as docs/guides/images.md tells."""

import base64
import csv
import re
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from PIL import Image

from resources.task.task import load_task
from tests.fakes.asking import ask_models
from tests.fakes.provider.recorded import SHARED
from tests.fakes.provider.server import Body, FakeProvider

CRACKS = SHARED / "img_crackforest"
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "images.md"


def picture(body: Body) -> str:
    (part,) = [p for p in body["messages"][-1]["content"] if p["type"] == "image_url"]
    return part["image_url"]["url"]


def darkest(body: Body) -> str:
    """A very small vision model: a crack is a dark line, so it looks for dark pixels."""
    data = base64.b64decode(picture(body).partition(",")[2])
    with Image.open(BytesIO(data)) as image:
        pixels = sorted(image.convert("L").resize((40, 40)).tobytes())
    dark = pixels[len(pixels) // 2] - pixels[len(pixels) // 100]
    return "Yes." if dark > 18 else "No."


def test_the_guide_labels_tiles_of_road_from_their_pictures(tmp_path, monkeypatch):
    if not CRACKS.exists():
        pytest.skip(f"{CRACKS} is missing")
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    spec, prompt = re.findall(
        r"```(?:yaml|markdown)\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL
    )
    with (CRACKS / "labels.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["label"] != "-1"][::18]
    folder = tmp_path / "tasks" / "cracks"
    for name in ("prompts", "items", "tiles"):
        (folder / name).mkdir(parents=True)
    (folder / "prompts" / "crack.md").write_text(prompt, encoding="utf-8")
    (folder / "rules.yaml").write_text("rules: []\n", encoding="utf-8")
    lines = ["item_id,image"]
    for row in rows:
        name = row["file"]
        (folder / "tiles" / name).write_bytes((CRACKS / "tiles" / name).read_bytes())
        lines.append(f"{name},tiles/{name}")
    (folder / "items" / "tiles.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with FakeProvider(darkest) as provider:
        told = yaml.safe_load(spec)
        told["models"] |= {"model": "openai/fake", "api_base": provider.url}
        (folder / "task.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
        votes = ask_models(load_task(folder))
        asked = len(provider.meter)
        assert ask_models(load_task(folder)) == votes
    assert asked == len(provider.meter) == len(votes) == len(rows)
    assert all(picture(m.body).startswith("data:image/jpeg;base64,") for m in provider.meter)
    truth = {r["file"]: "crack" if r["label"] == "1" else "clean" for r in rows}
    right = {label: [] for label in ("crack", "clean")}
    for vote in votes:
        right[truth[vote["item_id"]]].append(vote["label"] == truth[vote["item_id"]])
    assert sum(sum(r) / len(r) for r in right.values()) / 2 > 0.6
