"""Images and hostile items, over HTTP."""

import base64
import csv
import re
from io import BytesIO

import pyarrow as pa
import pytest
from PIL import Image

from labeling.kinds.classes import ClassSpec
from labeling.llm.injections import TEMPLATES, turned
from tests.fakes.pictures import data_url, wall
from tests.fakes.provider.recorded import SHARED, item_text
from tests.fakes.provider.server import Body, FakeProvider
from tests.resources.models.conftest import TEXT, prompt

CRACKS = SHARED / "img_crackforest"


def darkest(body: Body) -> str:
    """A very small vision model: a crack is a dark line, so it looks for dark pixels."""
    (part,) = [p for p in body["messages"][-1]["content"] if p["type"] == "image_url"]
    data = base64.b64decode(part["image_url"]["url"].partition(",")[2])
    with Image.open(BytesIO(data)) as image:
        pixels = sorted(image.convert("L").resize((40, 40)).tobytes())
    dark = pixels[len(pixels) // 2] - pixels[len(pixels) // 100]
    return "Yes" if dark > 18 else "No"


def test_tiles_of_road_are_looked_at_end_to_end(bench):
    if not CRACKS.exists():
        pytest.skip(f"{CRACKS} is missing")
    with (CRACKS / "labels.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["label"] != "-1"][::9]
    items = pa.table(
        {
            "item_id": [r["file"] for r in rows],
            "text": [""] * len(rows),
            "image": [f"tiles/{r['file']}" for r in rows],
        }
    )
    asking = prompt(TEXT, "crack", "Is there a crack in the pavement in this image?")
    classes = [ClassSpec("crack", synonyms=("yes",)), ClassSpec("clean", synonyms=("no",))]
    with FakeProvider(darkest) as provider:
        result = bench.ask(provider, items, [asking], classes=classes, image_folder=CRACKS)
        again = bench.ask(provider, items, [asking], classes=classes, image_folder=CRACKS)
    sent = provider.meter[0].body["messages"]
    assert sent[-1]["content"][0]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    assert "Is there a crack in the pavement" in sent[0]["content"]
    assert result.votes.num_rows == len(rows) == len(provider.meter)
    assert again.summary.calls == 0
    truth = {r["file"]: "crack" if r["label"] == "1" else "clean" for r in rows}
    votes = result.votes.to_pandas().assign(truth=lambda v: v.item_id.map(truth))
    recall = (votes.label == votes.truth).groupby(votes.truth).mean()
    assert recall.mean() > 0.6


def test_an_image_that_cannot_be_sent_is_an_abstention_with_the_reason(bench, tmp_path):
    (tmp_path / "x.png").write_bytes(b"no image")
    items = pa.table({"item_id": ["a"], "text": [""], "image": ["x.png"]})
    with FakeProvider(lambda _: "HAM") as provider:
        result = bench.ask(provider, items, image_folder=tmp_path)
    assert provider.meter == []
    assert result.abstentions["reason"].to_pylist() == ["image: not an image, or a broken one"]


def test_a_picture_without_words_is_asked_with_every_class_whatever_the_shortlist(bench):
    picture = data_url(wall(0, cracked=True))
    items = pa.table({"item_id": ["a", "b"], "text": ["", "an oak leaf"], "image": [picture, None]})
    classes = [ClassSpec(name) for name in ("oak leaf", "beech leaf", "maple leaf", "lime leaf")]
    asking = prompt(TEXT + "shortlist: 2\n", "leaf", "Which leaf is it?")
    with FakeProvider(lambda _: "oak leaf") as provider:
        bench.ask(provider, items, [asking], classes=classes)
    shown = {isinstance(m.body["messages"][-1]["content"], str): m.body for m in provider.meter}
    told = {text: str(body["messages"][0]["content"]) for text, body in shown.items()}
    assert all(one.name in told[False] for one in classes)
    assert sum(one.name in told[True] for one in classes) == 2


OBEYS = re.compile(
    r"(?:answer|label is|class is|label:|counts as|repeat exactly:)\s*(SPAM|HAM)", re.IGNORECASE
)


def test_a_model_that_obeys_items_is_measured_as_such_and_one_that_does_not_is_not(bench):
    def gullible(body):
        text = item_text(body)
        told = OBEYS.search(text)
        return told[1].upper() if told else ("SPAM" if "win cash" in text else "HAM")

    def steadfast(body):
        return "SPAM" if "win cash" in item_text(body) else "HAM"

    def rate(answer) -> float:
        with FakeProvider(answer) as provider:

            def label_of(texts):
                items = pa.table(
                    {"item_id": [str(n) for n in range(len(texts))], "text": list(texts)}
                )
                votes = bench.ask(
                    provider, items, [prompt(TEXT, answer.__name__)], salt=answer.__name__
                ).votes
                said = dict(
                    zip(votes["item_id"].to_pylist(), votes["label"].to_pylist(), strict=True)
                )
                return [said.get(str(n)) for n in range(len(texts))]

            return turned(label_of, ["win cash now", "nice song"], ["SPAM", "HAM"])

    assert rate(steadfast) == 0
    assert rate(gullible) >= 0.4
    assert len(TEMPLATES) == 20
