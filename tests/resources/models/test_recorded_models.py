"""Answers that real models gave, replayed over HTTP as if the models were there."""

import pyarrow as pa
import pytest

from labeling.kinds.classes import ClassSpec
from labeling.llm.canary.canary import ask_canary
from labeling.llm.prompts.prompt import parse_prompts
from resources.models.litellm_transport import LiteLlmTransport
from tests.fakes.provider.recorded import SHARED, DriftingModel
from tests.fakes.provider.server import Answer, FakeProvider
from tests.resources.models.conftest import KEY

FRONT = "price: {input: 1, output: 2}\noutput: {format: text, confidence: none}\n"


def needs(name: str) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{SHARED / name} is missing")


@pytest.mark.parametrize("model", ["gpt-3.5-turbo", "gpt-4"])
def test_a_recorded_model_that_changed_under_its_name_is_found_on_the_next_round(ledger, model):
    needs("llm_drift_chatgpt")
    drifting = DriftingModel(model)
    questions = list(drifting.gold)[:200]
    panel = pa.table(
        {
            "item_id": [f"q{n}" for n in range(len(questions))],
            "text": questions,
            "label": [drifting.gold[q] for q in questions],
        }
    )
    classes = [ClassSpec("yes"), ClassSpec("no")]
    (prompt,) = parse_prompts(f"---\nmodel: openai/{model}\n{FRONT}---\nAnswer.", "prime")
    with FakeProvider(drifting) as provider:
        transport = LiteLlmTransport(provider.url, KEY)
        found = []
        for day, month in enumerate(("03", "03", "06")):
            drifting.month = month
            findings, _ = ask_canary(
                panel, [prompt], classes, transport, ledger, round_id=f"day-{day}"
            )
            found += findings
    assert [f.changed for f in found] == [False, False, True]
    assert found[2].look == 2
    sent = [m for m in provider.meter if "could not be read" not in m.question]
    assert len(sent) == 4 * len(questions)  # the reference is asked twice


def test_a_fingerprint_that_changes_alone_is_told_and_is_no_alarm(ledger):
    panel = pa.table(
        {
            "item_id": [f"q{n}" for n in range(20)],
            "text": [f"q {n}" for n in range(20)],
            "label": ["yes"] * 20,
        }
    )
    (prompt,) = parse_prompts(f"---\nmodel: openai/m\n{FRONT}---\nAnswer.", "p")
    said = {"fingerprint": "fp_1"}
    with FakeProvider(lambda _: Answer("yes", fingerprint=said["fingerprint"])) as provider:
        transport = LiteLlmTransport(provider.url, KEY)
        found = []
        for day in range(3):
            said["fingerprint"] = "fp_2" if day == 2 else "fp_1"
            classes = [ClassSpec("yes"), ClassSpec("no")]
            findings, _ = ask_canary(panel, [prompt], classes, transport, ledger, round_id=str(day))
            found += findings
    assert [f.fingerprint_changed for f in found] == [False, False, True]
    assert not found[2].changed
    assert "names another model or fingerprint" in found[2].verdict


def test_a_round_that_was_interrupted_is_gone_on_with_and_not_paid_twice(ledger):
    panel = pa.table(
        {
            "item_id": [f"q{n}" for n in range(20)],
            "text": [f"q {n}" for n in range(20)],
            "label": ["yes"] * 20,
        }
    )
    (prompt,) = parse_prompts(f"---\nmodel: openai/m\n{FRONT}---\nAnswer.", "p")
    with FakeProvider(lambda _: "yes") as provider:
        transport = LiteLlmTransport(provider.url, KEY)
        for _ in range(2):
            ask_canary(
                panel,
                [prompt],
                [ClassSpec("yes"), ClassSpec("no")],
                transport,
                ledger,
                round_id="one",
            )
    assert len(provider.meter) == 2 * 20
