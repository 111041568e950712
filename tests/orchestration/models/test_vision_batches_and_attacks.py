"""Images, batch endpoints and hostile items, over HTTP."""

import base64
import csv
import re
from io import BytesIO

import pyarrow as pa
import pytest
from PIL import Image

from labeling.llm.budget import Budget
from labeling.llm.classes import ClassSpec
from labeling.llm.injections import TEMPLATES, turned
from labeling.llm.panel import price_of
from labeling.llm.waiting import collect_batches, submit_batch
from orchestration.resources.litellm_batches import LiteLlmBatches
from tests.fakes.provider.recorded import SHARED, item_text
from tests.fakes.provider.server import Body, FakeProvider
from tests.orchestration.models.conftest import CLASSES, KEY, TEXT, prompt, table

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


def test_a_batch_is_handed_in_fetched_at_half_price_and_never_asked_again(bench, ledger):
    with FakeProvider(lambda b: "SPAM" if "1" in item_text(b) else "HAM") as provider:
        provider.batches.polls_until_done = 2
        transport = LiteLlmBatches(provider.url, KEY)
        submit_batch(
            table(12), [prompt()], CLASSES, transport, ledger, run="r", budget=Budget(1, 1, 1)
        )
        submit_batch(
            table(12), [prompt()], CLASSES, transport, ledger, run="r", budget=Budget(1, 1, 1)
        )
        waiting = bench.ask(provider, table(12))
        prices = {"openai/fake": price_of(prompt(), transport, Budget())}
        first = collect_batches(ledger, transport, prices)
        second = collect_batches(ledger, transport, prices)
        result = bench.ask(provider, table(12))
    assert waiting.partial
    assert (waiting.summary.calls, waiting.summary.pending) == (0, 12)
    assert (first.running, second.running, second.answered) == (1, 0, 12)
    full = sum(m.prompt_tokens * 1e-6 + m.completion_tokens * 2e-6 for m in provider.charged)
    assert second.cost_usd == pytest.approx(full / 2)
    assert ledger.spent("r").task == pytest.approx(full / 2)
    assert len(provider.charged) == result.votes.num_rows == 12


def test_partial_results_of_an_expired_batch_are_kept_and_only_the_rest_is_handed_in_again(
    bench, ledger
):
    with FakeProvider(lambda _: "HAM") as provider:
        provider.batches.finishes = [7]
        transport = LiteLlmBatches(provider.url, KEY)
        prices = {"openai/fake": price_of(prompt(), transport, Budget())}
        submit_batch(table(12), [prompt()], CLASSES, transport, ledger, run="r")
        first = collect_batches(ledger, transport, prices)
        again = submit_batch(table(12), [prompt()], CLASSES, transport, ledger, run="r")
        second = collect_batches(ledger, transport, prices)
        result = bench.ask(provider, table(12))
    assert (first.answered, first.unanswered) == (7, 5)
    assert again["llm/classify"].calls == second.answered == 5
    assert len(provider.charged) == 12
    assert (result.votes.num_rows, result.summary.calls) == (12, 0)


def test_a_batch_that_would_pass_the_cap_is_handed_in_only_as_far_as_it_goes(ledger):
    with FakeProvider(lambda _: "HAM") as provider:
        transport = LiteLlmBatches(provider.url, KEY)
        cap = Budget(run_usd=0.004)
        took = submit_batch(table(50), [prompt()], CLASSES, transport, ledger, run="r", budget=cap)
    tally = took["llm/classify"]
    assert 0 < tally.calls < 50
    assert "run budget" in tally.why
    assert ledger.spent("r").run <= 0.004


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
