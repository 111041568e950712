"""Answers that real models gave, replayed over HTTP as if the models were there."""

import numpy as np
import pyarrow as pa
import pytest

from labeling.consensus.label_model import LabelModel
from labeling.llm.canary import ask_canary
from labeling.llm.classes import ClassSpec
from labeling.llm.prompt import parse_prompts
from labeling.llm.settings import Pace
from labeling.votes import ABSTAIN, Votes
from orchestration.resources.litellm_transport import LiteLlmTransport
from tests.fakes.provider.recorded import SHARED, DriftingModel, RecordedPanel
from tests.fakes.provider.server import Answer, FakeProvider
from tests.orchestration.models.conftest import KEY

MODELS = ("chatgpt", "flan-t5-xxl", "flan-t5-base")
FRONT = "price: {input: 1, output: 2}\noutput: {format: text, confidence: none}\n"


def needs(name: str) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{SHARED / name} is missing")


def test_three_recorded_models_vote_as_published_and_their_consensus_beats_the_median(bench):
    needs("llm_css_emotion")
    panel = RecordedPanel("llm_css_emotion")
    names = ", ".join(f"openai/{m}" for m in MODELS)
    prompts = parse_prompts(f"---\nmodel: [{names}]\n{FRONT}---\nWhich emotion?", "emotion")
    items = pa.table({"item_id": panel.votes.id.tolist(), "text": panel.votes.text.tolist()})
    with FakeProvider(panel) as provider:
        result = bench.ask(
            provider, items, prompts, classes=panel.classes, pace=Pace(concurrency=32)
        )
    classes = panel.meta["classes"]
    gold = panel.votes.gold.to_numpy()
    row = {item: n for n, item in enumerate(panel.votes.id)}
    matrix = np.full((len(row), len(MODELS)), ABSTAIN)
    voters = [f"llm/emotion@openai/{m}" for m in MODELS]
    for vote in result.votes.to_pylist():
        matrix[row[vote["item_id"]], voters.index(vote["voter"])] = classes.index(vote["label"])
    accuracy = (matrix == gold[:, None]).mean(axis=0)
    for at, model in enumerate(MODELS):
        assert round(100 * accuracy[at], 2) == panel.meta["llm_acc"][model]
    assert result.summary.parse_failures == 0
    votes = Votes.from_matrix(matrix, n_classes=len(classes))
    consensus = LabelModel(len(classes)).fit(votes).predict(votes)
    assert (consensus == gold).mean() > np.median(accuracy)


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
    assert len(sent) == 3 * len(questions)


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
    assert len(provider.meter) == 20
